package audit

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/network"
)

func TestThresholdsOfFiles(t *testing.T) {
	got := must[Thresholds](t)(parseThresholds([]byte(`
# a comment
flips_found: {attention: 0.2, fail: 0.3}
bound_gap:
  attention: off
accuracy: {fail: 0.25}
output_change_seen: {fail: 1e-3}
layer_norm: {attention: "off", fail: 050}
`)))

	for name, want := range map[string]Limits{
		"flips_found": {0.2, 0.3}, "bound_gap": {none, none}, "accuracy": {0.5, 0.25}, "output_change_seen": {none, 0.001}, "layer_norm": {none, 50},
	} {
		l, ok := got[name]
		if !ok || !sameLimit(l.Attention, want.Attention) || !sameLimit(l.Fail, want.Fail) {
			t.Errorf("%s: %+v, want %+v", name, l, want)
		}
	}
	if len(got) != 5 {
		t.Errorf("%d checks have limits, want 5: %v", len(got), got)
	}
}

func sameLimit(a, b float64) bool { return a == b || isNone(a) && isNone(b) }

func TestThresholdsErrors(t *testing.T) {
	for _, c := range []struct {
		name, content string
		words         []string
	}{
		{"unknown check", "a: 1\nflips: {fail: 1}\n", []string{"line 2: flips: unknown check", "flips_found", "line 1: a: unknown"}},
		{"unknown limit", "flips_found:\n  fail: 1\n  warn: 2\n", []string{"line 1: flips_found: unknown key warn (line 3)", "attention or fail"}},
		{"a number", "flips_found: 1\n", []string{"flips_found", "{attention: 0.01, fail: 0.05}"}},
		{"not a number", "flips_found: {fail: some}\n", []string{`"some"`, "≥ 0", "off"}},
		{"negative", "flips_found: {fail: -1}\n", []string{`"-1"`}},
		{"NaN", "flips_found: {fail: .nan}\n", []string{`".nan"`}},
		{"infinite", "flips_found: {fail: .inf}\n", []string{`".inf"`}},
		{"order of small ones", "flips_found: {attention: 0.2, fail: 0.1}\n", []string{"above 0.2", "above 0.1", "not be less"}},
		{"order of large ones", "accuracy: {attention: 0.5, fail: 0.9}\n", []string{"below 0.5", "below 0.9", "not be more"}},
		{"order with a default", "flips_found: {fail: 0.001}\n", []string{"above 0.01", "above 0.001"}},
		{"twice", "accuracy: {fail: 0.1}\naccuracy: {fail: 0.2}\n", []string{"line 2: accuracy", "twice"}},
		{"two limits alike", "accuracy: {fail: 0.1, fail: 0.2}\n", []string{"line 1", "fail", "twice"}},
		{"a second document", "accuracy: {fail: 0.1}\n---\nbound_gap: {fail: 1}\n", []string{"line 2", "second document"}},
		{"an empty second document", "accuracy: {fail: 0.1}\n---\n", []string{"second document"}},
		{"hexadecimal", "bound_gap: {fail: 0x10}\n", []string{`"0x10"`, "decimal"}},
		{"a number as text", "bound_gap: {fail: '10'}\n", []string{`"10"`}},
		{"underscores", "bound_gap: {fail: 1_0}\n", []string{`"1_0"`}},
		{"a tagged number as text", "bound_gap: {fail: !!float '10'}\n", []string{`"10"`, "quotes"}},
		{"an empty limit", "bound_gap: {fail: }\n", []string{`""`, "or off"}},
		{"an empty limit on a line", "bound_gap:\n  fail:\n", []string{`""`, "or off"}},
		{"an empty text", "bound_gap: {fail: ''}\n", []string{`""`, "or off"}},
		{"null", "bound_gap: {fail: null}\n", []string{`"null"`, "or off"}},
		{"a list as limit", "bound_gap: {fail: [1]}\n", []string{"or off"}},
		{"no limit of a check", "bound_gap: {}\n", []string{"must be limits"}},
		{"no limit", "# nothing\n", []string{"no limits", "--thresholds"}},
		{"no bytes", "", []string{"no limits"}},
		{"null for all", "null\n", []string{"no limits"}},
		{"no check", "{}\n", []string{"no limits"}},
		{"a list", "- accuracy\n", []string{"line 1", "flips_found"}},
		{"no YAML", "a: [\n", []string{"yaml", "line"}},
	} {
		_, err := ReadThresholds(write(t, "limits.yaml", c.content))
		checkError(t, c.name, err, append(c.words, "limits.yaml")...)
	}

	_, err := ReadThresholds("missing.yaml")
	checkError(t, "missing", err, "missing.yaml")
}

func FuzzParseThresholds(f *testing.F) {
	f.Add([]byte("flips_found: {attention: 0.2, fail: 0.3}\n"))
	f.Add([]byte("accuracy: &a {fail: off}\nbound_gap: *a\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		thresholds, err := parseThresholds(b)
		for name, l := range thresholds {
			if err == nil && (l.Attention < 0 || l.Fail < 0 || math.IsInf(l.Attention, 0) || math.IsInf(l.Fail, 0)) {
				t.Errorf("%s: %+v", name, l)
			}
		}
	})
}

