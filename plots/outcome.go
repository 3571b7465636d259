package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// outcome draws Jacobian norms over the probe points that the network classifies correctly, and
// over those that it misclassifies.
func outcome(t *series.Table) (*figure.Figure, string) {
	p := figure.OverEpochs(figure.JacobianAxis, true)
	for _, part := range []struct{ name, color, marker string }{
		{"misclassified", figure.Vermilion, "rect"},
		{"correct", figure.Blue, "circle"},
	} {
		for _, of := range []struct{ metric, name, dash string }{
			{series.LowerBound, "max", figure.Solid},
			{series.JacobianMean, "mean", figure.Dashed},
			{series.JacobianRMS, "rms", figure.Dotted},
		} {
			style := figure.Stroke(part.color, part.marker, of.dash, 2)
			style.Hidden = of.metric == series.JacobianRMS
			p.AddCurve(t.Curve(of.metric, "on="+part.name), part.name+", "+of.name, style)
		}
	}

	if len(p.Drawn) == 0 {
		return nil, "needs probe points with labels"
	}

	return p.Explain(
		"Jacobian norms at the probe points classified correctly and at the others. Where the " +
			"misclassified curves are higher, the network is steeper around its mistakes. An empty " +
			"group leaves a gap.",
	)
}
