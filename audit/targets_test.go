package audit

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/network"
)

// TestChangesAreInTheTargetsUnits uses a linear model, whose outputs change by at most Σ|w|·± times
// the unit of their target at every input.
func TestChangesAreInTheTargetsUnits(t *testing.T) {
	weights := mat.NewDense(2, 3, []float64{1, -2, 0.5, 0, 3, -1})
	net := &network.Network{Layers: []network.Layer{{Weight: weights, Bias: []float64{1, -1}}}}
	tolerance, units := []float64{0.1, 0.2, 0.4}, []float64{52.1, 0.0145}
	r := runOf(t, net, Data{X: mat.NewDense(2, 3, []float64{1, 2, 3, -1, 0, 5})}, Options{
		Task: Regression, Tolerance: &Tolerance{Each: tolerance},
		Targets: &Targets{Names: []string{"power", "wear"}, Scale: &Scale{Mean: make([]float64, 2), Std: units}},
	})

	if len(r.Change.Outputs) != 2 || r.Decisions != nil || r.Data.Accuracy != nil {
		t.Fatalf("%+v", r.Change)
	}

	for k, o := range r.Change.Outputs {
		want := 0.0
		for j, e := range tolerance {
			want += math.Abs(weights.At(k, j)) * e * units[k]
		}

		possible, seen := float64(o.Possible), float64(o.Seen)
		if possible < want || possible > want*(1+1e-9) || seen > want || seen < want*(1-1e-5) ||
			float64(o.Anywhere) < want {
			t.Errorf("%s: seen %v, possible %v, anywhere %v, want %v", o.Name, seen, possible, o.Anywhere, want)
		}
	}

	if r.Change.Outputs[0].Name != "power" || r.Change.Outputs[1].Name != "wear" {
		t.Errorf("%+v", r.Change.Outputs)
	}
}

// TestTargetsThatDoNotFit checks that such targets are refused.
func TestTargetsThatDoNotFit(t *testing.T) {
	for _, units := range [][]float64{{1}, {1, 0}, {1, math.Inf(1)}, {math.NaN(), 1}} {
		bad := Targets{Scale: &Scale{Mean: make([]float64, 2), Std: units}}
		if bad.validate(2) == nil {
			t.Errorf("units %v are accepted", units)
		}
	}

	bad := Targets{Names: []string{"power"}}
	if bad.validate(2) == nil {
		t.Errorf("%+v is accepted", bad)
	}
}

// TestPredictionsAreScored checks scores in the targets' units: R² is 1 for exact predictions and 0
// for the mean, and the worst of several targets counts.
func TestPredictionsAreScored(t *testing.T) {
	weights := mat.NewDense(2, 1, []float64{1, 1})
	net := &network.Network{Layers: []network.Layer{{Weight: weights, Bias: []float64{0, 0}}}}
	x := mat.NewDense(3, 1, []float64{-1, 0, 1})
	targets := &Targets{Scale: &Scale{Mean: []float64{100, 5}, Std: []float64{10, 2}}}
	for _, c := range []struct {
		y    []float64
		want float64
	}{
		{[]float64{90, 3, 100, 5, 110, 7}, 1},
		{[]float64{90, 3, 100, 5, 110, 9}, 1 - 4/(56.0/3)}, // an error of 2, targets 3, 5, 9
		{[]float64{110, 3, 100, 5, 90, 7}, -3},             // the first target is reversed
	} {
		r := runOf(t, net, Data{X: x, Y: mat.NewDense(3, 2, c.y)}, Options{Task: Regression, Targets: targets})
		if got := float64(*r.Data.R2); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("targets %v: R² %v, want %v", c.y, got, c.want)
		}
	}

	constant := Data{X: x, Y: mat.NewDense(3, 2, []float64{1, 1, 1, 2, 1, 3})}
	if r := runOf(t, net, constant, Options{Task: Regression, Targets: targets}); r.Data.R2 != nil {
		t.Errorf("R² of a target without variance is %v", *r.Data.R2)
	}
}

// TestLimitsOfSingleTargets checks that limits are in the unit of their target: the weights'
// absolute row sums times ±0.1 give changes of 0.3 and 0.4, in units of 10 and 2.
func TestLimitsOfSingleTargets(t *testing.T) {
	weights := mat.NewDense(2, 2, []float64{1, -2, 1, 3})
	net := &network.Network{Layers: []network.Layer{{Weight: weights}}}
	data := Data{X: mat.NewDense(2, 2, []float64{1, 2, 3, -1})}
	options := Options{
		Task: Regression, Tolerance: &Tolerance{Each: []float64{0.1, 0.1}},
		Targets: &Targets{Names: []string{"power", "wear"}, Scale: &Scale{Mean: []float64{0, 0}, Std: []float64{10, 2}}},
	}

	for _, c := range []struct {
		name  string
		fail  float64
		fails bool
	}{
		{"output_change_possible of power", 3.01, false},
		{"output_change_possible of power", 2.99, true},
		{"output_change_possible of wear", 0.801, false},
		{"output_change_seen of wear", 0.79, true},
	} {
		options.Thresholds = Thresholds{c.name: {Attention: none, Fail: c.fail}}
		r := runOf(t, net, data, options)
		i := slices.IndexFunc(r.Checks, func(check report.Check) bool { return check.Name == c.name })
		if i < 0 || (r.Checks[i].Status == report.Fail) != c.fails || !strings.Contains(r.Checks[i].Measured, c.name[len(c.name)-4:]) {
			t.Errorf("%s, at most %v: %+v", c.name, c.fail, r.Checks)
		}
	}
}

