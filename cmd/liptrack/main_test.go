package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/linalg"
)

// liptrack runs a command line and returns what it printed.
func liptrack(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = run(context.Background(), args, &out, &errs)
	return out.String(), errs.String(), err
}

// TestMain runs the tests at the root of the project, as users do.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func TestSweepAndReport(t *testing.T) {
	dir := t.TempDir()
	args := []string{"sweep", "configs/demo.yaml", "--dir", dir, "stop.epochs=5", "model.hidden=4,8", "seed=1"}
	out, progress, err := liptrack(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	set := filepath.Join(dir, "demo", "report.html")
	if want := filepath.Join(dir, "demo", "*", "report.html") + "\n" + set + "\n"; out != want {
		t.Fatalf("printed %q, want %q", out, want)
	}
	pages, _ := filepath.Glob(filepath.Join(dir, "demo", "[48]-seed1-*", "report.html"))
	if len(pages) != 2 {
		t.Errorf("pages of runs: %v", pages)
	}
	for _, path := range append(pages, set) {
		page, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(page, []byte("<html")) {
			t.Errorf("%s: no page (%v)", path, err)
		}
	}
	if !regexp.MustCompile(`4-seed1-\w+  completed after 5 epochs`).MatchString(progress) {
		t.Errorf("progress: %q", progress)
	}
	before, err := os.ReadFile(set)
	if err != nil {
		t.Fatal(err)
	}
	if out, _, err = liptrack(t, "report", filepath.Join(dir, "demo")); err != nil || strings.TrimSpace(out) != set {
		t.Errorf("report of the set: printed %q, error %v", out, err)
	}
	if after, _ := os.ReadFile(set); !bytes.Equal(before, after) {
		t.Error("made again, the report differs")
	}
	if _, progress, err = liptrack(t, args...); err != nil || !strings.Contains(progress, "2 already ended") {
		t.Errorf("run again: printed %q, error %v; want the runs left alone", progress, err)
	}
}

func TestCommandLine(t *testing.T) {
	got := commandLine([]string{"bin/liptrack", "train", "a.yaml", "--overwrite", "model.hidden=[1, 2]", "description=it's", "--dir", "x"})
	want := `bin/liptrack train a.yaml 'model.hidden=[1, 2]' 'description=it'\''s' --dir x`
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestDryRunListsTheRuns(t *testing.T) {
	dir := t.TempDir()
	args := []string{"configs/demo.yaml", "--dir", dir, "stop.epochs=2", "model.hidden=4", "name=dry"}
	if _, _, err := liptrack(t, append([]string{"train"}, append(args, "seed=2")...)...); err != nil {
		t.Fatal(err)
	}
	out, _, err := liptrack(t, append([]string{"sweep"}, append(args, "seed=1,2", "--dry-run")...)...)
	if err != nil || !regexp.MustCompile(`^(\w{12})  4-seed1-\w{12}  seed=1  new\n\w{12}  4-seed2-\w{12}  seed=2  completed\n$`).MatchString(out) {
		t.Errorf("printed %q, error %v", out, err)
	}

	out, _, err = liptrack(t, "sweep", "configs/quick.yaml", "--dir", dir, "seed=1,2", "--dry-run",
		"model.layers=[{conv: {channels: 2, size: 41}}]")
	if err == nil || !strings.Contains(err.Error(), "a window of width 41 over an input of width 40") || out == "" {
		t.Errorf("layers that do not fit: printed %q, error %v", out, err)
	}

	if made, _ := filepath.Glob(filepath.Join(dir, "dry", "4-seed1-*")); len(made) > 0 {
		t.Errorf("a dry run made %v", made)
	}
	_, progress, err := liptrack(t, append([]string{"sweep"}, append(args, "seed=1,2")...)...)
	if err != nil || !strings.Contains(progress, "1 new, 1 already ended") || !strings.Contains(progress, "2 runs: 2 completed") {
		t.Errorf("printed %q, error %v", progress, err)
	}

	// A status that a crash filled with zeros only affects its own run.
	torn, _ := filepath.Glob(filepath.Join(dir, "dry", "4-seed1-*", "status.json"))
	if err := os.WriteFile(torn[0], make([]byte, 300), 0o644); err != nil {
		t.Fatal(err)
	}
	_, progress, err = liptrack(t, append([]string{"sweep"}, append(args, "seed=1,3")...)...)
	if err == nil || !strings.Contains(err.Error(), torn[0]) || !strings.Contains(progress, "1 new, 1 damaged") ||
		!regexp.MustCompile(`4-seed3-\w+  completed`).MatchString(progress) {
		t.Errorf("printed %q, error %v", progress, err)
	}
}

// TestNamesOfFilesReachNoTerminal prints the name of a damaged run's folder, which contains control
// sequences.
func TestNamesOfFilesReachNoTerminal(t *testing.T) {
	dir := t.TempDir()
	good, hostile := filepath.Join(dir, "good"), filepath.Join(dir, "\x1b[31mred\x07")
	for folder, content := range map[string]string{good: `{"liptrack_series":1,"experiment":"e","run":"r"}` + "\n", hostile: "?\n"} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "series.jsonl"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	out, said, err := liptrack(t, "show", dir)
	if err != nil || !strings.Contains(said, "skipped: ") || strings.ContainsAny(out+said, "\x1b\x07") {
		t.Errorf("printed %q and %q, error %v", out, said, err)
	}
}

func TestMissingBLASIsAnError(t *testing.T) {
	t.Cleanup(func() { linalg.UseBLAS(linalg.AutoBLAS) })
	_, _, err := liptrack(t, "version", "--blas", "/nonexistent/blas.so")
	if err == nil || !strings.Contains(err.Error(), "/nonexistent/blas.so not loaded") {
		t.Errorf("error %v", err)
	}
}

func TestQuietPrintsOnlyReports(t *testing.T) {
	t.Cleanup(func() { linalg.UseBLAS(linalg.AutoBLAS) })
	train := []string{"train", "configs/quick.yaml", "--blas", "gonum", "--dir", t.TempDir(), "stop.epochs=1"}
	if _, _, err := liptrack(t, train...); err != nil {
		t.Fatal(err)
	}
	out, progress, err := liptrack(t, append(train, "--quiet", "--overwrite")...)
	if err != nil || progress != "" || strings.Count(out, "\n") != 1 {
		t.Errorf("quiet: printed %q and %q, error %v", out, progress, err)
	}
}

func TestBadInputIsExplained(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"no such file":      {[]string{"train", "configs/absent.yaml"}, []string{"configs/absent.yaml"}},
		"misspelt key":      {[]string{"train", "configs/quick.yaml", "train.batch_sise=1"}, []string{"train.batch_sise", "train.batch_size"}},
		"two at once":       {[]string{"train", "configs/quick.yaml", "train.loss=huber", "stop.epochs=-1"}, []string{"huber", "cross_entropy", "stop.epochs", "-1"}},
		"sweep for train":   {[]string{"train", "configs/demo.yaml", "seed=1"}, []string{"10 runs", "model.hidden", "liptrack sweep"}},
		"no quick form":     {[]string{"train", "configs/quick.yaml", "--quick"}, []string{"configs/quick.yaml", "quick"}},
		"too many runs":     {[]string{"sweep", "configs/quick.yaml", "seed=1,2,3", "--max-runs", "2"}, []string{"limit of 2", "seed 3"}},
		"grid of 40 inputs": {[]string{"train", "configs/quick.yaml", "track.metrics=[grid]", "--dir", t.TempDir()}, []string{"grid is of networks of 2 inputs", "mnist1d has 40"}},
		"missing data":      {[]string{"train", "configs/quick.yaml", "data.name=mnist", "data.path=nowhere", "--dir", t.TempDir()}, []string{"train-images-idx3-ubyte", "nowhere", "get the files"}},
		"no series":         {[]string{"report", t.TempDir()}, []string{"series.jsonl"}},
		"no such list":      {[]string{"list", "nothing"}, []string{"nothing"}},
		"no argument":       {[]string{"audit"}, []string{"no argument", "usage: liptrack audit MODEL", "liptrack audit --help"}},
		"too many":          {[]string{"version", "now"}, []string{"got now", "usage: liptrack version"}},
		"near list":         {[]string{"list", "metric"}, []string{"got metric", "did you mean metrics?"}},
		"near flag":         {[]string{"train", "configs/quick.yaml", "--overwite"}, []string{"--overwite", "did you mean --overwrite?"}},
		"unknown command":   {[]string{"trian"}, []string{"trian", "train"}},
		"unwritable place":  {[]string{"train", "configs/quick.yaml", "--dir", "/proc/nowhere"}, []string{"/proc/nowhere"}},
	} {
		_, _, err := liptrack(t, test.args...)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not mention %q", name, err, want)
			}
		}
	}
}

