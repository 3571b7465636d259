package plots

import (
	"fmt"
	"math"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// bounds draws every bound on the Lipschitz constant over epochs, on logarithmic axes. The
// constant lies in the band between the lower bound and the best certified upper bound.
func bounds(t *series.Table) (*Figure, string) {
	p := epochPlot(boundAxis, true)
	lower, upper := t.Curve(series.LowerBound, ""), query.BestCertified(t)
	if lower != nil && upper != nil {
		p.band("the constant lies here", between(lower, upper, p.limit), sky)
	}

	curves := boundCurves(t)
	for _, b := range curves {
		p.curve(b.curve, words(b.curve.Metric).name, b.style)
	}

	for _, b := range curves {
		if fit, ok := query.FitPowerLaw(b.curve.Epochs, b.curve.Values); ok && b.proved() {
			p.line(
				"power-law fits",
				fitLine(fit),
				Style{Color: b.style.Color, Dash: dotted, Width: 1.5, Quiet: true, Hidden: true},
			)
		}
	}

	p.atInitialisation(lower)
	p.atInitialisation(upper)
	if epoch, ok := diverged(t); ok {
		p.verticals("diverged", []Mark{{"NaN or ∞ from epoch " + FormatInt(epoch), float64(epoch)}})
	}

	f, declined := p.read(
		"Both axes are logarithmic, so a power of the epoch is a straight line. Solid lines are proved bounds, " +
			"dashed ones exact statistics of ‖J(x)‖ over the probe points, dotted ones estimates that may err either way. " +
			"The legend switches the power laws of the table on. " +
			"Epoch 0, the network at initialisation, has no place on a logarithmic axis: horizontal lines mark its values.",
	)
	if f != nil {
		f.Table = boundTable(curves)
	}

	return f, declined
}

// A bound is one curve of the chart of bounds.
type bound struct {
	curve *series.Curve
	style Style
}

func (b bound) proved() bool { return b.curve.Kind == series.Lower || b.curve.Kind == series.Certified }

// boundCurves lists the bounds of the whole network in the order of the legend: the lower
// bound, the certified upper bounds from the best on, the statistics, the paper's estimates.
func boundCurves(t *series.Table) []bound {
	var bounds []bound
	add := func(metric, color, marker string, width float32) {
		label := ""
		if labels := t.Labels(metric); metric == series.SearchLowerBound && len(labels) > 0 {
			label = labels[0] // the radius of its balls
		}

		if c := t.Curve(metric, label); c != nil {
			hidden := strings.HasPrefix(metric, "paper_")
			bounds = append(
				bounds,
				bound{c, Style{Color: color, Marker: marker, Dash: dashOf(c.Kind), Width: width, Hidden: hidden}},
			)
		}
	}

	add(series.LowerBound, blue, "circle", 2.5)
	upperColors := []string{vermilion, orange, purple, gray}
	for i, c := range query.CertifiedBounds(t) {
		add(c.Metric, upperColors[i%len(upperColors)], markers[(1+i)%len(markers)], 2.5)
	}

	add(series.ExactLipschitz, ink, "diamond", 2.5)
	add(series.SearchLowerBound, green, "emptyRect", 1.5)
	add(series.AltLowerBound, green, "triangle", 1.5)
	add(series.EnlargedLowerBound, green, "emptyTriangle", 1.5)
	add(series.JacobianMean, sky, "diamond", 1.5)
	add(series.JacobianRMS, purple, "emptyCircle", 1.5)
	add(series.PaperLower, blue, "emptyCircle", 1.5)
	add(series.PaperUpper, vermilion, "emptyRect", 1.5)
	add(series.PaperMean, sky, "emptyDiamond", 1.5)
	add(series.PaperRMS, purple, "emptyTriangle", 1.5)

	return bounds
}

// atInitialisation draws a line at the value of a curve at epoch 0, which a logarithmic axis has no
// place for.
func (f *Figure) atInitialisation(c *series.Curve) {
	if v, ok := c.At(0); ok {
		name := fmt.Sprintf("%s at initialisation, %s", curveName(c), FormatNumber(v))
		f.horizontals(name, []Mark{{name, v}})
	}
}

// between returns the rows of the band from one curve to another, at the epochs of the first
// that are drawn and that both have.
func between(low, high *series.Curve, limit int) []Row {
	var rows []Row
	for _, i := range thin(low.Epochs, low.Values, limit) {
		if v, ok := high.At(low.Epochs[i]); ok {
			rows = append(rows, Row{float64(low.Epochs[i]), low.Values[i], v})
		}
	}
	return rows
}

// fitLine returns the fitted line over its range; straight on logarithmic axes, it needs more than
// its two ends on linear ones.
func fitLine(f query.PowerLaw) []Row {
	const segments = 16
	rows := make([]Row, 0, segments+1)
	for i := range segments + 1 {
		e := float64(f.From) * math.Pow(float64(f.To)/float64(f.From), float64(i)/segments)
		rows = append(rows, Row{e, f.At(e)})
	}
	return rows
}

// boundTable returns the table under the chart of bounds: where each began and ended, and the
// power law it follows.
func boundTable(bounds []bound) *table {
	tab := &table{
		Head: []string{"Bound", "Kind", "At start", "At end", "Growth", "Slope", "R²", "Epochs fitted"},
		Note: "Slope and R²: ordinary least squares of log bound on log epoch, every measured epoch weighing the same, " +
			"over the last half of the logarithm of the epochs.",
	}

	for _, b := range bounds {
		e, ok := query.EndsOf(b.curve)
		if !ok {
			continue
		}

		cells := []cell{
			text(words(b.curve.Metric).name),
			text(string(b.curve.Kind)),
			number(e.First),
			number(e.Last),
			factor(e.Growth()),
		}

		if fit, ok := query.FitPowerLaw(b.curve.Epochs, b.curve.Values); ok {
			cells = append(
				cells,
				number(fit.Slope),
				number(fit.R2),
				text(fmt.Sprintf("%s–%s", FormatInt(fit.From), FormatInt(fit.To))),
			)
		} else {
			cells = append(cells, none, none, none)
		}

		tab.Rows = append(tab.Rows, cells)
	}

	return tab
}
