package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// row is a row that an entry adds to a table. text is inserted before the first line equal to
// before that follows a line beginning with after.
type row struct{ file, after, before, text string }

// newEntry is a new entry of a kind in ARCHITECTURE.md's table "Where something new goes": the file
// it adds, from testdata/newentries, and its rows in other files.
type newEntry struct {
	kind, from, file string
	rows             []row
}

var newEntries = []newEntry{
	{"metric", "metric.go.txt", "tracker/faint.go", []row{
		{"tracker/series/names.go", "const (", ")", "\tFaintWeights = \"faint_weights\"\n"},
		{"tracker/metrics.go", "type Options struct", "}", "\tFaint FaintOptions\n"},
		{"tracker/metrics.go", "func (o *Options) Settings", "}", "\to.Faint.settings(s)\n"},
		{"tracker/metrics.go", "var Metrics =", "}", "\t{\n" +
			"\t\tName: series.FaintWeights, About: \"weights of small absolute value (exact); free\",\n" +
			"\t\tmake: func(o Options) measurer { return faintWeights{o.Faint} },\n\t},\n"},
	}},
	{"activation", "", "", []row{
		{"network/activation.go", "\tsoftplus", ")", "\tsoftsign\n"},
		{"network/activation.go", "\tsoftplus: {", "}", "\tsoftsign: {\n" +
			"\t\tname: \"softsign\", slopes: Range{0, 1}, rises: true, curvature: 2, turns: []float64{0},\n\t},\n"},
		{"network/apply.go", "\tsoftplus: func", "}", "\tsoftsign: func(z float64) (float64, float64) {\n" +
			"\t\td := 1 + math.Abs(z)\n\t\treturn z / d, 1 / (d * d)\n\t},\n"},
		{"network/hessian.go", "\tsoftplus: func", "}", "\tsoftsign: func(z float64) float64 {\n" +
			"\t\td := 1 + math.Abs(z)\n\t\treturn math.Copysign(2/(d*d*d), -z)\n\t},\n"},
		{"network/slopes.go", "\tsoftplus: func", "}", "\tsoftsign: func(z float64) (float64, float64) {\n" +
			"\t\td := 1 + math.Abs(z)\n\t\treturn 1 / (d * d), 1 / (d * d)\n\t},\n"},
	}},
	{"loss", "loss.go.txt", "network/losses/logcosh.go", []row{
		{"network/losses/losses.go", "var table =", "}",
			"\t{name: \"log_cosh\", batch32: logCoshSum[float32], batch64: logCoshSum[float64], at: logCoshAt, " +
				"gradient: logCoshGradient},\n"},
	}},
	{"optimizer", "optimizer.go.txt", "trainer/signsgd.go", []row{
		{"trainer/optimizer.go", "var optimizers =", "}",
			"\tSignSGD: {\"sign_sgd\", nil, newSignSGD[float32], newSignSGD[float64]},\n"},
	}},
	{"schedule", "", "", []row{
		{"trainer/schedule.go", "var schedules =", "}",
			"\t{name: \"half\", factor: func(Schedule, int, int) float64 { return 0.5 }},\n"},
	}},
	{"initialisation", "", "", []row{
		{"trainer/init.go", "var inits =", "}", "\t{\"ones\", func(uint64) drawer {\n" +
			"\t\treturn func(f fans, _ bool) (w, b []float64) {\n\t\t\tw = make([]float64, f.rows*f.in)\n" +
			"\t\t\tfor i := range w {\n\t\t\t\tw[i] = 1 - float64(i%3)\n\t\t\t}\n\t\t\treturn w, nil\n\t\t}\n\t}},\n"},
	}},
	{"data set", "dataset.go.txt", "trainer/dataset/chessboard.go", []row{
		{"trainer/dataset/table.go", "var Sources =", "}",
			"\t{Name: \"chessboard\", About: \"the squares of a chessboard\", Load: loadChessboard},\n"},
	}},
	{"chart", "chart.go.txt", "plots/faint.go", []row{
		{"plots/charts.go", "var runCharts =", "}",
			"\t{\"faint\", \"Faint weights\", figure.Third, []string{series.FaintWeights}, ofRun(faintWeights)},\n"},
	}},
	{"check", "", "", []row{
		{"audit/checklist.go", "var checks =", "}", "\t{\n\t\tname: \"any_samples\", about: \"whether there are samples\",\n" +
			"\t\tlimits: Limits{0.5, none}, good: \"There are.\", bad: \"There are none.\", action: \"Take some.\",\n" +
			"\t\tvalue: func(*report.Report) *series.Float { return optionalFloat(1.0) },\n" +
			"\t\tmeasured: func(*report.Report, float64) string { return \"There are samples.\" },\n\t},\n"},
	}},
	{"experiment", "config.yaml.txt", "configs/new-entries.yaml", nil},
}

