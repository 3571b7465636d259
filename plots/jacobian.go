package plots

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// binRatio is the ratio of a histogram bin's edges. The tracker's edges are 10^(k/20).
var binRatio = math.Pow(10, 1.0/20)

// jacobian draws the distribution of the network's Jacobian norm over the probe points.
func jacobian(t *series.Table) (*figure.Figure, string) {
	return jacobianOf(t, "")
}

// jacobianVariants draws the same chart for every other function, prefix of the layers or norm that
// was measured at all probe points.
func jacobianVariants(t *series.Table) []*figure.Figure {
	var figures []*figure.Figure
	for i, label := range t.Labels(series.LowerBound) {
		// Labels with "on=" are of a part of the probe points; the chart of outcomes draws them.
		if label == "" || strings.Contains(label, "on=") {
			continue
		}
		if f, _ := jacobianOf(t, label); f != nil {
			f.ID, f.Size = fmt.Sprintf("jacobian-%d", i), figure.Half
			f.Title = "Jacobian norms, " + figure.LabelWords(label)
			figures = append(figures, f)
		}
	}
	return figures
}

// jacobianOf draws the distribution of one kind of Jacobian norm as a heat map over epochs, with
// its maximum (a lower bound), its mean and its quantiles. The kind is the part of a label before
// "bin=" or "q="; it is empty for the 2-norm of the network's logits.
func jacobianOf(t *series.Table, kind string) (*figure.Figure, string) {
	p := figure.OverEpochs(figure.JacobianAxis, true)
	if cells := histogram(p, t, kind); len(cells) > 0 {
		p.AddCells("share of probe points", cells)
	}

	p.AddCurve(
		t.Curve(series.LowerBound, kind),
		"maximum",
		figure.BoldStroke(figure.Blue, "circle"),
	)
	mean := figure.Stroke(figure.Vermilion, "diamond", figure.Dashed, 2)
	p.AddCurve(t.Curve(series.JacobianMean, kind), "mean", mean)
	if kind != "" { // the chart of bounds draws the network's own rms
		rms := figure.Stroke(figure.Purple, "emptyCircle", figure.Dashed, 2)
		p.AddCurve(t.Curve(series.JacobianRMS, kind), "rms", rms)
	}

	for i, label := range labelsOf(t, series.JacobianQuantile, kind, "q=") {
		style := figure.Stroke(
			figure.Orange,
			figure.Markers[(i+4)%len(figure.Markers)],
			figure.Dotted,
			1.5,
		)
		p.AddCurve(
			t.Curve(series.JacobianQuantile, label),
			label[strings.LastIndex(label, "q="):],
			style,
		)
	}

	return p.Explain(
		"Each column is the histogram of ‖J(x)‖ over the probe points at that epoch: the " +
			"stronger the shade, the more points. A share q of the points lies below the curve " +
			"of q. The maximum is the lower bound. Where it pulls away from the bulk, a few " +
			"points determine the bound.",
	)
}

// labelsOf lists the labels of a metric that consist of the kind followed by one value of a key.
func labelsOf(t *series.Table, metric, kind, key string) []string {
	if kind != "" {
		kind += ","
	}
	return slices.DeleteFunc(t.Labels(metric), func(label string) bool {
		value, ok := strings.CutPrefix(label, kind+key)
		return !ok || strings.Contains(value, ",")
	})
}

// histogram turns the bins of one kind of Jacobian norm into cells: epoch, norm, share of the probe
// points. Bins at zero cannot be placed on a logarithmic axis and are left out.
func histogram(p *figure.Figure, t *series.Table, kind string) []figure.Row {
	bins := map[float64]*series.Curve{}
	for _, label := range labelsOf(t, series.JacobianHistogram, kind, "bin=") {
		edge, err := strconv.ParseFloat(label[strings.LastIndex(label, "=")+1:], 64)
		if err == nil {
			bins[edge] = t.Curve(series.JacobianHistogram, label)
			p.Drawn = append(p.Drawn, bins[edge])
		}
	}

	edges := slices.Sorted(maps.Keys(bins))
	var epochs []int
	for _, c := range bins {
		epochs = append(epochs, c.Epochs...)
	}
	slices.Sort(epochs)

	var cells []figure.Row
	// The counts of epochs that share a column are added up, so that the share is their mean.
	for _, c := range figure.EpochColumns(slices.Compact(epochs)) {
		counts, total := make([]float64, len(edges)), 0.0
		for i, edge := range edges {
			for _, e := range c.Epochs {
				if n, ok := bins[edge].At(e); ok && query.Finite(n) {
					counts[i] += n
				}
			}
			total += counts[i]
		}

		for i, edge := range edges {
			if counts[i] > 0 && edge > 0 {
				cells = append(
					cells,
					figure.Row{c.From, c.To, edge, edge * binRatio, counts[i] / total},
				)
			}
		}
	}

	return cells
}
