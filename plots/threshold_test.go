package plots

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

func TestThresholds(t *testing.T) {
	const ce, mse = "cross_entropy", "mse"
	run := func(loss, n, k, p string, extra ...string) []string {
		return append(
			[]string{"train.loss", loss, "data.points", n, "data.classes", k, "model.parameters", p},
			extra...)
	}

	for _, test := range []struct {
		name   string
		config [][]string
		key    string // model.parameters unless it says another
		want   []figure.Mark
	}{
		{"cross-entropy", [][]string{run(ce, "500", "10", "100"), run(ce, "500", "10", "900")}, "", []figure.Mark{{Name: "n = p", Value: 500}}},
		{"squared error", [][]string{run(mse, "500", "10", "100")}, "", []figure.Mark{{Name: "nK = p", Value: 5000}}},
		{"two losses", [][]string{run(ce, "500", "10", "100"), run(mse, "500", "10", "100")}, "", []figure.Mark{{Name: "n = p = 500", Value: 500}, {Name: "nK = p = 5,000", Value: 5000}}},
		{"points differ", [][]string{run(ce, "500", "10", "100"), run(ce, "100", "10", "100")}, "", []figure.Mark{{Name: "n = p = 100", Value: 100}, {Name: "n = p = 500", Value: 500}}},
		{"classes unknown", [][]string{run(mse, "500", "", "100")}, "", nil},
		{"other loss", [][]string{run("hinge", "500", "10", "100")}, "", nil},
		{"nothing known", [][]string{nil}, "", nil},
		// p = x²: 100 lies at x = 10, half-way between 1 and 100 in logarithms.
		{"what p follows from", [][]string{run(ce, "100", "10", "1", "depth", "1"), run(ce, "100", "10", "10000", "depth", "100")}, "depth", []figure.Mark{{Name: "n = p", Value: 10}}},
		{"p does not vary", [][]string{run(ce, "100", "10", "100", "lr", "1"), run(ce, "100", "10", "100", "lr", "2")}, "lr", nil},
		{"p varies within a place", [][]string{run(ce, "100", "10", "10", "lr", "1"), run(ce, "100", "10", "200", "lr", "1")}, "lr", nil},
		{"never reached", [][]string{run(ce, "100", "10", "1", "depth", "1"), run(ce, "100", "10", "4", "depth", "2")}, "depth", nil},
	} {
		var tables []*series.Table
		for _, c := range test.config {
			tables = append(tables, ended(withWidth("[4]", c...), 1, nil))
		}
		x := runset.AbscissaAlong(tables, runset.KeyParameters, runset.ParametersAxis)
		if test.key != "" {
			x = runset.AbscissaAlong(tables, test.key, test.key)
		}
		got := runset.Thresholds(tables, x)
		if len(got) != len(test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
			continue
		}

		for i, m := range got {
			if m.Name != test.want[i].Name || math.Abs(m.Value-test.want[i].Value) > 1e-9 {
				t.Errorf("%s: %v, want %v", test.name, m, test.want[i])
			}
		}
	}
}
