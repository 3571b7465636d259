package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// tightness draws every other bound divided by the lower bound. The constant divided by the
// lower bound lies between 1 and the lowest curve above 1 that is certified.
func tightness(t *series.Table) (*figure.Figure, string) {
	lower := t.Curve(series.LowerBound, "")
	if lower == nil {
		return nil, "needs " + series.LowerBound + ", which was not recorded"
	}

	p := figure.OverEpochs("bound / lower bound", true)
	for _, b := range boundCurves(t) {
		if b.curve != lower && b.proved() {
			p.AddLine(figure.Words(b.curve.Metric).Name, ratio(b.curve, lower, p.Limit), b.style)
		}
	}

	p.AddHorizontal("lower bound", 1)
	return p.Explain(
		"Every proved bound divided by the lower bound: tight where its curve is near 1. The " +
			"constant lies between 1 and the lowest curve above.",
	)
}

// ratio returns the rows of one curve over another, at the epochs of the first that are drawn
// and that both have.
func ratio(over, under *series.Curve, limit int) []figure.Row {
	var rows []figure.Row
	for _, i := range figure.Thin(over.Epochs, over.Values, limit) {
		if v, ok := under.At(over.Epochs[i]); ok {
			rows = append(rows, figure.Row{float64(over.Epochs[i]), over.Values[i] / v})
		}
	}
	return rows
}
