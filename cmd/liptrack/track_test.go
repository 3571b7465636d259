package main

import (
	"encoding/json"
	"math"
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
	paths, settings := splitArguments([]string{"epoch=7-step=350.ckpt", "runs/a=b", "data.standardize=true", "name=x"}, setting.MatchString)
	if !slices.Equal(paths, []string{"epoch=7-step=350.ckpt", "runs/a=b"}) ||
		!slices.Equal(settings, []string{"data.standardize=true", "name=x"}) {
		t.Errorf("%q and %q", paths, settings)
	}
}

func TestTrackRefusesWhatIsOfTraining(t *testing.T) {
	for _, c := range []struct{ argument, want string }{
		{"train.optimizer.lr=0.1", "another program runs"},
		{"stop.epochs=3", "another program runs"},
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

// TestTrackOfABinaryClassifier compares with PyTorch in float64: the binary cross entropy of the
// one output, the accuracy, and the largest norm of the gradient.
func TestTrackOfABinaryClassifier(t *testing.T) {
	dir := t.TempDir()
	track := []string{
		"track", "cmd/liptrack/testdata/binary", "--data", "cmd/liptrack/testdata/binary/points.csv", "--activation", "relu", "--dir", dir,
	}
	_, notes, err := liptrack(t, track...)
	if err != nil || !strings.Contains(notes, "logit of the second of two classes") {
		t.Fatalf("printed %q, error %v", notes, err)
	}

	table, _, err := liptrack(t, "summary", filepath.Join(dir, "binary"), "--metrics", "train_loss,train_accuracy,lower_bound",
		"--format", "jsonl")
	var got map[string]any
	if err == nil {
		err = json.Unmarshal([]byte(table), &got)
	}
	if err != nil {
		t.Fatalf("%v: %s", err, table)
	}

	for name, want := range map[string]float64{
		"train_loss@last": 0.12947103961663464, "train_accuracy@last": 0.95, "lower_bound@last": 6.518216860911081,
	} {
		value, _ := got[name].(float64)
		if math.Abs(value/want-1) > 1e-8 {
			t.Errorf("%s is %v, PyTorch says %v", name, got[name], want)
		}
	}

	three := filepath.Join(dir, "three.csv")
	err = os.WriteFile(three, []byte("a,b,c,d,label\n1,2,3,4,x\n1,2,3,4,y\n1,2,3,4,z\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	track[3] = three
	_, _, err = liptrack(t, track...)
	if err == nil || !strings.Contains(err.Error(), "data.task=regression train.loss=mse") {
		t.Errorf("three classes: error %v", err)
	}
}
