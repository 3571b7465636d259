package queue

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
)

// Runs on users' own data have an additional file. At its end the server has all files in the run's
// folder, except those that depend on the machine and its clock.
func TestRunsOnOwnDataTravelWhole(t *testing.T) {
	e := loadOwnData(t)
	h, want, got := serveExperiment(t, e)

	var workers sync.WaitGroup
	for range 2 {
		work(t, h.URL(), &workers)
	}

	err := h.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	workers.Wait()
	compareRuns(t, e, want, got)
	compareData(t, e, want, got)
}

// loadOwnData writes a table with two features and loads a sweep of two runs on it.
func loadOwnData(t *testing.T) *config.Experiment {
	t.Helper()
	var table bytes.Buffer
	table.WriteString("pressure,temperature,label\n")
	for i := range 40 {
		fmt.Fprintf(&table, "%d,%d,%s\n", i%7, i%5, []string{"tight", "leak"}[i%2])
	}

	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "own.csv"), table.Bytes(), 0o644)
	if err != nil {
		t.Fatal(err)
	}

	// A worker does not know the folder of the configuration.
	text := fmt.Sprintf("name: own\ndata: {name: csv, path: %q, train: own.csv}\nmodel: {hidden: [4]}\n"+
		"train: {optimizer: {lr: 0.01}}\nstop: {epochs: 20}\nsweep: {seeds: [1, 2]}\n", dir)
	file := filepath.Join(dir, "own.yaml")
	err = os.WriteFile(file, []byte(text), 0o644)
	if err != nil {
		t.Fatal(err)
	}

	e, err := config.Load(file, config.Options{})
	if err != nil {
		t.Fatal(err)
	}

	return e
}

// compareData checks that all runs have the same files in two folders, with the same description of
// their data.
func compareData(t *testing.T, e *config.Experiment, want, got string) {
	t.Helper()
	for _, run := range e.Runs {
		a, b := experiments.Local{Dir: want}.Folder(run), experiments.Local{Dir: got}.Folder(run)
		entries, err := os.ReadDir(a.Path)
		if err != nil {
			t.Fatal(err)
		}

		for _, entry := range entries {
			_, err := os.Stat(filepath.Join(b.Path, entry.Name()))
			if err != nil {
				t.Error(err)
			}
		}

		known := rundir.ReadClasses(os.DirFS(a.Path), ".")
		same := rundir.ReadClasses(os.DirFS(b.Path), ".")
		if len(known) != 2 || !slices.Equal(known, same) {
			t.Errorf("run %s: classes %q, want %q", run.Name, same, known)
		}
	}
}
