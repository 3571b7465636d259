package queue

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/cluster"
	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/linalg"
)

// Environment variables of test processes that act as a server or a worker.
const (
	childRole = "TEST_QUEUE_ROLE" // serve or work; without it the others are ignored
	childAt   = "TEST_QUEUE_AT"   // HOST:PORT
	childDir  = "TEST_QUEUE_DIR"
	childArgs = "TEST_QUEUE_ARGS" // key=value, separated by spaces
)

const victimConfig = "../../experiments/testdata/victim.yaml"

func TestMain(m *testing.M) {
	linalg.UseBLAS(linalg.AutoBLAS)
	role := os.Getenv(childRole)
	if role == "" {
		os.Exit(m.Run())
	}
	act := serveVictims
	if role == "work" {
		act = workOnVictims
	}
	if err := act(os.Getenv(childDir), os.Getenv(childAt)); err != nil {
		fmt.Fprintln(os.Stderr, role, err)
		os.Exit(1)
	}

	os.Exit(0)
}

// quickHold is short, so that tests soon see what happens to silent workers.
const quickHold = time.Second

func serveVictims(dir, at string) error {
	ctx := context.Background()
	e, err := config.Load(victimConfig, config.Options{Arguments: strings.Fields(os.Getenv(childArgs))})
	if err != nil {
		return err
	}
	tell := func(text string) { fmt.Fprintln(os.Stderr, "serve:", text) }
	h, err := Open(ctx, dir, e.Runs, Place{Listen: at, Queue: DefaultQueue}, Options{Hold: quickHold, SameKernels: time.Hour, Log: tell})
	if err != nil {
		return err
	}
	err = h.Wait(ctx)
	if err == nil {
		h.Dismiss(ctx)
	}
	return errors.Join(err, h.Close())
}

func workOnVictims(dir, at string) error {
	ctx := context.Background()
	scratch, err := os.MkdirTemp(dir, "work-*")
	if err != nil {
		return err
	}
	v, err := Join(ctx, Place{URL: "nats://" + at, Queue: DefaultQueue}, WorkerOptions{Scratch: scratch, Patience: 30 * time.Second})
	if err != nil {
		return err
	}
	defer v.Close()
	_, err = experiments.Run(ctx, v, v, experiments.Options{Workers: 2})
	return err
}

// child starts a process in a role.
func child(t *testing.T, role, dir, at, arguments string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childRole+"="+role, childDir+"="+dir, childAt+"="+at, childArgs+"="+arguments)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	return c
}

// load reads the victim's runs.
func load(t *testing.T, arguments string) *config.Experiment {
	t.Helper()
	e, err := config.Load(victimConfig, config.Options{Arguments: strings.Fields(arguments)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// freeAddress returns a local address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// compareRuns checks that all runs of an experiment are completed and equal, byte for byte, in two
// folders.
func compareRuns(t *testing.T, e *config.Experiment, want, got string) {
	t.Helper()
	for _, run := range e.Runs {
		a, b := experiments.Local{Dir: want}.Folder(run), experiments.Local{Dir: got}.Folder(run)
		series, err1 := os.ReadFile(a.Series())
		same, err2 := os.ReadFile(b.Series())
		if err := errors.Join(err1, err2); err != nil || string(series) != string(same) {
			t.Errorf("run %s: series of %d and %d bytes differ, error %v", run.Name, len(series), len(same), err)
		}
		checkpoints, err := filepath.Glob(filepath.Join(a.Path, "checkpoints", "*"))
		if err != nil || len(checkpoints) < 2 {
			t.Errorf("%d checkpoints, error %v", len(checkpoints), err)
		}
		for _, path := range checkpoints {
			other := filepath.Join(b.Path, "checkpoints", filepath.Base(path))
			one, err1 := os.ReadFile(path)
			two, err2 := os.ReadFile(other)
			if err := errors.Join(err1, err2); err != nil || string(one) != string(two) {
				t.Errorf("run %s: %s differs, error %v", run.Name, filepath.Base(path), err)
			}
		}

		if status, _, err := b.Status(); err != nil || status.State != rundir.Completed || status.Worker != nil {
			t.Errorf("run %s: %+v, error %v", run.Name, status, err)
		}
	}
}

// TestKillsLeaveTheSameSeries does a sweep with a server and three workers, and kills each of them
// while runs are in progress.
func TestKillsLeaveTheSameSeries(t *testing.T) {
	const arguments = "model.hidden=3,4,5,6,7,8 stop.epochs=150 checkpoint.interval=0.1"
	e := load(t, arguments)
	want, got, at := t.TempDir(), t.TempDir(), freeAddress(t)
	if _, err := experiments.Run(context.Background(), experiments.List(e.Runs), experiments.Local{Dir: want}, experiments.Options{}); err != nil {
		t.Fatal(err)
	}

	scratch := t.TempDir()
	server := child(t, "serve", got, at, arguments)
	workers := make([]*exec.Cmd, 3)
	for i := range workers {
		workers[i] = child(t, "work", scratch, at, arguments)
	}

	kill := func(c *exec.Cmd) {
		c.Process.Kill()
		c.Wait()
	}
	waitForGrowth(t, got)
	kill(workers[0])
	workers[0] = child(t, "work", scratch, at, arguments)
	waitForGrowth(t, got)
	kill(server)
	server = child(t, "serve", got, at, arguments)
	waitForGrowth(t, got)
	kill(workers[1])

	if err := server.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 2} {
		if err := workers[i].Wait(); err != nil {
			t.Errorf("worker %d: %v", i, err)
		}
	}
	compareRuns(t, e, want, got)
	s, err := cluster.Read(got)
	if err != nil || s.Runs != len(e.Runs) || s.States[rundir.Completed] != len(e.Runs) || s.New != 0 {
		t.Errorf("%+v, error %v", s, err)
	}
	left, err := filepath.Glob(filepath.Join(got, e.Name, "*", ".tmp-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left half-written: %v, error %v", left, err)
	}
}

// waitForGrowth waits until the series in a folder have grown by a number of lines.
func waitForGrowth(t *testing.T, dir string) {
	t.Helper()
	size := func() (sum int64) {
		files, err := filepath.Glob(filepath.Join(dir, "*", "*", rundir.SeriesFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if info, err := os.Stat(file); err == nil {
				sum += info.Size()
			}
		}
		return sum
	}

	before := size()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if size() > before {
			return
		}
	}

	t.Fatal("no series grows")
}
