package plots

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

// linesUpTo is the largest number of layers drawn as lines; more are drawn as a heat map.
const linesUpTo = 8

// layers draws the spectral norm of each layer: the factors of the product bound.
func layers(t *series.Table) (*Figure, string) {
	p := layerPlot(t, series.SpectralNorm, true)
	return p.read(
		"Largest singular value of each layer's weights, counted from the input. With 1-Lipschitz activations their product " +
			"is an upper bound on the Lipschitz constant; a layer below 1 contracts.",
	)
}

// stableRank draws the stable rank of each layer.
func stableRank(t *series.Table) (*Figure, string) {
	p := layerPlot(t, series.StableRank, false)
	return p.read("Squared Frobenius over squared spectral norm of each layer: near 1, one direction dominates.")
}

// deadUnits draws how many units of each layer have slope zero at every probe point, and how
// many outputs.
func deadUnits(t *series.Table) (*Figure, string) {
	p := layerPlot(t, series.DeadUnits, false)
	if len(t.Labels(series.DeadUnits)) <= linesUpTo {
		p.curve(
			t.Curve(series.DeadOutputs, ""),
			"outputs",
			Style{Color: gray, Marker: "emptyCircle", Dash: dashed, Width: 2},
		)
	}
	return p.read(
		"Units whose slope is zero at every probe point: they take no part in the function and get no gradient. Outputs likewise, " +
			"of the whole network.",
	)
}

// layerPlot draws one metric of every layer: lines for a few, a heat map for many.
func layerPlot(t *series.Table, metric string, log bool) *Figure {
	labels := t.Labels(metric)
	if len(labels) <= linesUpTo {
		p := epochPlot(words(metric).axis, log)
		for i, label := range labels {
			c := t.Curve(metric, label)
			p.curve(c, curveName(c), rampStyle(i, len(labels)))
		}

		return p
	}

	curves := make([]*series.Curve, len(labels))
	for i, label := range labels {
		curves[i] = t.Curve(metric, label)
	}

	return layerMap(words(metric).axis, curves)
}

// layerMap draws a row of cells for each curve, the first at the bottom. Of the epochs that
// share a column, the last is shown.
func layerMap(value string, curves []*series.Curve) *Figure {
	p := epochPlot("layer", false)
	var cells []Row
	for k, c := range curves {
		p.drawn = append(p.drawn, c)
		for _, col := range epochColumns(c.Epochs) {
			v, _ := c.At(col.epochs[len(col.epochs)-1])
			cells = append(cells, Row{col.from, col.to, float64(k) + 0.5, float64(k) + 1.5, v})
		}
	}
	p.cells(value, cells)
	return p
}

// shares draws the logarithm of each layer's spectral norm over the sum of their absolute
// values: how much of the product bound is due to which layer.
func shares(t *series.Table) (*Figure, string) {
	curves := shareCurves(t)
	if len(curves) < 2 {
		return nil, "needs at least two layers"
	}

	const axis = "share of log-product"
	p := epochPlot(axis, false)
	for i, c := range curves {
		p.curve(c, curveName(c), rampStyle(i, len(curves)))
	}

	if len(curves) > linesUpTo {
		p = layerMap(axis, curves)
	}

	return p.read(
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
				v = nan
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
