package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// tightness draws every other proved bound divided by the lower bound. The constant, also divided
// by the lower bound, lies between 1 and the lowest certified curve.
func tightness(t *series.Table) (*figure.Figure, string) {
	lower := t.Curve(series.LowerBound, "")
	if lower == nil {
		return nil, "needs " + series.LowerBound + ", which was not recorded"
	}

	p := figure.OverEpochs("bound / lower bound", true)
	for _, b := range boundCurves(t) {
		if b.curve != lower && b.proved() {
			rows := rowsOfBoth(b.curve, lower, p.Limit)
			for i, r := range rows {
				rows[i] = figure.Row{r[0], r[1] / r[2]}
			}
			p.AddLine(figure.Words(b.curve.Metric).Name, rows, b.style)
		}
	}

	p.AddHorizontal("lower bound", 1)
	return p.Explain(
		"Every proved bound divided by the lower bound. A bound is tight where its curve is near " +
			"1. The constant lies between 1 and the lowest curve above it.",
	)
}
