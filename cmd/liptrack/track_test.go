package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTrackTellsFilesFromSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "epoch=7-step=350.ckpt")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(file))
	paths, settings := splitArguments([]string{"epoch=7-step=350.ckpt", "runs/a=b", "data.standardize=true", "name=x"})
	if !slices.Equal(paths, []string{"epoch=7-step=350.ckpt", "runs/a=b"}) ||
		!slices.Equal(settings, []string{"data.standardize=true", "name=x"}) {
		t.Errorf("%q and %q", paths, settings)
	}
}

func TestTrackRefusesWhatIsOfTraining(t *testing.T) {
	for _, c := range []struct{ argument, want string }{
		{"train.optimizer.lr=0.1", "another program's"},
		{"stop.epochs=3", "another program's"},
		{"track.metrics=[updates]", "checkpoints do not show"},
		{"seed=1,2", "2 runs"},
		{"data.colums=x", "did you mean data.columns"},
	} {
		_, _, err := liptrack(t, "track", "docs/your-own/checkpoints", "--data", "docs/your-own/points.npz", "--activation", "relu",
			"--dir", t.TempDir(), c.argument)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.argument, err, c.want)
		}
	}
}

func TestTrackTakesEveryAndLast(t *testing.T) {
	dir := t.TempDir()
	_, progress, err := liptrack(t, "track", "docs/your-own/checkpoints", "--data", "docs/your-own/points.npz", "--activation", "relu",
		"--dir", dir, "--every", "10", "--last", "20", "name=thin", "track.metrics=[default, singular_drift, parameter_jacobian, search_lower_bound]")
	if err != nil || !strings.Contains(progress, "completed after epoch 20") {
		t.Fatalf("printed %q, error %v", progress, err)
	}
	folder := runOf(t, filepath.Join(dir, "thin"), "16x12-*")
	text, err := os.ReadFile(filepath.Join(folder, "tracked.jsonl"))
	if err != nil || strings.Count(string(text), "\n") != 3 {
		t.Errorf("tracked %s, error %v; want epochs 0, 10 and 20", text, err)
	}
	for _, args := range [][]string{{"show", folder}, {"summary", folder}, {"export", folder}, {"report", folder}, {"status", dir}} {
		if _, _, err := liptrack(t, args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
}
