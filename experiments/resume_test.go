package experiments_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
)

const victimConfig = "testdata/victim.yaml"

// fourRuns are the arguments of a sweep over widths and seeds.
const fourRuns = "stop.epochs=40 seed=42,43"

// TestKilledRunsResumeToTheSameSeries kills a sweep at random moments until it is finished, and
// compares the results with an undisturbed sweep.
func TestKilledRunsResumeToTheSameSeries(t *testing.T) { checkKilledRuns(t, fourRuns) }

// TestKilledRegressionResumesToTheSameSeries does the same for a regression, with its targets,
// their scale and their scores.
func TestKilledRegressionResumesToTheSameSeries(t *testing.T) {
	if testing.Short() {
		t.Skip("the other sweep that is killed has the same goroutines")
	}

	checkKilledRuns(t, "seed=42", childConfig+"=testdata/regression.yaml")
}

// checkKilledRuns kills processes at random moments and compares the results with undisturbed ones.
func checkKilledRuns(t *testing.T, arguments string, environment ...string) {
	t.Helper()
	want := t.TempDir()
	start := time.Now()
	if out, err := victim(context.Background(), t, want, arguments, environment...).CombinedOutput(); err != nil {
		t.Fatalf("undisturbed run: %v\n%s", err, out)
	}
	whole := time.Since(start)

	got := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))

	for kills := 0; ; kills++ {
		if kills == 300 {
			t.Fatal("the run does not get anywhere")
		}

		// Processes live longer and longer: on a machine that is busier than during the first run,
		// they might otherwise never reach a checkpoint.
		life := whole/10 + time.Duration(r.Int64N(int64(whole/4))) + time.Duration(kills)*whole/200
		ctx, cancel := context.WithTimeout(context.Background(), life)
		out, err := victim(ctx, t, got, arguments, environment...).CombinedOutput()
		killed := ctx.Err() != nil
		cancel()
		if err == nil {
			t.Logf("killed %d times", kills)
			break
		}
		if !killed {
			t.Fatalf("resuming after %d kills: %v\n%s", kills, err, out)
		}
	}

	compareRuns(t, want, got)
}

// victim is a process that does runs of victimConfig in a folder. It is killed with SIGKILL when
// ctx ends.
func victim(ctx context.Context, t *testing.T, dir, arguments string, environment ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childArguments+"="+arguments)
	cmd.Env = append(cmd.Env, environment...)
	return cmd
}

// compareRuns checks that two folders hold the same runs: identical series, configurations and kept
// checkpoints, nothing unfinished, and no temporary files.
func compareRuns(t *testing.T, want, got string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(want, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(want, path)
		if base := d.Name(); base == "status.json" || base == "timing.jsonl" || base == ".lock" {
			return nil
		}
		files++
		if !bytes.Equal(read(t, path), read(t, filepath.Join(got, name))) {
			t.Errorf("%s differs", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatal("nothing was compared")
	}
	for _, pattern := range []string{"*/*/.tmp-*", "*/*/*/.tmp-*"} {
		if left, _ := filepath.Glob(filepath.Join(got, pattern)); len(left) > 0 {
			t.Errorf("temporary files are left: %v", left)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return b
}

// TestWorkersChangeNothing does the same runs one at a time and two at a time.
func TestWorkersChangeNothing(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for dir, workers := range map[string]int{one: 1, two: 2} {
		c := load(t, victimConfig, "stop.epochs=10", "data.label_noise=0,0.1", "train.precision=float32,float64")
		if _, err := do(context.Background(), c, dir, experiments.Options{Workers: workers}); err != nil {
			t.Fatal(err)
		}
	}
	compareRuns(t, one, two)
}

// stopAfter cancels at the end of an epoch, like Ctrl-C.
type stopAfter struct {
	epoch  int
	cancel context.CancelFunc
}

func (s stopAfter) Progress(p experiments.Progress) {
	if p.Epoch == s.epoch {
		s.cancel()
	}
}
func (stopAfter) Finished(experiments.Outcome) {}

func TestCancelledRunResumes(t *testing.T) {
	whole, parts := t.TempDir(), t.TempDir()
	overrides := []string{"model.hidden=8", "stop.epochs=40", "checkpoint.interval=3600"}
	if _, err := do(context.Background(), load(t, victimConfig, overrides...), whole, experiments.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, epoch := range []int{0, 7, 23, -1} {
		ctx, cancel := context.WithCancel(context.Background())
		outcomes, err := do(ctx, load(t, victimConfig, overrides...), parts, experiments.Options{Observe: stopAfter{epoch, cancel}})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if state := outcomes[0].Status.State; (state == rundir.Cancelled) != (epoch >= 0) {
			t.Fatalf("stopped after epoch %d: the run is %s", epoch, state)
		}
	}

	compareRuns(t, whole, parts)
}