func TestListsAreNotEmpty(t *testing.T) {
	for _, l := range lists {
		out, _, err := liptrack(t, "list", l.name)
		if err != nil || strings.Count(out, "\n") < 3 {
			t.Errorf("list %s: printed %q, error %v", l.name, out, err)
		}
	}
}

// TestHelpHasExamples checks that every command has examples, which a shell can run unchanged.
func TestHelpHasExamples(t *testing.T) {
	for _, cmd := range append(rootCommand().Commands(), rootCommand()) {
		if cmd.Example == "" {
			t.Errorf("%s has no example", cmd.Name())
		}
		examples := strings.ReplaceAll(cmd.Example, "\\\n", "")
		for line := range strings.SplitSeq(examples, "\n") {
			if !strings.HasPrefix(strings.TrimSpace(line), "liptrack ") {
				t.Errorf("%s: example %q", cmd.Name(), line)
			}
			if said, err := exec.Command("sh", "-n", "-c", line).CombinedOutput(); err != nil {
				t.Errorf("%s: example %q: %v: %s", cmd.Name(), line, err, said)
			}
		}
	}
}

// Each hint is shown once to each user.
func TestHintsAreGivenOnce(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	for i, c := range []struct {
		hint string
		news bool
	}{{"a", true}, {"a", false}, {"b", true}, {"b", false}} {
		if got := isNews(c.hint); got != c.news {
			t.Errorf("step %d: %q is news: %v", i, c.hint, got)
		}
	}
}

// A browser can open the addresses of files with any names.
func TestFileAddresses(t *testing.T) {
	folder := t.TempDir()
	got := fileAddress(filepath.Join(folder, "a b", "50%#?.html"))
	if want := "file://" + filepath.ToSlash(folder) + "/a%20b/50%25%23%3F.html"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	relative := fileAddress("runs/report.html")
	if !strings.HasPrefix(relative, "file:///") || !strings.HasSuffix(relative, "/runs/report.html") {
		t.Error(relative)
	}
}
