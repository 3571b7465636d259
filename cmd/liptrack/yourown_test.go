package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestYourOwnGuide runs the commands in docs/your-own.md in order, with runs and pages in a
// temporary folder, and compares their output with the guide.
func TestYourOwnGuide(t *testing.T) {
	guide := readTexts(t, "docs/your-own.md")
	dir := t.TempDir()
	var printed strings.Builder

	for _, line := range commandsIn(guide) {
		var args []string
		for word := range strings.FieldsSeq(strings.ReplaceAll(line, "runs/", dir+"/")) {
			found, err := filepath.Glob(word)
			if err == nil && len(found) == 1 {
				word = found[0]
			}
			args = append(args, strings.Trim(word, "'"))
		}

		switch args[0] {
		case "train", "track":
			args = append(args, "--dir", dir)
		case "audit":
			args = append(args, "--html", filepath.Join(dir, "page.html"))
		}

		out, progress, err := liptrack(t, args...)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		printed.WriteString(out + progress)
	}

	quoted := regexp.MustCompile("(?s)```text\n(.*?)```").FindAllStringSubmatch(guide, -1)
	if len(quoted) == 0 {
		t.Error("the guide quotes no output")
	}
	for _, block := range quoted {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			if line != "…" && !strings.Contains(printed.String(), line) {
				t.Errorf("%q is not printed", line)
			}
		}
	}

	if _, err := os.Stat(filepath.Join(dir, "page.html")); err != nil {
		t.Error(err)
	}
}

func TestAuditTakesTheCheckpointsData(t *testing.T) {
	dir := t.TempDir()
	_, _, err := liptrack(t, "train", "docs/your-own/pump.yaml", "--dir", dir, "stop.epochs=2", "-q")
	if err != nil {
		t.Fatal(err)
	}
	run := runOf(t, filepath.Join(dir, "pump"), "16-*")
	checkDataOfRun(t, run)
	model := filepath.Join(run, "checkpoints", "last.safetensors")
	checkColumnsByName(t, model)

	_, _, err = liptrack(t, "audit", model, "--data", "docs/your-own/pump-test.csv", "--classes", "worn,normal,blocked", "--html", "none", "-q")
	if err == nil || !strings.Contains(err.Error(), `"blocked", "normal", "worn", in this order`) {
		t.Errorf("error %v", err)
	}

	// A single class has the number it has in the checkpoint.
	alone := filepath.Join(dir, "alone.csv")
	if err := os.WriteFile(alone, []byte("temperature,pressure,vibration,flow,label\n66,221000,3.6,88,worn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := liptrack(t, "audit", model, "--data", alone, "--html", "none", "-q", "--json")
	if err != nil || !strings.Contains(out, "standardised by the mean") {
		t.Errorf("%v: %s", err, out)
	}
}

// checkColumnsByName audits the pump's test points with reordered columns and an additional one.
// The checkpoint finds its features by name.
func checkColumnsByName(t *testing.T, model string) {
	t.Helper()
	dir := t.TempDir()
	var mixed strings.Builder
	for line := range strings.Lines(strings.TrimSpace(readTexts(t, "docs/your-own/pump-test.csv"))) {
		cells := strings.Split(strings.TrimSpace(line), ",")
		slices.Reverse(cells)
		fmt.Fprintf(&mixed, "%s,%s\n", cells[0], strings.Join(cells, ","))
	}

	others := strings.Replace(mixed.String(), "label,", "serial number,", 1)
	files := map[string]string{"mixed.csv": others, "lacking.csv": strings.Replace(others, "flow", "speed", 1)}
	for name, text := range files {
		err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		if err != nil {
			t.Fatal(err)
		}
	}

	var tables [2]string
	for i, data := range []string{"docs/your-own/pump-test.csv", filepath.Join(dir, "mixed.csv")} {
		table := filepath.Join(dir, "samples.csv")
		out, _, err := liptrack(t, "audit", model, "--data", data, "--html", "none", "-q", "--csv", table,
			"--tolerance-each", "docs/your-own/tolerance.csv")
		oneLine := strings.Join(strings.Fields(out), " ")
		if exitCode(err) == 1 || strings.Contains(oneLine, `not trained with the columns "serial number"`) != (i == 1) {
			t.Errorf("%v: %s", err, out)
		}
		tables[i] = readTexts(t, table)
	}
	if tables[0] != tables[1] {
		t.Errorf("the order of the columns changes the samples:\n%s\n%s", tables[0], tables[1])
	}

	_, _, err := liptrack(t, "audit", model, "--data", filepath.Join(dir, "lacking.csv"), "--html", "none", "-q")
	if err == nil || !strings.Contains(err.Error(), `no column "flow", a feature that the model was trained with`) {
		t.Errorf("error %v", err)
	}
}

// checkDataOfRun reads the standardisation and the class names of a run on the pump's data from its
// folder. A page and show print the names.
func checkDataOfRun(t *testing.T, run string) {
	t.Helper()
	var data struct {
		Label             string
		Features, Classes []string
		Mean, Std         []float64
	}
	text, err := os.ReadFile(filepath.Join(run, "data.json"))
	if err == nil {
		err = json.Unmarshal(text, &data)
	}
	if err != nil || data.Label != "label" || strings.Join(data.Classes, " ") != "blocked normal worn" || len(data.Features) != 4 || len(data.Std) != 4 ||
		data.Mean[1] < 2e5 { // Pa
		t.Fatalf("data.json holds %s, error %v", text, err)
	}

	shown, _, err := liptrack(t, "show", run)
	page, pageErr := os.ReadFile(filepath.Join(run, "report.html"))
	named := regexp.MustCompile(`at training\s+point\s+\d+,\s+class\s+(blocked|normal|worn)`)
	if err != nil || pageErr != nil || !named.MatchString(shown) || !named.Match(page) {
		t.Errorf("the class of the point is not named: %v, %v: %s", err, pageErr, shown)
	}
}
