package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/audit/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	pumpModel = "internal/modelfile/testdata/relu.onnx"
	pump      = "cmd/liptrack/testdata/audit/"
)

// auditPump audits an ONNX network on a small table, with additional arguments.
func auditPump(t *testing.T, more ...string) (stdout, stderr string, err error) {
	t.Helper()
	args := []string{"audit", pumpModel, "--data", pump + "pump.csv", "--html", "none"}
	if !slices.Contains(more, "--thresholds") {
		args = append(args, "--thresholds", pump+"untrained.yaml")
	}
	return liptrack(t, append(args, more...)...)
}

// goldenTolerance allows for different rounding by other BLAS libraries.
const goldenTolerance = 1e-6

func TestAuditJSON(t *testing.T) {
	out, _, err := auditPump(t, "--json", "--scale", pump+"scale.csv", "--tolerance-each", pump+"scale.csv", "--thresholds", pump+"limits.yaml", "--rows", "2")
	if err != nil {
		t.Fatal(err)
	}
	var again report.Report
	if err := json.Unmarshal([]byte(out), &again); err != nil {
		t.Errorf("it does not read back: %v", err)
	}
	golden := pump + "golden.json"
	if *update {
		if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := errors.Join(json.Unmarshal([]byte(out), &a), json.Unmarshal(want, &b)); err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{a, b} { // values that differ from run to run
		all := v.(map[string]any)
		delete(all, "origin")
		for _, m := range all["lipschitz"].(map[string]any)["methods"].([]any) {
			method := m.(map[string]any)
			delete(method, "seconds")
			delete(method, "allocated_bytes")
			if method["name"] == "sandwich" { // it contains the gap, which has rounding errors
				delete(method, "about")
			}
		}
	}

	sameJSON(t, "report", a, b)
}

// sameJSON compares values up to goldenTolerance.
func sameJSON(t *testing.T, where string, got, want any) {
	t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		if len(g) != len(w) {
			t.Errorf("%s has %d keys, want %d", where, len(g), len(w))
		}
		for key, v := range w {
			sameJSON(t, where+"."+key, g[key], v)
		}
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			t.Fatalf("%s has %d elements, want %d", where, len(g), len(w))
		}
		for i, v := range w {
			sameJSON(t, where+"[]", g[i], v)
		}
	case float64:
		if g, ok := got.(float64); !ok || math.Abs(g-w) > goldenTolerance*max(1, math.Abs(w)) {
			t.Errorf("%s is %v, want %v", where, got, w)
		}
	default:
		if got != want {
			t.Errorf("%s is %v, want %v", where, got, want)
		}
	}
}

func TestAuditPrintsAndDraws(t *testing.T) {
	page := filepath.Join(t.TempDir(), "pump.html")
	out, progress, err := auditPump(t, "--tolerance", "0.5", "--html", page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3 inputs, 2 outputs, 54 parameters", "on 24 samples", "flips_found", "lipsdp", "exact", "0.weight 5×3", "cannot change",
		"0.5 = tolerance", "leak", "temperature", page,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q without %q", out, want)
		}
	}
	if !strings.Contains(progress, "change of the outputs") {
		t.Errorf("progress %q", progress)
	}
	if b, err := os.ReadFile(page); err != nil || !strings.Contains(string(b), "Checklist") {
		t.Errorf("no page: %v", err)
	}
	out, progress, err = auditPump(t, "--task", "regression", "--quiet", "--json")
	if err != nil || progress != "" || !json.Valid([]byte(out)) || strings.Contains(out, `"decisions"`) {
		t.Errorf("regression: %v, progress %q, printed %q", err, progress, out)
	}
}

