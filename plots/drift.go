package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// drift draws how fast gradient flow makes the spectral norm of each layer grow, and the deviation
// of that speed between mini-batches.
func drift(t *series.Table) (*figure.Figure, string) {
	p := layerPlot(t, series.SingularDrift, false)
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
			"Its noise is the standard deviation of uᵀg v over mini-batches of gradient g; where " +
			"noise is the larger, single updates may shrink what drift makes grow.",
	)
}
