package plots

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

// curveOf is a table with one curve over epochs 0, 1, 2, ...
func curveOf(metric string, kind series.Kind, values ...float64) *series.Table {
	t := series.NewTable(series.Header{Config: map[string]string{}})
	addCurve(t, metric, kind, values...)
	return t
}

func addCurve(t *series.Table, metric string, kind series.Kind, values ...float64) {
	for e, v := range values {
		t.Add(series.Point{Epoch: e, Sample: series.Sample{Metric: metric, Value: series.Float(v), Kind: kind}})
	}
}

func TestBestCertifiedIsTheSmallestAtTheEnd(t *testing.T) {
	table := curveOf(series.UpperProduct, series.Certified, 1, 9)
	addCurve(table, "upper_tight", series.Certified, 5, 6)
	addCurve(table, "upper_guess", series.Estimate, 1, 2)
	addCurve(table, "upper_broken", series.Certified, 1, math.NaN())
	table.Add(series.Point{Epoch: 1, Sample: series.Sample{Metric: "upper_prefix", Label: "upto=1", Value: 1, Kind: series.Certified}})
	if best := bestCertified(table); best == nil || best.Metric != "upper_tight" {
		t.Errorf("best certified bound %+v", best)
	}
	if best := bestCertified(curveOf("upper_guess", series.Estimate, 1)); best != nil {
		t.Errorf("an estimate passed for certified: %+v", best)
	}
}

func TestEndsSkipGaps(t *testing.T) {
	table := curveOf("m", series.Exact, math.NaN(), 2, 8, math.Inf(1))
	if e, ok := endsOf(table.Curve("m", "")); !ok || e != (ends{2, 8, 1, 2}) || e.growth() != 4 {
		t.Errorf("%+v, %v", e, ok)
	}
	if _, ok := endsOf(curveOf("m", series.Exact, math.NaN()).Curve("m", "")); ok {
		t.Error("a curve without finite values has ends")
	}
	if _, ok := endsOf(nil); ok {
		t.Error("no curve has ends")
	}
}

func TestFinalGapIsOfOneEpoch(t *testing.T) {
	table := curveOf(series.LowerBound, series.Lower, 1, 2, math.NaN())
	addCurve(table, series.UpperProduct, series.Certified, 1, 5)
	if gap := finalGap(table); gap != 2.5 {
		t.Errorf("gap %v, want 5/2 of epoch 1", gap)
	}
	addCurve(table, "upper_sparse", series.Certified, 3)
	if gap := finalGap(table); !math.IsNaN(gap) {
		t.Errorf("gap %v between bounds of epochs 0 and 1", gap)
	}
}

func TestStatus(t *testing.T) {
	for _, test := range []struct {
		name      string
		config    map[string]string
		loss      []float64
		truncated bool
		want      string
	}{
		{"all epochs", map[string]string{"stop.epochs": "2"}, []float64{3, 2, 1}, false, "completed"},
		{"epochs unknown", nil, []float64{3, 2, 1}, false, "completed"},
		{"fewer epochs", map[string]string{"stop.epochs": "5"}, []float64{3, 2, 1}, false, "unfinished"},
		{"cut short", nil, []float64{3, 2, 1}, true, "unfinished"},
		{"target", map[string]string{"stop.epochs": "5", "stop.train_loss": "1.5"}, []float64{3, 2, 1}, false, "converged"},
		{"target off", map[string]string{"stop.epochs": "2", "stop.train_loss": "0"}, []float64{3, 2, 0}, false, "completed"},
		{"given up", map[string]string{"stop.epochs": "5", "stop.give_up.epochs": "2", "stop.give_up.train_loss": "0.5"}, []float64{3, 2, 1}, false, "gave_up"},
		{"not given up", map[string]string{"stop.epochs": "5", "stop.give_up.epochs": "2", "stop.give_up.train_loss": "1"}, []float64{3, 2, 1}, false, "unfinished"},
		{"not yet given up", map[string]string{"stop.epochs": "5", "stop.give_up.epochs": "3", "stop.give_up.train_loss": "0.5"}, []float64{3, 2, 1}, false, "unfinished"},
		{"diverged", map[string]string{"stop.epochs": "2"}, []float64{3, math.NaN(), math.Inf(1)}, false, "diverged"},
		{"recovered", map[string]string{"stop.epochs": "2"}, []float64{3, math.NaN(), 1}, false, "completed"},
	} {
		table := curveOf(series.TrainLoss, series.Exact, test.loss...)
		table.Header.Config, table.Truncated = test.config, test.truncated
		if got := status(table); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	if epoch, ok := diverged(curveOf(series.TrainLoss, series.Exact, 1, math.NaN(), 2, math.NaN(), math.NaN())); !ok || epoch != 3 {
		t.Errorf("diverged at %d, %v, want the last gap, epoch 3", epoch, ok)
	}
}

func TestWarningsAreGathered(t *testing.T) {
	table := curveOf(series.LowerBound, series.Lower, 1, 2)
	for e, why := range []string{2: "a", 3: "b", 4: "a"} {
		if why != "" {
			table.Add(series.Point{Epoch: e, Sample: series.Sample{Metric: series.LowerBound, Value: 1, Kind: series.Lower, Warning: why}})
		}
	}
	rows := warningTable(table)[0].Rows
	if len(rows) != 2 || rows[0][1].Text != "a" || rows[0][2].Text != "2 of 5" || rows[0][3].Text != "2" || rows[0][4].Text != "4" || rows[1][1].Text != "b" {
		t.Errorf("rows %+v", rows)
	}
	if tables := warningTable(curveOf("m", series.Exact, 1)); tables != nil {
		t.Errorf("warnings of a sound run: %+v", tables)
	}
}