// The page of a model is named after the model.
func TestAuditNamesItsPage(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	at := func(path string) string { return filepath.Join(root, path) }
	if _, _, err := liptrack(t, "audit", at(pumpModel), "--data", at(pump+"pump.csv"), "-q", "--thresholds", at(pump+"untrained.yaml")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("relu.audit.html"); err != nil {
		t.Error(err)
	}
}

func TestAuditExitStatus(t *testing.T) {
	limits := filepath.Join(t.TempDir(), "limits.yaml")
	if err := os.WriteFile(limits, []byte("lipschitz_bound: {fail: 0.01}\nbetter_than_guessing: {attention: off, fail: off}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(limits), "none.yaml"), []byte("bound_gap: {attention: off}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		words string
	}{
		{"all well", nil, 0, ""},
		{"failed", []string{"--thresholds", limits}, 2, "failed: lipschitz_bound"},
		{"failed, as JSON", []string{"--thresholds", limits, "--json"}, 2, "failed: lipschitz_bound"},
		{"guesses", []string{"--thresholds", filepath.Join(filepath.Dir(limits), "none.yaml")}, 2, "failed: better_than_guessing"},
		{"no result", []string{"--thresholds", "missing.yaml"}, 1, "missing.yaml"},
	} {
		out, _, err := auditPump(t, c.args...)
		code := 0
		if err != nil {
			code = exitCode(err)
			if !strings.Contains(err.Error(), c.words) {
				t.Errorf("%s: error %q does not say %q", c.name, err, c.words)
			}
		}
		if code != c.code {
			t.Errorf("%s: status %d, want %d", c.name, code, c.code)
		}
		if (out == "") != (c.code == 1) {
			t.Errorf("%s: printed %q", c.name, out)
		}
	}
}

// With --strict, attention also fails. The table has one row per sample, the report names its
// sources, and verdict and flips are printed.
func TestAuditAsEvidence(t *testing.T) {
	dir := t.TempDir()
	strict, table := filepath.Join(dir, "strict.yaml"), filepath.Join(dir, "samples.csv")
	limits := "lipschitz_bound: {attention: 0.01}\nbetter_than_guessing: {attention: off, fail: off}\n"
	if err := os.WriteFile(strict, []byte(limits), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := auditPump(t, "--thresholds", strict, "-q"); err != nil {
		t.Errorf("attention without --strict: %v", err)
	}
	out, _, err := auditPump(t, "--thresholds", strict, "-q", "--strict", "--csv", table, "--tolerance-each", "0.7", "--scale", pump+"scale.csv")
	if err == nil || exitCode(err) != 2 || !strings.Contains(err.Error(), "lipschitz_bound") {
		t.Errorf("attention with --strict: %v", err)
	}
	sum, err := sha256Of(pumpModel)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{" checks need attention (", "lipschitz_bound", "Made 20", "SHA-256 " + sum, "seed 0", "thresholds", "Classes that flip, and to which class", "±"} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q without %q", out, want)
		}
	}

	b, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil || len(rows) != 25 || !slices.Equal(rows[0], []string{"row", "jacobian_norm", "class", "label", "margin", "certified_size", "flip_size", "flip_to"}) {
		t.Fatalf("%v: %q", err, rows)
	}
	for _, row := range rows[1:] {
		safe, err := strconv.ParseFloat(row[5], 64)
		flip, missing := strconv.ParseFloat(row[6], 64)
		if err != nil || missing == nil && flip <= safe || (row[6] == "") != (row[7] == "") {
			t.Errorf("row %q", row)
		}
	}
}

func TestAuditOfACheckpoint(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := liptrack(t, "train", "configs/quick.yaml", "--quiet", "--dir", dir, "stop.epochs=3"); err != nil {
		t.Fatal(err)
	}
	checkpoint := filepath.Join(runOf(t, filepath.Join(dir, "quick"), "64-seed42-*"), "checkpoints", "last.safetensors")
	out, _, err := liptrack(t, "audit", checkpoint, "--data", "mnist1d", "--samples", "50", "--html", "none", "--json", "-q")
	if err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if r.Data.Samples != 50 || r.Data.Available != 1000 || r.Layers[0].Activation != "relu" || r.Lipschitz.Lower > r.Lipschitz.Upper || r.Decisions == nil || r.Change != nil {
		t.Errorf("report %+v", r)
	}
}

func TestAuditExplainsBadInput(t *testing.T) {
	table := func(content string) string {
		path := filepath.Join(t.TempDir(), "own.csv")
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}

	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"no data":          {[]string{"audit", pumpModel}, []string{"needs --data"}},
		"missing model":    {[]string{"audit", "nowhere.onnx", "--data", "mnist1d"}, []string{"nowhere.onnx"}},
		"no model":         {[]string{"audit", pump + "pump.csv", "--data", "mnist1d"}, []string{"pump.csv", "onnx"}},
		"silent model":     {[]string{"audit", "internal/modelfile/testdata/relu.safetensors", "--data", "mnist1d"}, []string{"activation of the hidden layers", "relu"}},
		"missing data":     {[]string{"audit", pumpModel, "--data", "nowhere.csv"}, []string{"nowhere.csv"}},
		"misspelt data":    {[]string{"audit", pumpModel, "--data", "mnist2d"}, []string{"mnist2d", "mnist1d"}},
		"data without set": {[]string{"audit", pumpModel, "--data", "mnist", "--path", "nowhere"}, []string{"t10k-images-idx3-ubyte", "nowhere"}},
		"wrong data set":   {[]string{"audit", pumpModel, "--data", "mnist1d"}, []string{"10 classes", "2"}},
		"wrong width":      {[]string{"audit", pumpModel, "--data", table("a,b\n1,2\n")}, []string{"2 features", `"a", "b"`, "3 inputs"}},
		"wrong labels":     {[]string{"audit", pumpModel, "--data", table("a,b,c,label\n1,2,3,x\n1,2,3,y\n1,2,3,z\n")}, []string{`"x", "y", "z"`, "regression"}},
		"no such label":    {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--label", "state"}, []string{`"state"`, `"flow"`}},
		"text in data":     {[]string{"audit", pumpModel, "--data", table("a,b,c\n1,2,x\n")}, []string{"line 2", "(c)", `"x"`}},
		"two tolerances":   {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--tolerance", "1", "--tolerance-each", "1"}, []string{"tolerance-each"}},
		"tolerance 0":      {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--tolerance", "0"}, []string{"tolerance 0", "positive"}},
		"a radius of 0":    {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--local", "1,0"}, []string{"--local", `"0"`, "> 0"}},
		"odd shape":        {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--local", "1", "--local-shape", "cube"}, []string{"cube", "ball", "box"}},
		"odd output":       {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--local", "1", "--local-outputs", "x"}, []string{`"x"`, "outputs are"}},
		"odd tolerances":   {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--tolerance-each", "1,2"}, []string{"2 numbers", "3 features"}},
		"no tolerance":     {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--tolerance-each", "some.csv"}, []string{"some.csv", "file"}},
		"no scale":         {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--scale", pump + "pump.csv"}, []string{"pump.csv", `"mean"`, `"flow"`}},
		"unknown task":     {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--task", "ranking"}, []string{`"ranking"`, "regression"}},
		"unknown check":    {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "--thresholds", table("flips: {fail: 1}\n")}, []string{"line 1: flips", "flips_found"}},
		"unwritable page":  {[]string{"audit", pumpModel, "--data", pump + "pump.csv", "-q", "--html", "/proc/nowhere.html"}, []string{"/proc/nowhere.html"}},
	} {
		_, _, err := liptrack(t, test.args...)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if exitCode(err) != 1 {
			t.Errorf("%s: status %d", name, exitCode(err))
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %q does not mention %q", name, err, want)
			}
		}
	}
}
