package plots

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// layers draws the spectral norm of each layer: the factors of the product bound.
func layers(t *series.Table) (*figure.Figure, string) {
	p := layerPlot(t, series.SpectralNorm, true)
	return p.Explain(
		"Largest singular value of each layer's weights, counted from the input. With " +
			"1-Lipschitz activations their product is an upper bound on the Lipschitz constant; " +
			"a layer below 1 contracts.",
	)
}

// stableRank draws the stable rank of each layer.
func stableRank(t *series.Table) (*figure.Figure, string) {
	p := layerPlot(t, series.StableRank, false)
	return p.Explain("Squared Frobenius over squared spectral norm of each layer: near 1, one direction dominates.")
}

// deadUnits draws how many units of each layer have slope zero at every probe point, and how
// many outputs.
func deadUnits(t *series.Table) (*figure.Figure, string) {
	p := layerPlot(t, series.DeadUnits, false)
	if len(t.Labels(series.DeadUnits)) <= figure.LinesUpTo {
		p.AddCurve(
			t.Curve(series.DeadOutputs, ""),
			"outputs",
			figure.Stroke(figure.Gray, "emptyCircle", figure.Dashed, 2),
		)
	}

	return p.Explain(
		"Units whose slope is zero at every probe point: they take no part in the function and " +
			"get no gradient. Outputs likewise, of the whole network.",
	)
}

// layerPlot draws one metric of every layer: lines for a few, a heat map for many.
func layerPlot(t *series.Table, metric string, log bool) *figure.Figure {
	labels := t.Labels(metric)
	if len(labels) <= figure.LinesUpTo {
		p := figure.OverEpochs(figure.Words(metric).Axis, log)
		for i, label := range labels {
			c := t.Curve(metric, label)
			p.AddCurve(c, figure.CurveName(c), figure.RampStyle(i, len(labels)))
		}

		return p
	}

	curves := make([]*series.Curve, len(labels))
	for i, label := range labels {
		curves[i] = t.Curve(metric, label)
	}

	return layerMap(figure.Words(metric).Axis, curves)
}

// layerMap draws a row of cells for each curve, the first at the bottom. Of the epochs that
// share a column, the last is shown.
func layerMap(value string, curves []*series.Curve) *figure.Figure {
	p := figure.OverEpochs("layer", false)
	var cells []figure.Row
	for k, c := range curves {
		p.Drawn = append(p.Drawn, c)
		for _, col := range figure.EpochColumns(c.Epochs) {
			v, _ := c.At(col.Epochs[len(col.Epochs)-1])
			cells = append(cells, figure.Row{col.From, col.To, float64(k) + 0.5, float64(k) + 1.5, v})
		}
	}
	p.AddCells(value, cells)
	return p
}

// shares draws the logarithm of each layer's spectral norm over the sum of their absolute
// values: how much of the product bound is due to which layer.
func shares(t *series.Table) (*figure.Figure, string) {
	curves := shareCurves(t)
	if len(curves) < 2 {
		return nil, "needs at least two layers"
	}

	const axis = "share of log-product"
	p := figure.OverEpochs(axis, false)
	for i, c := range curves {
		p.AddCurve(c, figure.CurveName(c), figure.RampStyle(i, len(curves)))
	}

	if len(curves) > figure.LinesUpTo {
		p = layerMap(axis, curves)
	}

	return p.Explain(
		fmt.Sprintf("log σ₁ of each of %d layers over the sum of all |log σ₁|: which layers make the product large. "+
			"A negative share belongs to a layer that contracts.", len(curves)),
	)
}

// shareCurves derives the share of each layer at the epochs of the first layer.
func shareCurves(t *series.Table) []*series.Curve {
	var curves []*series.Curve
	for _, label := range t.Labels(series.SpectralNorm) {
		curves = append(curves, &series.Curve{Metric: series.SpectralNorm, Label: label, Kind: series.Exact})
	}

	for _, e := range t.Curve(series.SpectralNorm, curves[0].Label).Epochs {
		logs, total := make([]float64, len(curves)), 0.0
		for k, c := range curves {
			v, ok := t.Curve(series.SpectralNorm, c.Label).At(e)
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
