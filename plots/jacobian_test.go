package plots

import (
	"slices"
	"testing"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

func TestHistogramSharesAddUp(t *testing.T) {
	table := trainedRun(64, 1, 1000)
	totals, last := map[float64]float64{}, 0.0
	p := figure.OverEpochs("", true)

	for _, c := range histogram(p, table, "") {
		totals[c[0]] += c[4]
		if !near(c[3]/c[2], binRatio, drawnDigits) {
			t.Fatalf("a bin from %v to %v", c[2], c[3])
		}
		last = max(last, c[1])
	}
	if len(totals) < 60 || len(totals) > 120 {
		t.Errorf("%d columns, want about %d", len(totals), figure.Columns)
	}
	for from, total := range totals {
		if !near(total, 1, fitTolerance) {
			t.Errorf("the column from %v holds %v of the points", from, total)
		}
	}
	if len(p.Drawn) != len(table.Labels(series.JacobianHistogram)) {
		t.Errorf("%d of %d bins drawn", len(p.Drawn), len(table.Labels(series.JacobianHistogram)))
	}
}

func TestKindsOfJacobianNormsAreKeptApart(t *testing.T) {
	table := series.NewTable(series.Header{})
	for _, label := range []string{"q=0.5", "q=0.95", "of=softmax,q=0.5", "of=softmax,norm=1,q=0.5", "upto=1,q=0.5"} {
		table.Add(
			series.Point{Epoch: 1, Sample: series.Sample{Metric: series.JacobianQuantile, Label: label, Value: 1}},
		)
	}

	for kind, want := range map[string][]string{
		"": {"q=0.5", "q=0.95"}, "of=softmax": {"of=softmax,q=0.5"}, "of=softmax,norm=1": {"of=softmax,norm=1,q=0.5"}, "norm=1": nil,
	} {
		if got := labelsOf(table, series.JacobianQuantile, kind, "q="); !slices.Equal(got, want) {
			t.Errorf("kind %q: %q, want %q", kind, got, want)
		}
	}
}

func TestSharesOfTheProductAddUp(t *testing.T) {
	for _, table := range []*series.Table{trainedRun(64, 1, 50), deepRun()} {
		curves := shareCurves(table)
		for i := range curves[0].Values {
			total := 0.0
			for _, c := range curves {
				total += max(c.Values[i], -c.Values[i])
			}
			if !near(total, 1, fitTolerance) {
				t.Fatalf("shares at epoch %d add up to %v", curves[0].Epochs[i], total)
			}
		}
	}
}
