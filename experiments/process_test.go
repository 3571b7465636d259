//go:build unix

package experiments_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
)

func init() {
	restrict = func() error {
		if limit, err := strconv.ParseUint(os.Getenv(childLimit), 10, 64); err == nil {
			signal.Ignore(syscall.SIGXFSZ) // writing beyond the limit is then an error
			return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit})
		}
		return nil
	}
}

// TestFullDisk runs a sweep whose second run writes more than fits on the disk.
func TestFullDisk(t *testing.T) {
	const arguments = "model.hidden=8 stop.epochs=1,20"
	want, got := t.TempDir(), t.TempDir()
	e := load(t, victimConfig, strings.Fields(arguments)...)
	if _, err := do(context.Background(), e, want, experiments.Options{}); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(got, "victim", e.Runs[1].Name, rundir.SeriesFile)
	out, err := victim(context.Background(), t, got, arguments, childLimit+"=16384").CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte(large+": "+syscall.EFBIG.Error())) {
		t.Fatalf("error %v\n%s", err, out)
	}
	for i, state := range []rundir.State{rundir.Completed, rundir.Failed} {
		status, _, err := experiments.Local{Dir: got}.Status(e.Runs[i])
		if err != nil || status.State != state || (state == rundir.Failed) != strings.Contains(status.Error, large) {
			t.Errorf("run %d: %+v, error %v", i, status, err)
		}
	}

	first := filepath.Join(got, "victim", e.Runs[1].Name, "checkpoints", "epoch-0000000.safetensors")
	before, err := os.Stat(first)
	if err != nil {
		t.Fatal(err)
	}
	// It failed after it had begun, so it is repeated only on request.
	again, err := do(context.Background(), e, got, experiments.Options{})
	if !again[1].Skipped || err == nil || !strings.Contains(err.Error(), "it failed before") {
		t.Errorf("%+v, error %v", again[1], err)
	}
	if _, err := do(context.Background(), e, got, experiments.Options{RetryFailed: true}); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(first); err != nil || !os.SameFile(before, after) {
		t.Errorf("the run began anew instead of going on (error %v)", err)
	}
	compareRuns(t, want, got)
}

func TestReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	child := victim(context.Background(), t, dir, "model.hidden=8 stop.epochs=1")
	if os.Geteuid() == 0 { // root may write anywhere
		child.Path = executableForAll(t)
		child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}

	out, err := child.CombinedOutput()
	want := filepath.Join(dir, "victim") + ": " + syscall.EACCES.Error()
	if err == nil || !strings.Contains(string(out), want) {
		t.Errorf("error %v; want %s in\n%s", err, want, out)
	}
}

// nobody is the id of a user and group without any files.
const nobody = 65534

// executableForAll copies the test binary, which go test builds in a private folder, to a place
// where every user may run it.
func executableForAll(t *testing.T) string {
	t.Helper()
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}

	folder, err := os.MkdirTemp("", "liptrack")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })

	path := filepath.Join(folder, "test")
	if err := errors.Join(os.Chmod(folder, 0o755), os.WriteFile(path, binary, 0o755)); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTwoProcesses shares a sweep between two processes: each run is done by one of them, and none
// is left.
func TestTwoProcesses(t *testing.T) {
	want, got := t.TempDir(), t.TempDir()
	e := load(t, victimConfig, strings.Fields(fourRuns)...)
	if _, err := do(context.Background(), e, want, experiments.Options{}); err != nil {
		t.Fatal(err)
	}
	var outputs, complaints [2]bytes.Buffer
	var wg sync.WaitGroup
	for i := range outputs {
		cmd := victim(context.Background(), t, got, fourRuns)
		cmd.Stdout, cmd.Stderr = &outputs[i], &complaints[i]
		wg.Go(func() {
			if err := cmd.Run(); err != nil && !strings.Contains(complaints[i].String(), rundir.ErrBusy.Error()) {
				t.Errorf("process %d: %v\n%s", i, err, &complaints[i])
			}
		})
	}

	wg.Wait()
	did := strings.Fields(outputs[0].String() + outputs[1].String())
	var all []string

	for _, run := range e.Runs {
		all = append(all, run.Name)
	}
	slices.Sort(did)
	slices.Sort(all)
	if !slices.Equal(did, all) {
		t.Errorf("did %v and %v, want each once of %v", &outputs[0], &outputs[1], all)
	}
	compareRuns(t, want, got)
}
