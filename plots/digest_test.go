package plots

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestDigestKeepsItsNames checks the JSON names, which scripts rely on.
func TestDigestKeepsItsNames(t *testing.T) {
	table := series.NewTable(series.Header{Experiment: "e", Run: "r", Seed: 7})
	table.State = "completed"
	table.Add(series.Point{Epoch: 0, Sample: series.Sample{Metric: series.LowerBound, Value: 2, Kind: series.Lower}})

	table.Add(
		series.Point{
			Epoch:  4,
			Sample: series.Sample{Metric: series.LowerBound, Value: 3, Kind: series.Lower, Warning: "w"},
		},
	)

	table.Add(
		series.Point{Epoch: 4, Sample: series.Sample{Metric: series.UpperProduct, Value: 6, Kind: series.Certified}},
	)
	table.Add(
		series.Point{
			Epoch: 4,
			Sample: series.Sample{
				Metric: series.SpectralNorm,
				Label:  "layer=1",
				Value:  series.Float(math.Inf(1)),
				Kind:   series.Exact,
			},
		},
	)

	b, err := json.Marshal(DigestOf(table))
	const want = `{"experiment":"e","run":"r","seed":7,"status":"completed","epochs":4,"train_loss":"NaN","test_loss":"NaN","train_accuracy":"NaN","test_accuracy":"NaN",` +
		`"lower_bound":3,"certified_bound":6,"certified_metric":"upper_product","gap":2,"curves":[` +
		`{"metric":"lower_bound","label":"","kind":"lower","points":2,"first":2,"first_epoch":0,"last":3,"last_epoch":4,"doubtful":1},` +
		`{"metric":"upper_product","label":"","kind":"certified","points":1,"first":6,"first_epoch":4,"last":6,"last_epoch":4,"doubtful":0},` +
		`{"metric":"spectral_norm","label":"layer=1","kind":"exact","points":1,"first":"NaN","first_epoch":0,"last":"NaN","last_epoch":0,"doubtful":0}]}`
	if err != nil || string(b) != want {
		t.Errorf("%s, error %v, want\n%s", b, err, want)
	}
}

func TestSparkPath(t *testing.T) {
	for _, test := range []struct {
		epochs []int
		values []float64
		want   string
	}{
		{[]int{0, 1, 3}, []float64{1, 10, 100}, "M0.0 14.0L28.0 7.0L56.0 0.0"}, // log over log1p
		{[]int{0, 1, 3}, []float64{-1, 0, 1}, "M0.0 14.0L28.0 7.0L56.0 0.0"},
		{[]int{0, 1, 3}, []float64{5, math.NaN(), 5}, "M0.0 7.0M56.0 7.0"},
		{[]int{4}, []float64{math.Inf(1)}, ""},
	} {
		if got := figure.SparkPath(&series.Curve{Epochs: test.epochs, Values: test.values}); got != test.want {
			t.Errorf("%v over %v: %s, want %s", test.values, test.epochs, got, test.want)
		}
	}
}

func TestPagesDeclareThePalette(t *testing.T) {
	page := string(runPage(t, series.NewTable(series.Header{Run: "empty"})))
	for _, dark := range []bool{false, true} {
		if strings.Count(page, figure.PaletteCSS(dark)) != 1 {
			t.Errorf("the page does not declare the shades, dark %v", dark)
		}
	}
}

func TestRunsOfOneNameAreToldApart(t *testing.T) {
	a, b, c := ended(nil, 1, nil), ended(nil, 1, nil), ended(nil, 2, nil)
	ids := runset.IDs([]*series.Table{a, b, c})
	if ids[a] == ids[b] || ids[b] == ids[c] || ids[a] == ids[c] {
		t.Errorf("ids %v", ids)
	}
	if again := runset.IDs([]*series.Table{a, b, c}); again[b] != ids[b] {
		t.Errorf("the ids of the same runs are %q and %q", ids[b], again[b])
	}
}

func TestOutcomesAreDrawnApart(t *testing.T) {
	f, declined := outcome(trainedRun(64, 1, 2600))
	if f == nil {
		t.Fatal(declined)
	}
	for name, last := range map[string]float64{"correct, max": 2600, "misclassified, max": 2600} {
		s := seriesNamed(f, name)
		if len(s) != 1 {
			t.Fatalf("%s: %d curves", name, len(s))
		}
		end := s[0].Rows[len(s[0].Rows)-1][0]
		if strings.HasPrefix(name, "correct") && end != last ||
			strings.HasPrefix(name, "mis") && (end >= last || end < 2000) {
			t.Errorf("%s ends at epoch %v", name, end)
		}
	}

	if _, declined := outcome(deepRun()); declined != "needs probe points with labels" {
		t.Errorf("declined: %s", declined)
	}
}
