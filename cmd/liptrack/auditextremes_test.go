package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// writeNNET writes the network relu(a·x+bias)·b with two inputs and two outputs.
func writeNNET(t *testing.T, a, b, bias float64) string {
	t.Helper()
	text := "2,2,2,2,\n2,2,2,\n0,\n-1,-1,\n1,1,\n0,0,0,\n1,1,1,\n"
	for _, layer := range [][2]float64{{a, bias}, {b, 0}} {
		text += fmt.Sprintf("%g,0,\n0,%g,\n%g,\n%g,\n", layer[0], layer[0], layer[1], layer[1])
	}
	path := filepath.Join(t.TempDir(), "model.nnet")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// shownNonNumber matches non-finite numbers in visible text, but not in the sort keys of tables.
var shownNonNumber = regexp.MustCompile(`(^|[^"\w])[-+]?(NaN|Inf|∞)\b`)

// If a number overflows float64, or a ratio has a zero denominator, the terminal and the page show
// a number or a reason.
func TestAuditsOfExtremesSayWhy(t *testing.T) {
	const header = "x,y,label\n"
	origin, around := header+"0,0,0\n0,0,1\n", header+"1,2,0\n-3,-1,1\n-2,-1,0\n-4,-1,1\n-5,-1,0\n"
	for name, c := range map[string]struct {
		a, b, bias float64
		data       string
		words      []string
	}{
		"outputs beyond float64":  {1e200, 1e200, 0, around, []string{"row 1", "beyond float64"}},
		"Jacobian beyond float64": {1e200, 1e200, 0, origin, []string{"beyond float64", "unbounded"}},
		"median of 0":             {1, 20, 0, around, []string{"half of the samples or more", "unbounded"}},
		"zeros":                   {0, 0, 0, around, nil},
		"dead":                    {1, 1, -100, around, nil},
		"squares beyond float64":  {1e100, 1e100, 0, around, []string{"relative_change_seen = 0.112"}},
		"one sample":              {1, 1, 0, header + "1,1,0\n", nil},
		"subnormal":               {1e-320, 1, 0, around, nil},
	} {
		for _, task := range []string{"regression", "classification"} {
			for _, tolerance := range []string{"0.1", "1e-300", "1e300"} {
				folder := t.TempDir()
				data, page := filepath.Join(folder, "d.csv"), filepath.Join(folder, "p.html")
				if err := os.WriteFile(data, []byte(c.data), 0o644); err != nil {
					t.Fatal(err)
				}
				out, _, err := liptrack(t, "audit", writeNNET(t, c.a, c.b, c.bias), "--data", data, "--tolerance", tolerance,
					"--task", task, "--html", page)
				shown := out
				if err != nil {
					shown += err.Error()
				}

				html, _ := os.ReadFile(page)
				body, _, _ := strings.Cut(string(html), "<script")
				for _, text := range []string{shown, body} {
					if found := shownNonNumber.FindString(text); found != "" {
						t.Errorf("%s, %s, ±%s: shows %q in\n%s", name, task, tolerance, found, text)
					}
				}

				for _, word := range c.words {
					if task == "regression" && tolerance == "0.1" && !strings.Contains(strings.Join(strings.Fields(shown), " "), word) {
						t.Errorf("%s: no %q in\n%s", name, word, shown)
					}
				}
			}
		}
	}
}
