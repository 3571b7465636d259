package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// drift draws how fast gradient flow makes each layer's spectral norm grow, and the standard
// deviation of that speed over mini-batches.
func drift(t *series.Table) (*figure.Figure, string) {
	p := layerPlot(t, series.SingularDrift, false)
	// With more layers layerPlot draws a heat map, which has no room for a second metric.
	noise := layerCurves(t, series.SingularNoise)
	if len(noise) <= figure.LinesUpTo {
		for i, c := range noise {
			style := figure.RampStyle(i, len(noise))
			style.Dash = figure.Dashed
			p.AddCurve(c, "noise, "+figure.CurveName(c), style)
		}
	}

	return p.Explain(
		"Drift −uᵀ∇L v of each layer, where u and v are the top singular vectors of its weights " +
			"and L is the mean training loss: above 0 the gradient makes the spectral norm grow. " +
			"The noise is the standard deviation of uᵀg v over mini-batches with gradient g. Where it " +
			"exceeds the drift, single updates may shrink a norm that grows on average.",
	)
}