func TestStatusAtTheLimits(t *testing.T) {
	for _, c := range []struct {
		atMost bool
		limits Limits
		value  float64
		want   report.Status
	}{
		{true, Limits{1, 2}, 1, report.Pass},
		{true, Limits{1, 2}, 1.5, report.Attention},
		{true, Limits{1, 2}, 2, report.Attention},
		{true, Limits{1, 2}, 2.5, report.Fail},
		{true, Limits{none, 2}, 1.5, report.Pass},
		{true, Limits{1, none}, math.Inf(1), report.Attention},
		{true, Limits{none, 2}, math.NaN(), report.Fail},
		{false, Limits{0.5, 0.2}, 0.5, report.Pass},
		{false, Limits{0.5, 0.2}, 0.3, report.Attention},
		{false, Limits{0.5, 0.2}, 0.2, report.Attention},
		{false, Limits{0.5, 0.2}, 0.1, report.Fail},
		{false, Limits{0.5, none}, 0, report.Attention},
		{false, Limits{none, 0.2}, math.NaN(), report.Fail},
	} {
		if got := (check{atMost: c.atMost}).status(c.value, c.limits); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// Every check has all its texts, its default limits are in order, and it names its requirement if
// it may not be measured.
func TestTableOfChecks(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range checks {
		if c.name == "" || seen[c.name] || c.about == "" || c.value == nil || c.measured == nil || c.good == "" || c.bad == "" || c.action == "" {
			t.Errorf("incomplete or repeated: %s", c.name)
		}
		seen[c.name] = true
		if err := c.inOrder(c.limits); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Each check passes, needs attention or fails according to its limits. The reports of a
// classification and of a regression together measure all checks.
func TestEveryCheckFollowsItsLimits(t *testing.T) {
	r := seeded(3)
	x, y := randomPoints(r, 20, 5), randomPoints(r, 20, 3)
	labels := make([]int, 20)
	labels[0] = 1
	tolerance := &Tolerance{Each: []float64{0.1, 0.1, 0, 0.2, 0.1}}
	model := Model{Net: build(network.ReLU, []int{5, 8, 8, 3}, r.NormFloat64), File: "m", Names: []string{"a", "b", "c"}}
	measured := map[string]bool{}

	for _, task := range []Task{Classification, Regression} {
		base := runOf(t, model.Net, Data{X: x, Labels: labels, Y: y}, Options{Task: task, Tolerance: tolerance})
		if err := wholeSentences(base); err != "" {
			t.Error(err)
		}
		for _, c := range checks {
			value := c.value(base)
			if value == nil {
				continue
			}
			v := float64(*value)
			measured[c.name] = true
			better, worse := Limits{v * 2, v * 3}, Limits{v / 3, v / 2}
			if !c.atMost {
				better, worse = Limits{v / 2, v / 3}, Limits{v * 3, v * 2}
			}
			if v == 0 {
				better, worse = Limits{0, 0}, Limits{none, none}
			}
			for _, trial := range []struct {
				limits Limits
				want   report.Status
			}{{better, report.Pass}, {worse, report.Fail}, {Limits{worse.Attention, better.Fail}, report.Attention}} {
				if v == 0 && trial.want != report.Pass {
					continue
				}
				got := c.result(base, v, trial.limits)
				if got.Status != trial.want || got.Measured == "" || (got.Action == "Nothing to do.") != (trial.want == report.Pass) {
					t.Errorf("%s: %g with %+v: %+v", c.name, v, trial.limits, got)
				}
			}
		}
	}

	for _, c := range checks {
		if !measured[c.name] {
			t.Errorf("%s was not measured", c.name)
		}
	}
}

// wholeSentences returns an error for sentences of a report that are malformed.
func wholeSentences(r *report.Report) string {
	sentences := append([]string{}, r.Summary...)
	for _, c := range r.Checks {
		sentences = append(sentences, c.Measured, c.Meaning, c.Action)
	}
	for _, s := range sentences {
		if !strings.HasSuffix(s, ".") || strings.Contains(s, "%!") || strings.Contains(s, "NaN") {
			return s
		}
	}
	return ""
}

func TestVerdictIsTheWorstStatus(t *testing.T) {
	net, x := linearNet(), mat.NewDense(1, 2, []float64{1, 1})
	for _, c := range []struct {
		limits Limits
		want   report.Status
	}{{Limits{none, none}, report.Pass}, {Limits{4, 5}, report.Pass}, {Limits{2, 5}, report.Attention}, {Limits{1, 2}, report.Fail}} {
		r := runOf(t, net, Data{X: x}, Options{Thresholds: Thresholds{"lipschitz_bound": c.limits}})
		if r.Verdict != c.want || c.want != report.Pass && r.Checks[0].Status != c.want {
			t.Errorf("a bound of 3 with %+v: %s; first check %+v", c.limits, r.Verdict, r.Checks[0])
		}
	}
}

func TestPercentIsNotRoundedToAllOrNothing(t *testing.T) {
	for v, want := range map[float64]string{0: "0 %", 1: "100 %", 0.99999: "99.9 %", 0.00001: "0.1 %", 0.5: "50 %", 0.1234: "12.3 %"} {
		if got := percent(v); got != want {
			t.Errorf("%g is %s, want %s", v, got, want)
		}
	}
}
