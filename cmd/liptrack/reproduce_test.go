package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/claims"
	"github.com/liptrack/liptrack/experiments/reproduction"
)

func TestReproduceJudgesWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	out, _, err := liptrack(t, "reproduce", "all", "--judge-only", "--dir", dir)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, "30 claims: ") {
		t.Errorf("printed %s", out)
	}
	for _, line := range strings.Split(out, "\n") {
		if utf8.RuneCountInString(line) > 100 && !strings.HasPrefix(line, dir) {
			t.Errorf("more than 100 columns: %s", line)
		}
	}

	data, err := os.ReadFile(filepath.Join(dir, "reproduction.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report claims.Report
	if err := json.Unmarshal(data, &report); err != nil || len(report.Claims) != 30 {
		t.Errorf("%d claims as JSON (%v)", len(report.Claims), err)
	}
	for name, want := range map[string]string{"reproduction.md": "| 30 |", "reproduction.html": "C_lower as a regulariser"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s does not hold %q (%v)", name, want, err)
		}
	}
}

// TestReproducePrintsWhatWasNamed judges a claim and an experiment without claims. The table has
// all claims.
func TestReproducePrintsWhatWasNamed(t *testing.T) {
	dir := t.TempDir()
	out, _, err := liptrack(t, "reproduce", "learning-rate", "17", "--judge-only", "--dir", dir)
	if err != nil || !strings.Contains(out, "1 claim: ") || !strings.Contains(out, "learning-rate: no claim depends on it\n") {
		t.Errorf("printed %s, error %v", out, err)
	}
	out, _, err = liptrack(t, "reproduce", "learning-rate", "--judge-only", "--dir", dir)
	if err != nil || !strings.HasPrefix(out, "learning-rate: no claim depends on it\n"+dir) {
		t.Errorf("printed %s, error %v", out, err)
	}
	table, err := os.ReadFile(filepath.Join(dir, "reproduction.md"))
	if err != nil || !strings.Contains(string(table), "| 1 |") || !strings.Contains(string(table), "| 30 |") {
		t.Errorf("the table is %s, error %v", table, err)
	}
}

// TestEveryClaimHasQuickExperiments loads the experiments that the claims need at both budgets.
func TestEveryClaimHasQuickExperiments(t *testing.T) {
	for _, budget := range claims.Budgets {
		for _, c := range claims.All {
			for _, name := range c.Experiments {
				if _, err := reproduction.Load(name, budget); err != nil {
					t.Errorf("claim %d, budget %s: %v", c.Number, budget, err)
				}
			}
		}
	}
}

// TestReproduceLeavesOutDamage damages runs in many ways. Only the damaged runs are left out.
func TestReproduceLeavesOutDamage(t *testing.T) {
	dir := t.TempDir()
	e, err := reproduction.Load("toy", claims.Quick)
	if err != nil {
		t.Fatal(err)
	}

	for i, content := range []string{`{"sta`, "{}", "\x00\x00"} {
		folder := experiments.Local{Dir: dir}.Folder(e.Runs[i%len(e.Runs)]).Path
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "status.json"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		out, warning, err := liptrack(t, "reproduce", "all", "--judge-only", "--dir", dir)
		if err != nil || !strings.Contains(out, "30 claims: ") || !strings.Contains(warning, "skipped: ") {
			t.Errorf("status %q: %v, %s\n%s", content, err, warning, out)
		}
	}
}

func TestReproduceChooses(t *testing.T) {
	for args, want := range map[string]string{
		"31":                                    "claims are numbered from 1 to 30",
		"depths":                                "nor an experiment; did you mean depth?",
		"official --judge-only":                 "official has no quick form: use --budget full",
		"depth --budget large":                  "want quick, full or hours=N",
		"depth --budget hours=":                 "N must be a number above 0",
		"depth --budget hours=-1":               "N must be a number above 0",
		"depth --budget hours=nan":              "N must be a number above 0",
		"depth --judge-only --budget hours=0.5": "",
		"depth --judge-only":                    "",
		"17 --judge-only":                       "",
		"learning-rate --judge-only":            "",
	} {
		_, _, err := liptrack(t, append([]string{"reproduce", "--dir", t.TempDir()}, strings.Fields(args)...)...)
		if got := ""; err != nil {
			got = err.Error()
			if want == "" || !strings.Contains(got, want) {
				t.Errorf("%s: %v, want %q", args, err, want)
			}
		} else if want != "" {
			t.Errorf("%s: no error, want %q", args, want)
		}
	}
}

// TestReproductionIsThePrograms checks that docs/reproduction.md is what the program writes from
// its built-in results.
func TestReproductionIsThePrograms(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := liptrack(t, "reproduce", "all", "--judge-only", "--dir", dir); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "reproduction.md"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("docs/reproduction.md")
	if err != nil || string(got) != string(want) {
		t.Errorf("docs/reproduction.md is not what make keep writes (%v)", err)
	}
}
