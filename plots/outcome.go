package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/free"
	"github.com/liptrack/liptrack/tracker/series"
)

// outcome draws Jacobian norms over the probe points that the network classifies correctly and
// over the others.
func outcome(t *series.Table) (*figure.Figure, string) {
	p := figure.OverEpochs(figure.JacobianAxis, true)
	for _, part := range []struct{ name, color, marker string }{
		{"misclassified", figure.Vermilion, "rect"},
		{"correct", figure.Blue, "circle"},
	} {
		label := "on=" + part.name
		p.AddCurve(
			t.Curve(series.LowerBound, label),
			part.name+", max",
			figure.Stroke(part.color, part.marker, figure.Solid, 2),
		)
		p.AddCurve(
			t.Curve(series.JacobianMean, label),
			part.name+", mean",
			figure.Stroke(part.color, part.marker, figure.Dashed, 2),
		)
		p.AddCurve(t.Curve(series.JacobianRMS, label), part.name+", rms",
			figure.Style{
				Color:  part.color,
				Marker: part.marker,
				Dash:   figure.Dotted,
				Width:  2,
				Hidden: true,
			})
	}

	if len(p.Drawn) == 0 {
		return nil, "needs probe points with labels"
	}

	return p.Explain(
		"Jacobian norms of the probe points classified correctly and of the others: where the " +
			"curves part, the network is steeper about its mistakes. A class without points has " +
			"a gap.",
	)
}

// outcomesOverSeeds draws the mean of either in every setting.
func outcomesOverSeeds(tables []*series.Table) (*figure.Figure, string) {
	return free.EveryLabel(tables, series.JacobianMean, "on=*")
}
