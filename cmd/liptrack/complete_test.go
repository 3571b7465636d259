package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// completions returns the completions proposed for the last word, without descriptions.
func completions(t *testing.T, words ...string) []string {
	t.Helper()
	out, _, err := liptrack(t, append([]string{"__complete"}, words...)...)
	if err != nil {
		t.Fatal(err)
	}

	var proposed []string
	for line := range strings.Lines(out) {
		word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if !strings.HasPrefix(word, ":") {
			proposed = append(proposed, word)
		}
	}
	return proposed
}

func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, _, err := liptrack(t, "train", "quick", "stop.epochs=1", "--quiet"); err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"empty", "rest"} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}

	if err := os.WriteFile("queer.yaml", nil, 0o644); err != nil {
		t.Fatal(err)
	}

	for _, test := range []struct {
		line string // words; the last one is completed
		want string
	}{
		{"train q", "quick queer.yaml"},
		{"train paper/de", "paper/depth"},
		{"sweep dem", "demo"},
		{"submit slurm dem", "demo"},
		{"train em", "empty/"},
		{"train quick stop.g", "stop.grad_norm= stop.give_up.epochs= stop.give_up.train_loss="},
		{"train quick seed=1 train.loss=", "train.loss=cross_entropy train.loss=mse train.loss=mse_mean"},
		{"train quick train.loss=m", "train.loss=mse train.loss=mse_mean"},
		{"train quick model.bias=", "model.bias=true model.bias=false"},
		{"train quick nothing=", ""},
		{"show r", "runs/"},
		{"report runs/q", "runs/quick/"},
		{"summary e", ""},
		{"summary runs --metrics upper_b", "upper_best"},
		{"summary --metrics upper_best,test_l", "upper_best,test_loss"},
		{"summary --format p", "parquet"},
		{"list conf", "configs"},
		{"list configs paper/de", "paper/depth"},
		{"list keys data.la", "data.label data.label_noise"},
		{"reproduce dep", "depth"},
		{"show --blas g", "gonum"},
	} {
		if got := completions(t, strings.Split(test.line, " ")...); !slices.Equal(got, strings.Fields(test.want)) {
			t.Errorf("%s: %v, want %s", test.line, got, test.want)
		}
	}
}
