package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/experiments/rundir"
)

func TestSummaryAndExport(t *testing.T) {
	set, out := tinySet(t), t.TempDir()
	files, err := rundir.Find(set)
	if err != nil {
		t.Fatal(err)
	}
	table, _, err := liptrack(t, "summary", set, "--metrics", "lower_bound,train_*", "--at", "0,stop")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(table, "\n")
	if want := "experiment,run,id,status,seed,model.hidden,model.parameters,epoch@stop,lower_bound@0,lower_bound@stop,train_accuracy@0,train_accuracy@stop,train_loss@0,train_loss@stop"; lines[0] != want {
		t.Errorf("columns %s, want %s", lines[0], want)
	}
	if len(lines) != 4 || !strings.HasPrefix(lines[1], "demo,4-seed1") || !strings.Contains(lines[2], ",completed,1,[8],400,5,") {
		t.Errorf("rows %q", lines[1:])
	}
	// A run named twice counts once.
	if twice, _, err := liptrack(t, "summary", set, files[0], "--over-seeds"); err != nil || strings.Count(twice, "\n") != 3 {
		t.Errorf("printed %q, error %v", twice, err)
	}
	file := filepath.Join(out, "all.jsonl")
	if printed, _, err := liptrack(t, "export", set, "-o", file); err != nil || printed != file+"\n" {
		t.Fatalf("printed %q, error %v", printed, err)
	}
	printed, _, err := liptrack(t, "export", set, "--format", "jsonl")
	if written, _ := os.ReadFile(file); err != nil || printed != string(written) || !strings.Contains(printed, `"metric":"lower_bound","label":"","value":`) {
		t.Errorf("error %v; what is printed is not what is written", err)
	}
	if _, _, err := liptrack(t, "export", set, "--format", "tensorboard", "--names", "paper", "-o", out); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		run := filepath.Base(filepath.Dir(file))
		events, err := os.ReadFile(filepath.Join(out, "demo", run, "events.out.tfevents.0.liptrack"))
		if err != nil || !bytes.Contains(events, []byte("brain.Event:2")) || !bytes.Contains(events, []byte("L_lower/layer_4")) {
			t.Errorf("%s: %d bytes of events, error %v", run, len(events), err)
		}
	}
}

// TestRunsThatAreBeginningAreLeftOut truncates the header of one of two series, then of both.
func TestRunsThatAreBeginningAreLeftOut(t *testing.T) {
	set := tinySet(t)
	cut := func(pattern string) {
		if err := os.Truncate(filepath.Join(runOf(t, set, pattern), "series.jsonl"), 30); err != nil {
			t.Fatal(err)
		}
	}

	commands := map[string][]string{"summary": nil, "export": nil, "show": nil, "report": {"-o", filepath.Join(t.TempDir(), "x.html")}}
	cut("4-seed1-*")
	for command, flags := range commands {
		out, warning, err := liptrack(t, append([]string{command, set}, flags...)...)
		if err != nil || out == "" || !strings.HasPrefix(warning, "skipped: ") || !strings.Contains(warning, "4-seed1-") {
			t.Errorf("%s: warned %q, error %v", command, warning, err)
		}
	}

	cut("8-seed1-*")
	for command, flags := range commands {
		if _, _, err := liptrack(t, append([]string{command, set}, flags...)...); err == nil || !strings.Contains(err.Error(), "no header") {
			t.Errorf("%s of no whole series: error %v", command, err)
		}
	}
}