// TestNewEntriesNeedNothingElse builds a program with one new entry of each kind, adding only the
// files and rows that ARCHITECTURE.md names. It finds the entries in configurations, lists, series,
// pages and audits.
func TestNewEntriesNeedNothingElse(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles most of the program")
	}

	program := buildWith(t, newEntries)
	folder := t.TempDir()

	lists := [][2]string{
		{"metrics", "faint_weights"},
		{"keys", "track.faint.below"},
		{"keys", "sign_sgd"},
		{"keys", "log_cosh"},
		{"keys", "half"},
		{"keys", "ones"},
		{"datasets", "chessboard"},
		{"activations", "softsign"},
		{"configs", "new-entries"},
		{"checks", "any_samples"},
	}
	for _, l := range lists {
		if said := runProgram(t, program, folder, "list", l[0]); !strings.Contains(said, l[1]) {
			t.Errorf("list %s lacks %s", l[0], l[1])
		}
	}

	runProgram(t, program, folder, "train", "new-entries", "track.faint.above=0.001", "--quiet")
	runs, err := filepath.Glob(filepath.Join(folder, "runs/new-entries/*/series.jsonl"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("runs %v, %v", runs, err)
	}

	run := filepath.Dir(runs[0])
	recorded := readTexts(t, runs[0])
	for _, metric := range []string{"faint_weights", "upper_best", "train_loss"} {
		if n := strings.Count(recorded, `"metric":"`+metric+`"`); n != 4 {
			t.Errorf("the series has %d values of %s, want 4", n, metric)
		}
	}

	runProgram(t, program, folder, "report", run)
	if page := readTexts(t, filepath.Join(run, "report.html")); !strings.Contains(page, "Faint weights") {
		t.Error("the page of the run lacks the new chart")
	}

	table := "x,y,label\n0,0,0\n1,0,0\n0,1,0\n1,1,0\n"
	if err := os.WriteFile(filepath.Join(folder, "data.csv"), []byte(table), 0o644); err != nil {
		t.Fatal(err)
	}

	checkpoint := filepath.Join(run, "checkpoints/last.safetensors")
	said := runProgram(t, program, folder, "audit", checkpoint, "--data", "data.csv", "--seed", "1")
	for _, want := range []string{"any_samples", "softsign"} {
		if !strings.Contains(said, want) {
			t.Errorf("the audit does not say %s:\n%s", want, said)
		}
	}
}

// buildWith builds the program with entries overlaid on the tree, which is not changed.
func buildWith(t *testing.T, entries []newEntry) string {
	t.Helper()
	folder := t.TempDir()
	texts := map[string]string{}
	for _, e := range entries {
		if e.file != "" {
			texts[e.file] = readTexts(t, filepath.Join("cmd/liptrack/testdata/newentries", e.from))
		}

		for _, r := range e.rows {
			if texts[r.file] == "" {
				texts[r.file] = readTexts(t, r.file)
			}
			texts[r.file] = withRow(t, e.kind, texts[r.file], r)
		}
	}

	overlay := map[string]map[string]string{"Replace": {}}
	for file, text := range texts {
		at := filepath.Join(folder, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}

		whole, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		overlay["Replace"][whole] = at
	}

	described, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}

	list := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(list, described, 0o644); err != nil {
		t.Fatal(err)
	}

	program := filepath.Join(folder, "liptrack")
	if said, err := exec.Command("go", "build", "-overlay", list, "-o", program, "./cmd/liptrack").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}

	return program
}

// withRow returns text with the row inserted.
func withRow(t *testing.T, kind, text string, r row) string {
	t.Helper()
	lines := strings.SplitAfter(text, "\n")
	begun := false

	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, r.after):
			begun = true
		case begun && line == r.before+"\n":
			return strings.Join(lines[:i], "") + r.text + strings.Join(lines[i:], "")
		}
	}

	t.Fatalf("%s: %s has no %q followed by %q", kind, r.file, r.after, r.before)
	return ""
}

// runProgram runs a program in a folder and returns what it prints.
func runProgram(t *testing.T, program, folder string, args ...string) string {
	t.Helper()
	command := exec.Command(program, args...)
	command.Dir = folder
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("liptrack %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return string(said)
}
