package experiments_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/tracker/series"
)

// trainSeeds runs victimConfig for each width and seed, makes the reports, and returns the files of
// the ensembles.
func trainSeeds(t *testing.T, dir, hidden, seeds, loss string, epochs int, overrides ...string) []string {
	t.Helper()
	e := load(t, victimConfig, append(overrides, "model.hidden="+hidden, "seed="+seeds, "train.loss="+loss, "train.temperature=1", fmt.Sprint("stop.epochs=", epochs))...)
	outcomes, err := do(context.Background(), e, dir, experiments.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := experiments.Reports(context.Background(), outcomes, true); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "victim", "ensembles", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// readEnsemble reads the ensemble of a width.
func readEnsemble(t *testing.T, files []string, hidden string) *series.Table {
	t.Helper()
	for _, file := range files {
		table, err := series.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if table.Header.Config["model.hidden"] == hidden {
			return table
		}
	}
	t.Fatalf("no ensemble of width %s in %q", hidden, files)
	return nil
}

func last(t *testing.T, table *series.Table, metric, label string) float64 {
	t.Helper()
	v, _, ok := table.Curve(metric, label).Last()
	if !ok {
		t.Errorf("%s: no %s %s", table.Header.Run, metric, label)
	}
	return v
}

// TestEnsemblesAreMeasuredOverSeeds compares the expected loss, measured in float64 on the networks
// of the checkpoints, with the mean of the test losses that the runs recorded.
func TestEnsemblesAreMeasuredOverSeeds(t *testing.T) {
	dir := t.TempDir()
	files := trainSeeds(t, dir, "4,8", "2,1", "mse", 6)
	if len(files) != 2 {
		t.Fatalf("ensembles %q, want one a width", files)
	}
	table := readEnsemble(t, files, "[8]")
	h := table.Header
	if _, has := h.Config["seed"]; has || h.Experiment != "victim" || h.Run != h.ConfigHash || filepath.Base(files[0]) == filepath.Base(files[1]) {
		t.Errorf("header %+v", h)
	}
	var loss float64
	for i, m := range h.Members {
		run, err := series.ReadFile(filepath.Join(dir, "victim", m.Run, rundir.SeriesFile))
		if err != nil {
			t.Fatal(err)
		}
		if m.Seed != uint64(i+1) || run.Header.Seed != m.Seed || m.Epoch != 6 {
			t.Errorf("member %d is %+v", i, m)
		}
		loss += last(t, run, series.TestLoss, "") / 2
	}

	if got := last(t, table, series.ExpectedLoss, ""); math.Abs(got-loss) > 1e-5*loss {
		t.Errorf("expected loss %g, the mean of the test losses is %g", got, loss)
	}
	variance := last(t, table, series.Variance, "")
	if sum := last(t, table, series.Bias, "") + variance; math.Abs(sum-loss) > 1e-5*loss {
		t.Errorf("bias and variance are %g, the loss %g", sum, loss)
	}
	if bound := last(t, table, series.VarianceBound, "at=zero,by=upper"); !(bound > variance && variance > 0) {
		t.Errorf("variance %g, its bound %g", variance, bound)
	}
	page, err := os.ReadFile(filepath.Join(dir, "victim", rundir.ReportFile))
	if err != nil || !bytes.Contains(page, []byte(`"bias-variance"`)) || !bytes.Contains(page, []byte(`"variance-bound"`)) {
		t.Errorf("the set's page lacks charts of the ensembles; error %v", err)
	}
}

func TestEnsemblesAreLeftAloneUntilTheirRunsChange(t *testing.T) {
	dir := t.TempDir()
	files := trainSeeds(t, dir, "8", "1,2", "mse", 6)
	whole, long := read(t, files[0]), time.Now().Add(-time.Hour)
	if err := os.Chtimes(files[0], long, long); err != nil {
		t.Fatal(err)
	}
	written := func() bool {
		info, err := os.Stat(files[0])
		return err == nil && info.ModTime().After(long.Add(time.Minute))
	}

	if trainSeeds(t, dir, "8", "1,2", "mse", 6); written() {
		t.Error("written again though nothing changed")
	}
	if err := os.WriteFile(files[0], whole[:len(whole)/2], 0o644); err != nil {
		t.Fatal(err)
	}
	if trainSeeds(t, dir, "8", "1,2", "mse", 6); !bytes.Equal(read(t, files[0]), whole) {
		t.Error("cut short, it is not made whole")
	}
	trainSeeds(t, dir, "8", "1,2,3", "mse", 6)
	if n := len(readEnsemble(t, files, "[8]").Header.Members); n != 3 {
		t.Errorf("%d members after a third seed", n)
	}
}

func TestEnsemblesSayThatTheirRunsStoppedApart(t *testing.T) {
	files := trainSeeds(t, t.TempDir(), "8", "1,2", "mse", 200, "stop.train_loss=0.5")
	table := readEnsemble(t, files, "[8]")
	var epochs []int
	for _, m := range table.Header.Members {
		epochs = append(epochs, m.Epoch)
	}
	c := table.Curve(series.Variance, "")
	if epochs[0] == epochs[1] || c.Epochs[0] != slices.Max(epochs) || !strings.Contains(c.Warnings[0], "different epochs") {
		t.Errorf("runs that stopped at %v are an ensemble at %v, warning %q", epochs, c.Epochs, c.Warnings[0])
	}
}

func TestEnsemblesOfOneSeedOrOtherLosses(t *testing.T) {
	if files := trainSeeds(t, t.TempDir(), "4,8", "1", "mse", 6); len(files) > 0 {
		t.Errorf("of one seed: ensembles %q", files)
	}
	table := readEnsemble(t, trainSeeds(t, t.TempDir(), "4", "1,2", "cross_entropy", 6), "[4]")
	if want := []string{series.Variance, series.VarianceBound}; !slices.Equal(table.Metrics(), want) {
		t.Errorf("of cross-entropy: %q, want %q", table.Metrics(), want)
	}
}
