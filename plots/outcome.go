package plots

import "github.com/liptrack/liptrack/tracker/series"

// outcome draws Jacobian norms over the probe points that the network classifies correctly and
// over the others.
func outcome(t *series.Table) (*Figure, string) {
	p := epochPlot(jacobianAxis, true)
	for _, part := range []struct{ name, color, marker string }{{"misclassified", vermilion, "rect"}, {"correct", blue, "circle"}} {
		label := "on=" + part.name
		p.curve(
			t.Curve(series.LowerBound, label),
			part.name+", max",
			Style{Color: part.color, Marker: part.marker, Dash: solid, Width: 2},
		)
		p.curve(
			t.Curve(series.JacobianMean, label),
			part.name+", mean",
			Style{Color: part.color, Marker: part.marker, Dash: dashed, Width: 2},
		)
		p.curve(t.Curve(series.JacobianRMS, label), part.name+", rms",
			Style{Color: part.color, Marker: part.marker, Dash: dotted, Width: 2, Hidden: true})
	}

	if len(p.drawn) == 0 {
		return nil, "needs probe points with labels"
	}

	return p.read(
		"Jacobian norms of the probe points classified correctly and of the others: where the curves part, the network is steeper " +
			"about its mistakes. A class without points has a gap.",
	)
}

// outcomesOverSeeds draws the mean of either in every setting.
func outcomesOverSeeds(tables []*series.Table) (*Figure, string) {
	return everyLabel(tables, series.JacobianMean, "on=*")
}
