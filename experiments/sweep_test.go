package experiments_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// small are settings that make the victim a single short run.
func small(more ...string) []string {
	return append([]string{"model.hidden=8", "stop.epochs=5"}, more...)
}

func TestEndedRunsAreSkipped(t *testing.T) {
	dir := t.TempDir()
	e := load(t, victimConfig, small("seed=1,2")...)
	if _, err := do(context.Background(), e, dir, experiments.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, overwrite := range []bool{false, true} {
		again, err := do(context.Background(), e, dir, experiments.Options{Overwrite: overwrite})
		if err != nil || len(again) != 2 || again[0].Skipped == overwrite || again[0].Run.ID != e.Runs[0].ID {
			t.Errorf("overwrite %v: %+v, error %v", overwrite, again, err)
		}
	}
}

// diverging has one run that diverges and one that does not.
var diverging = small("model.activation=identity", "train.constraint=0", "train.optimizer.lr=1e30,0.0001", "train.optimizer.momentum=0", "train.loss=mse")

func TestDivergedRunIsAResult(t *testing.T) {
	dir := t.TempDir()
	e := load(t, victimConfig, diverging...)
	for _, o := range []experiments.Options{{}, {}, {RetryFailed: true}} {
		before, _, _ := experiments.Local{Dir: dir}.Status(e.Runs[0])
		out, err := do(context.Background(), e, dir, o)
		if err != nil || out[0].Status.State != rundir.Diverged || out[1].Status.State != rundir.Completed {
			t.Fatalf("%+v, error %v", out, err)
		}
		if want := before.State == rundir.Diverged && !o.RetryFailed; out[0].Skipped != want {
			t.Errorf("%+v: skipped %v, want %v", o, out[0].Skipped, want)
		}
	}
}

func TestFailFast(t *testing.T) {
	e := load(t, victimConfig, diverging...)
	out, err := do(context.Background(), e, t.TempDir(), experiments.Options{FailFast: true, Workers: 1})
	if err == nil || !strings.Contains(err.Error(), "diverged") || len(out) != 1 {
		t.Errorf("%d runs were begun: %+v, error %v", len(out), out, err)
	}
}

// A run that fails does not affect the others and reports the reason. If it failed before it had
// begun, it is tried again: here its table is missing at first.
func TestFailedRuns(t *testing.T) {
	dir := t.TempDir()
	late := filepath.Join(dir, "late.csv")
	table := []byte("x,y,label\n0,1,0\n1,0,1\n0,2,0\n2,0,1\n")
	if err := os.WriteFile(filepath.Join(dir, "there.csv"), table, 0o644); err != nil {
		t.Fatal(err)
	}
	text := "name: tables\ndata: {name: csv, path: " + dir + ", test_fraction: 0.5}\nmodel: {hidden: 4}\ntrain: {optimizer: {lr: 0.1}}\nstop: {epochs: 2}\n" +
		"sweep: {parameters: {data.train: {values: [late.csv, there.csv]}}}\n"
	file := filepath.Join(dir, "tables.yaml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	e := load(t, file)
	for _, want := range []struct {
		message string // empty if all is well
		skipped bool
	}{
		{late, false},
		{late, false},
		{"", false},
		{"", true},
	} {
		if want.message == "" {
			if err := os.WriteFile(late, table, 0o644); err != nil {
				t.Fatal(err)
			}
		}

		out, err := do(context.Background(), e, dir, experiments.Options{})
		if (err == nil) != (want.message == "") || err != nil && !strings.Contains(err.Error(), want.message) {
			t.Errorf("%+v: error %v", want, err)
		}
		if out[0].Skipped != want.skipped || (out[0].Status.State == rundir.Failed) != (err != nil) || out[1].Status.State != rundir.Completed {
			t.Errorf("%+v: %+v", want, out)
		}
		if _, err := experiments.Reports(context.Background(), out, true); err != nil {
			t.Errorf("reports: %v", err)
		}
	}
}

func TestRunOfAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	e := load(t, victimConfig, small("seed=1,2")...)
	store := experiments.Local{Dir: dir}
	held, err := store.Open(context.Background(), e.Runs[0])
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := store.Open(context.Background(), e.Runs[0]); !errors.Is(err, rundir.ErrBusy) {
		t.Fatalf("opened twice: error %v", err)
	}
	out, err := do(context.Background(), e, dir, experiments.Options{})
	if err != nil || !out[0].Busy || out[1].Status.State != rundir.Completed {
		t.Errorf("%+v, error %v", out, err)
	}
	if _, err := do(context.Background(), load(t, victimConfig, small("seed=1")...), dir, experiments.Options{}); !errors.Is(err, rundir.ErrBusy) {
		t.Errorf("nothing could be done: error %v", err)
	}
}

// TestUnevenFeaturesAreNotedOnce checks that there is one note for all runs that load the data, and
// none if the features are scaled.
func TestUnevenFeaturesAreNotedOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "uneven.csv")
	err := os.WriteFile(path, []byte("a,b,label\n0,0,x\n1,500,y\n2,1000,x\n3,1500,y\n"), 0o644)
	if err != nil {
		t.Fatal(err)
	}

	config := "name: uneven\ndata: {name: csv, path: " + dir + ", train: uneven.csv, test_fraction: 0.5}\n" +
		"model: {hidden: 2}\ntrain: {optimizer: {lr: 0.001}}\nstop: {epochs: 1}\n"
	file := filepath.Join(dir, "uneven.yaml")
	err = os.WriteFile(file, []byte(config), 0o644)
	if err != nil {
		t.Fatal(err)
	}

	for setting, want := range map[string]int{"data.standardize=false": 1, "data.standardize=true": 0} {
		var notes []string
		note := func(text string) { notes = append(notes, text) }
		store := experiments.Local{Dir: t.TempDir()}
		e := load(t, file, "seed=1,2", setting)
		_, err := experiments.Run(t.Context(), experiments.List(e.Runs), store, experiments.Options{Workers: 1, Note: note})
		if err != nil {
			t.Fatal(err)
		}

		if len(notes) != want {
			t.Errorf("%s: notes %q, want %d", setting, notes, want)
		}
	}
}
