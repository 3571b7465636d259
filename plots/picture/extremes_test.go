package picture

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// constants returns a run in which every quantity keeps one value.
func constants(width int, v float64) *series.Table {
	t := series.NewTable(series.Header{
		Run: fmt.Sprintf("w%d", width), Seed: 1, Config: map[string]string{"model.hidden": fmt.Sprintf("[%d]", width)},
	})
	for e := range 4 {
		for metric, kind := range map[string]series.Kind{
			series.LowerBound: series.Lower, series.UpperBest: series.Certified, series.TrainLoss: series.Exact, series.TestLoss: series.Exact,
			series.SpectralNorm: series.Exact, series.GradNorm: series.Exact, series.JacobianMean: series.Exact,
		} {
			t.Add(series.Point{Epoch: e, Sample: series.Sample{Metric: metric, Value: series.Float(v), Kind: kind}})
		}
	}
	return t
}

// TestFiguresOfExtremes draws runs whose final values are pairs of extreme numbers, one by one and
// compared.
func TestFiguresOfExtremes(t *testing.T) {
	for i, a := range extremes {
		b := extremes[(i+1)%len(extremes)]
		figures := append(plots.RunFigures(constants(8, a)), plots.PaperPanels([]*series.Table{constants(8, a)})...)
		figures = append(figures, plots.SetFigures([]*series.Table{constants(8, a), constants(16, b)})...)

		for _, f := range figures {
			if f.Dims != nil {
				continue
			}
			picture := string(drawn(t, "f.svg", Options{}, f))
			for _, bad := range []string{"NaN", "Inf", "e+"} {
				if strings.Contains(picture, bad) {
					t.Errorf("%s of %g and %g has %s in its coordinates", f.ID, a, b, bad)
				}
			}
		}
	}
}

// TestRunOfZeroLowerBound draws a run with a lower bound of 0, which a logarithmic axis cannot
// show, and a positive upper bound.
func TestRunOfZeroLowerBound(t *testing.T) {
	table := series.NewTable(series.Header{Run: "deep", Config: map[string]string{"model.hidden": "[8]"}})
	table.Add(series.Point{Sample: series.Sample{Metric: series.LowerBound, Kind: series.Lower}})
	table.Add(series.Point{Sample: series.Sample{Metric: series.UpperBest, Value: 0.537, Kind: series.Certified}})
	for _, f := range append(plots.RunFigures(table), plots.PaperPanels([]*series.Table{table})...) {
		drawn(t, "f.svg", Options{}, f)
		drawn(t, "f.png", Options{}, f)
	}
}

// TestShadesOfExtremes draws heat maps of numbers whose differences overflow or vanish.
func TestShadesOfExtremes(t *testing.T) {
	for _, kind := range []figure.Shape{figure.Cells, figure.Tiles} {
		var rows []figure.Row
		for i, v := range extremes {
			at := float64(i)
			row := figure.Row{at, 0, v}
			if kind == figure.Cells {
				row = figure.Row{at, at + 1, 0, 1, v}
			}
			rows = append(rows, row)
		}

		strength := shape{series: figure.Series{Shape: kind, Rows: rows}}.strengths()
		for _, v := range extremes {
			if s := strength(v); !math.IsNaN(v) && !math.IsInf(v, 0) && !(s >= 0 && s <= 1) {
				t.Errorf("%s: the shade of %g is %g", kind, v, s)
			}
		}
	}
}
