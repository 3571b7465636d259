package plots

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// layers draws the spectral norm of each layer, the factors of the product bound.
func layers(t *series.Table) (*figure.Figure, string) {
	p := layerPlot(t, series.SpectralNorm, true)
	return p.Explain(
		"Largest singular value of each layer's weights, counted from the input. With " +
			"1-Lipschitz activations their product is an upper bound on the Lipschitz constant; " +
			"a layer below 1 contracts.",
	)
}

// stableRank draws each layer's stable rank.
func stableRank(t *series.Table) (*figure.Figure, string) {
	p := layerPlot(t, series.StableRank, false)
	return p.Explain(
		"Squared Frobenius norm divided by squared spectral norm. Near 1, one direction dominates.",
	)
}

// deadUnits draws how many units of each layer, and how many outputs, have slope zero at every
// probe point.
func deadUnits(t *series.Table) (*figure.Figure, string) {
	p := layerPlot(t, series.DeadUnits, false)
	if len(t.Labels(series.DeadUnits)) <= figure.LinesUpTo {
		style := figure.Stroke(figure.Gray, "emptyCircle", figure.Dashed, 2)
		p.AddCurve(t.Curve(series.DeadOutputs, ""), "outputs", style)
	}

	return p.Explain(
		"Units whose slope is zero at every probe point: they do not contribute to the function and " +
			"get no gradient there. Dead outputs are counted over the whole network.",
	)
}

// layerPlot draws one metric of every layer: as lines for a few layers, as a heat map for many.
func layerPlot(t *series.Table, metric string, log bool) *figure.Figure {
	return plotLayers(figure.Words(metric).Axis, log, layerCurves(t, metric))
}

// layerCurves returns the curves of a metric in the order of the layers.
func layerCurves(t *series.Table, metric string) []*series.Curve {
	var curves []*series.Curve
	for _, label := range t.Labels(metric) {
		curves = append(curves, t.Curve(metric, label))
	}
	return curves
}

func plotLayers(value string, log bool, curves []*series.Curve) *figure.Figure {
	if len(curves) > figure.LinesUpTo {
		return layerMap(value, curves)
	}

	p := figure.OverEpochs(value, log)
	for i, c := range curves {
		p.AddCurve(c, figure.CurveName(c), figure.RampStyle(i, len(curves)))
	}
	return p
}

// layerMap draws a row of cells for each curve, the first at the bottom. If several epochs share a
// column, the last is shown.
func layerMap(value string, curves []*series.Curve) *figure.Figure {
	p := figure.OverEpochs("layer", false)
	var cells []figure.Row
	for k, c := range curves {
		p.Drawn = append(p.Drawn, c)
		for _, col := range figure.EpochColumns(c.Epochs) {
			v, _ := c.At(col.Epochs[len(col.Epochs)-1])
			// Layers are counted from 1; each cell reaches half a layer above and below its number.
			cells = append(
				cells,
				figure.Row{col.From, col.To, float64(k) + 0.5, float64(k) + 1.5, v},
			)
		}
	}
	p.AddCells(value, cells)
	return p
}

// shares draws the logarithm of each layer's spectral norm divided by the sum of their absolute
// values: how much each layer contributes to the product bound.
func shares(t *series.Table) (*figure.Figure, string) {
	curves := shareCurves(t)
	if len(curves) < 2 {
		return nil, "needs at least two layers"
	}

	p := plotLayers("share of log-product", false, curves)
	return p.Explain(
		fmt.Sprintf("log σ₁ of each of %d layers over the sum of all |log σ₁|. The shares show which "+
			"layers make the product large. A layer with a negative share contracts.", len(curves)),
	)
}

// shareCurves derives each layer's share at the epochs of the first layer.
func shareCurves(t *series.Table) []*series.Curve {
	norms := layerCurves(t, series.SpectralNorm)
	curves := make([]*series.Curve, len(norms))
	for k, c := range norms {
		curves[k] = &series.Curve{Metric: c.Metric, Label: c.Label, Kind: series.Exact}
	}

	for _, e := range norms[0].Epochs {
		logs, total := make([]float64, len(curves)), 0.0
		for k, c := range norms {
			v, ok := c.At(e)
			// If one layer is missing at an epoch, NaN makes all shares of that epoch NaN.
			if !ok {
				v = math.NaN()
			}
			logs[k] = math.Log(v)
			total += math.Abs(logs[k])
		}

		for k, c := range curves {
			c.Epochs = append(c.Epochs, e)
			c.Values = append(c.Values, logs[k]/total)
		}
	}

	return curves
}