func TestTablesRefuse(t *testing.T) {
	set := tinySet(t)
	kept := filepath.Join(t.TempDir(), "kept.csv")
	if err := os.WriteFile(kept, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"summary", set, "--format", "parquet"}, "give a file with -o"},
		{[]string{"export", set, "--format", "tensorboard"}, "give a file with -o"},
		{[]string{"summary", set, "--format", "tensorboard", "-o", kept}, "want one of csv, jsonl, parquet"},
		{[]string{"export", set, "--names", "mine", "-o", kept}, "want own or paper"},
		{[]string{"export", set, "--updates", "-o", kept}, "--updates needs"},
		{[]string{"summary", set, "--metrics", "lower_bond", "-o", kept}, "no run has a metric lower_bond; did you mean lower_bound?"},
		{[]string{"summary", set, "--at", "soon", "-o", kept}, `"soon" is not an epoch`},
		{[]string{"summary", set, "--at", "77", "-o", kept}, "at 77"},
		{[]string{"summary", set, "--keys", "model.hiden", "-o", kept}, "did you mean model.hidden?"},
		{[]string{"export", set, "-o", filepath.Join(kept, "x.csv")}, "kept.csv"},
		{[]string{"export", set, "-o", set}, "is a folder"},
	} {
		if out, _, err := liptrack(t, test.args...); err == nil || !strings.Contains(err.Error(), test.want) || out != "" {
			t.Errorf("%v: printed %q, error %v, want %s", test.args[2:], out, err, test.want)
		}
	}

	if now, err := os.ReadFile(kept); err != nil || string(now) != "before" {
		t.Errorf("a table that failed left %q, error %v", now, err)
	}
}

// TestNamesOfSeriesLeadNowhere exports a series whose names would lead out of the given folder.
func TestNamesOfSeriesLeadNowhere(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "series.jsonl"), filepath.Join(dir, "a", "b", "out")
	line := `{"liptrack_series":1,"experiment":"..","run":"../../left","seed":1,"config_hash":"abc","config":{"seed":"1"},"blas":"x"}
{"epoch":0,"step":0,"metric":"train_loss","value":1,"kind":"exact"}
`
	if err := os.WriteFile(file, []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}

	_, _, err := liptrack(t, "export", file, "--format", "tensorboard", "-o", out)
	if err == nil || !strings.Contains(err.Error(), "cannot be the name of a folder") {
		t.Errorf("error %v", err)
	}
	made, err := os.ReadDir(dir)
	if err != nil || len(made) != 1 {
		t.Errorf("made %v, error %v", made, err)
	}
}

// TestNamesCannotControlTheTerminal prints a series with escape sequences in its names and labels.
func TestNamesCannotControlTheTerminal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "series.jsonl")
	line := `{"liptrack_series":1,"experiment":"e\u001b[31m","run":"r\u0007","seed":1,"config_hash":"abc","config":{"k\u009b":"v\u001b]0;t\u0007"},"blas":"x"}
{"epoch":0,"step":0,"metric":"m\u001b[2J","label":"a\u202e","value":1,"kind":"exact"}
{"epoch":0,"step":0,"metric":"n\u001b[2J","value":1,"kind":"exact"}
`
	if err := os.WriteFile(file, []byte(line), 0o644); err != nil {
		t.Fatal(err)
	}

	for _, args := range [][]string{
		{"show", file}, {"summary", file, "--keys", "all"}, {"export", file}, {"export", file, "--format", "jsonl"}, {"show", file, file},
	} {
		out, warning, err := liptrack(t, args...)
		if err != nil || strings.ContainsAny(out+warning, "\x1b\x07\u009b\u202e") {
			t.Errorf("%s: printed %q, warned %q, error %v", args[0], out, warning, err)
		}
	}
}

// TestPatternsSkipWhatIsNoRun passes everything in an experiment's folder, as a shell pattern does.
func TestPatternsSkipWhatIsNoRun(t *testing.T) {
	set := tinySet(t)
	if err := os.MkdirAll(filepath.Join(set, "notes"), 0o755); err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(set, "*"))
	if err != nil {
		t.Fatal(err)
	}

	for _, command := range []string{"show", "summary", "export"} {
		whole, _, err := liptrack(t, command, filepath.Dir(set))
		if err != nil {
			t.Fatal(err)
		}
		out, warning, err := liptrack(t, append([]string{command}, all...)...)
		if err != nil || out != whole || strings.Count(warning, "\n") != 1 || !strings.Contains(warning, "notes, report.html") {
			t.Errorf("%s: warned %q, error %v, printed\n%s\nwant\n%s", command, warning, err, out, whole)
		}
	}

	// A single path without runs is an error.
	if _, _, err := liptrack(t, "show", filepath.Join(set, "notes")); err == nil || !strings.Contains(err.Error(), "holds no") {
		t.Errorf("error %v", err)
	}
}