// TestLimitsThatCannotApply checks that such limits are refused before anything is computed.
func TestLimitsThatCannotApply(t *testing.T) {
	net := &network.Network{Layers: []network.Layer{{Weight: mat.NewDense(2, 1, []float64{1, 2})}}}
	data := Data{X: mat.NewDense(1, 1, []float64{1})}
	for name, words := range map[string]string{
		"accuracy":                   "needs a classification and labels",
		"better_than_the_mean":       "needs a regression and its targets",
		"flips_found":                "needs a classification and a tolerance",
		"relative_change_seen":       "needs a regression and a tolerance",
		"output_change_seen of wear": "needs a tolerance",
		"one_feature":                "four features",
		"accuracy of wear":           "no limits for single targets",
		"nothing":                    "unknown check",
	} {
		worked := false
		_, err := Run(t.Context(), Model{Net: net}, data, Options{
			Task: Regression, Thresholds: Thresholds{name: {0.5, 0.5}}, Progress: func(string) { worked = true },
		})
		if err == nil || !strings.Contains(err.Error(), words) || worked {
			t.Errorf("%s: error %v, begun %v; want %s", name, err, worked, words)
		}
	}

	_, err := Run(t.Context(), Model{Net: net}, data, Options{
		Task: Regression, Tolerance: &Tolerance{Radius: 1}, Thresholds: Thresholds{"output_change_seen of wear": {1, 1}},
	})
	if err == nil || !strings.Contains(err.Error(), "unknown target: must be one of 0, 1") {
		t.Errorf("error %v", err)
	}

	_, err = Run(t.Context(), Model{Net: net}, data, Options{Task: Regression, Thresholds: Thresholds{"flips_found": {none, none}}})
	if err != nil {
		t.Errorf("a check that is off: %v", err)
	}
}

// TestLimitsOnThePredictionsOfSingleTargets sets limits on R² and on the mean square error, in the
// square of each target's unit. Only the second target has an error, of 2 in one of three points.
func TestLimitsOnThePredictionsOfSingleTargets(t *testing.T) {
	net := &network.Network{Layers: []network.Layer{{Weight: mat.NewDense(2, 1, []float64{1, 1}), Bias: []float64{0, 0}}}}
	data := Data{
		X: mat.NewDense(3, 1, []float64{-1, 0, 1}), Y: mat.NewDense(3, 2, []float64{90, 3, 100, 5, 110, 9}),
	}
	options := Options{Task: Regression, Targets: &Targets{
		Names: []string{"power", "wear"}, Scale: &Scale{Mean: []float64{100, 5}, Std: []float64{10, 2}},
	}}

	const r2, mse = 1 - 4/(56.0/3), 4.0 / 3
	for _, c := range []struct {
		name  string
		fail  float64
		value float64
		fails bool
		words string
	}{
		{"better_than_the_mean of power", 0.99, 1, false, "R² of the predictions of power is 1."},
		{"better_than_the_mean of wear", 0.78, r2, false, "of wear is 0.786."},
		{"better_than_the_mean of wear", 0.79, r2, true, "of wear is 0.786."},
		{"mean_square_error of power", 0, 0, false, "error of power is 0"},
		{"mean_square_error of wear", 1.34, mse, false, "error of wear is 1.33"},
		{"mean_square_error of wear", 1.33, mse, true, "error of wear is 1.33"},
		{"mean_square_error", 1.33, mse, true, "error of wear is 1.33"},
	} {
		options.Thresholds = Thresholds{c.name: {Attention: c.fail, Fail: c.fail}}
		r := runOf(t, net, data, options)
		i := slices.IndexFunc(r.Checks, func(check report.Check) bool { return check.Name == c.name })
		if i < 0 {
			t.Fatalf("%s is not checked: %+v", c.name, r.Checks)
		}

		got := r.Checks[i]
		isClose := math.Abs(float64(got.Value)-c.value) < 1e-12
		if !isClose || (got.Status == report.Fail) != c.fails || !strings.Contains(got.Measured, c.words) {
			t.Errorf("%s, limit %v: %+v, want %v", c.name, c.fail, got, c.value)
		}
	}

	// A constant target has no R².
	data.Y.SetCol(1, []float64{5, 5, 5})
	options.Thresholds = Thresholds{"better_than_the_mean of wear": {0.5, 0.5}}
	_, err := Run(t.Context(), Model{Net: net}, data, options)
	if err == nil || !strings.Contains(err.Error(), "of wear cannot be checked: it needs a regression and its targets, not all equal") {
		t.Errorf("a constant target: error %v", err)
	}
}
