package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/terminal"
)

// tinySet trains two networks for a few epochs and returns the folder of the experiment.
func tinySet(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if _, _, err := liptrack(t, "sweep", "configs/demo.yaml", "--quiet", "--dir", dir, "stop.epochs=5", "model.hidden=4,8", "seed=1"); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "demo")
}

// runOf returns the folder of the only run in a set whose name matches.
func runOf(t *testing.T, set, pattern string) string {
	t.Helper()
	runs, err := filepath.Glob(filepath.Join(set, pattern))
	if err != nil || len(runs) != 1 {
		t.Fatalf("%s in %s: %v, error %v", pattern, set, runs, err)
	}
	return runs[0]
}

func TestPicturesForPapers(t *testing.T) {
	set, out := tinySet(t), t.TempDir()
	svg, png := filepath.Join(out, "svg"), filepath.Join(out, "png")
	if err := os.Remove(filepath.Join(set, "report.html")); err != nil {
		t.Fatal(err)
	}
	printed, _, err := liptrack(t, "report", set, "--svg", svg, "--png", png, "--width", "6", "--font-size", "7")
	if want := filepath.Join(svg, "*.svg") + "\n" + filepath.Join(png, "*.png") + "\n"; err != nil || printed != want {
		t.Fatalf("printed %q, error %v, want %q", printed, err, want)
	}
	for _, path := range []string{filepath.Join(svg, "paper.svg"), filepath.Join(svg, "final-bounds.svg"), filepath.Join(png, "paper.png"), filepath.Join(png, "test-overlay.png")} {
		if info, err := os.Stat(path); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", path, err)
		}
	}

	if _, err := os.Stat(filepath.Join(set, "report.html")); err == nil {
		t.Error("a page was made that nobody asked for")
	}
	if _, _, err := liptrack(t, "report", runOf(t, set, "4-seed1-*"), "--svg", svg, "-o", filepath.Join(out, "page.html")); err != nil {
		t.Error(err)
	}
	for _, path := range []string{filepath.Join(svg, "bounds.svg"), filepath.Join(out, "page.html")} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}

	if _, _, err := liptrack(t, "report", set, "--svg", svg, "--height", "1"); err == nil || !strings.Contains(err.Error(), "between 3 and 100") {
		t.Errorf("error %v", err)
	}
}

func TestSetLinksToItsRuns(t *testing.T) {
	set := tinySet(t)
	page, err := os.ReadFile(filepath.Join(set, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"4-seed1-*", "8-seed1-*"} {
		run := filepath.Base(runOf(t, set, pattern))
		if !bytes.Contains(page, []byte(`<a href="`+run+`/report.html">`+run+`</a>`)) {
			t.Errorf("the page of the set does not lead to that of %s", run)
		}
	}
}

func TestShow(t *testing.T) {
	set := tinySet(t)
	out, _, err := liptrack(t, "show", set)
	if err != nil || !strings.Contains(out, "\n4-seed1") || !strings.Contains(out, "\n8-seed1") || strings.Contains(out, "\x1b") {
		t.Errorf("shown %q, error %v", out, err)
	}
	if out, _, err = liptrack(t, "show", runOf(t, set, "4-seed1-*")); err != nil || !strings.Contains(out, "\nlower bound ") {
		t.Errorf("shown %q, error %v", out, err)
	}
	out, _, err = liptrack(t, "show", set, "--json")
	if err != nil || strings.Count(out, "\n") != 2 {
		t.Fatalf("printed %q, error %v", out, err)
	}
	for line := range strings.Lines(out) {
		var run struct {
			Status string   `json:"status"`
			Lower  *float64 `json:"lower_bound"`
		}
		if err := json.Unmarshal([]byte(line), &run); err != nil || run.Status != "completed" || run.Lower == nil || *run.Lower <= 0 {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestTerminalShowsWhatItsLocaleCan(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want terminal.Options
	}{
		{map[string]string{"LANG": "en_US.UTF-8"}, terminal.Options{Unicode: true}},
		{map[string]string{"LANG": "C.utf8"}, terminal.Options{Unicode: true}},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "C"}, terminal.Options{}},
		{map[string]string{"LANG": "C", "LC_CTYPE": "de_DE.UTF-8"}, terminal.Options{Unicode: true}},
		{nil, terminal.Options{}},
	} {
		if got := terminalOptions(io.Discard, func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%v: %+v, want %+v", test.env, got, test.want)
		}
	}
}

// TestWatchServesUntilInterrupted reads the printed address and a page.
func TestWatchServesUntilInterrupted(t *testing.T) {
	set := tinySet(t)
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"watch", set, "--port", "0"}, in, io.Discard) }()
	printed := make([]byte, 100)
	n, err := out.Read(printed)
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(string(printed[:n]))
	if !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Fatalf("printed %q", address)
	}
	name := filepath.Base(runOf(t, set, "4-seed1-*"))
	response, err := http.Get(address + name + "/")
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK || !bytes.Contains(page, []byte("demo / "+name)) {
		t.Errorf("status %d, error %v", response.StatusCode, err)
	}
	http.DefaultClient.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("interrupted, it ends with %v", err)
	}
	if _, _, err := liptrack(t, "watch", filepath.Join(set, "absent")); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("error %v", err)
	}
}

func TestSubjectOfAConfiguration(t *testing.T) {
	for text, want := range map[string]string{
		"# One small run.\n#\n# Shows: x\nname: a\n":                               "One small run",
		"# Points off the data: noise\nname: a\n":                                  "Points off the data",
		"# Drift and noise of each\n# layer (Luo et al.)\n# over time.\nname: a\n": "Drift and noise of each layer",
		"name: a\n": "",
	} {
		if got := subject(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
