package plots

import (
	"fmt"
	"math"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// bounds draws every bound on the Lipschitz constant over epochs, on logarithmic axes. The constant
// lies in the band between the lower bound and the best certified upper bound.
func bounds(t *series.Table) (*figure.Figure, string) {
	p := figure.OverEpochs(figure.BoundAxis, true)
	lower, upper := t.Curve(series.LowerBound, ""), query.BestCertified(t)
	if lower != nil && upper != nil {
		p.AddBand("the constant lies here", rowsOfBoth(lower, upper, p.Limit), figure.Sky)
	}

	curves := boundCurves(t)
	for _, b := range curves {
		p.AddCurve(b.curve, figure.Words(b.curve.Metric).Name, b.style)
	}

	// A second loop, so that the fits come after all bounds in the legend.
	for _, b := range curves {
		fit, ok := query.FitPowerLaw(b.curve.Epochs, b.curve.Values)
		if ok && b.proved() {
			style := figure.Stroke(b.style.Color, "", figure.Dotted, 1.5).Quietly()
			style.Hidden = true
			p.AddLine("power-law fits", fitLine(fit), style)
		}
	}

	markInitialisation(p, lower)
	markInitialisation(p, upper)
	if epoch, ok := runset.Diverged(t); ok {
		name := "NaN or ∞ from epoch " + figure.FormatInt(epoch)
		p.AddVerticals("diverged", figure.Mark{Name: name, Value: float64(epoch)})
	}

	p.Table = boundTable(curves)
	return p.Explain(
		"Both axes are logarithmic, so a power of the epoch is a straight line. Solid lines are " +
			"proved bounds. Dashed lines are exact statistics of ‖J(x)‖ over the probe points. Dotted " +
			"lines are estimates, which may be too high or too low. The legend can show the power " +
			"laws of the table. Epoch 0, the network at initialisation, cannot be placed on a " +
			"logarithmic axis; horizontal lines mark its values.",
	)
}

// A bound is one curve of the chart of bounds.
type bound struct {
	curve *series.Curve
	style figure.Style
}

func (b bound) proved() bool {
	return b.curve.Kind == series.Lower || b.curve.Kind == series.Certified
}

// boundCurves lists the bounds of the whole network in the order of the legend: the lower bound,
// the certified upper bounds starting with the best, the statistics, the paper's estimates.
func boundCurves(t *series.Table) []bound {
	var bounds []bound
	add := func(metric, color, marker string, width float32) {
		label := ""
		labels := t.Labels(metric)
		if metric == series.SearchLowerBound && len(labels) > 0 {
			label = labels[0] // every label is a radius of the search; the first stands for all
		}

		if c := t.Curve(metric, label); c != nil {
			style := figure.Stroke(color, marker, figure.DashOf(c.Kind), width)
			// The paper's estimates would crowd the chart; the legend can show them.
			style.Hidden = strings.HasPrefix(metric, "paper_")
			bounds = append(bounds, bound{c, style})
		}
	}

	add(series.LowerBound, figure.Blue, "circle", 2.5)
	upperColors := []string{figure.Vermilion, figure.Orange, figure.Purple, figure.Gray}
	for i, c := range query.CertifiedBounds(t) {
		add(
			c.Metric,
			upperColors[i%len(upperColors)],
			figure.Markers[(1+i)%len(figure.Markers)],
			2.5,
		)
	}

	add(series.ExactLipschitz, figure.Ink, "diamond", 2.5)
	add(series.SearchLowerBound, figure.Green, "emptyRect", 1.5)
	add(series.AltLowerBound, figure.Green, "triangle", 1.5)
	add(series.EnlargedLowerBound, figure.Green, "emptyTriangle", 1.5)
	add(series.JacobianMean, figure.Sky, "diamond", 1.5)
	add(series.JacobianRMS, figure.Purple, "emptyCircle", 1.5)
	add(series.PaperLower, figure.Blue, "emptyCircle", 1.5)
	add(series.PaperUpper, figure.Vermilion, "emptyRect", 1.5)
	add(series.PaperMean, figure.Sky, "emptyDiamond", 1.5)
	add(series.PaperRMS, figure.Purple, "emptyTriangle", 1.5)

	return bounds
}

// markInitialisation draws a horizontal line at the value of a curve at epoch 0, which cannot be
// placed on a logarithmic axis.
func markInitialisation(f *figure.Figure, c *series.Curve) {
	if v, ok := c.At(0); ok {
		name := fmt.Sprintf("%s at initialisation, %s",
			figure.CurveName(c), figure.FormatNumber(v))
		f.AddHorizontal(name, v)
	}
}

// rowsOfBoth returns rows of an epoch, the value of c and the value of other, at the drawn epochs
// of c that other has too.
func rowsOfBoth(c, other *series.Curve, limit int) []figure.Row {
	var rows []figure.Row
	for _, i := range figure.Thin(c.Epochs, c.Values, limit) {
		if v, ok := other.At(c.Epochs[i]); ok {
			rows = append(rows, figure.Row{float64(c.Epochs[i]), c.Values[i], v})
		}
	}
	return rows
}

// fitLine returns the fitted curve over its range. It is straight on logarithmic axes, but pages
// can switch to linear ones, where two points are not enough.
func fitLine(f query.PowerLaw) []figure.Row {
	const segments = 16
	rows := make([]figure.Row, 0, segments+1)
	for i := range segments + 1 {
		e := float64(f.From) * math.Pow(float64(f.To)/float64(f.From), float64(i)/segments)
		rows = append(rows, figure.Row{e, f.At(e)})
	}
	return rows
}

// boundTable returns the table under the chart of bounds: where each bound began and ended, and the
// power law it follows.
func boundTable(bounds []bound) *figure.Table {
	tab := &figure.Table{
		Head: []string{
			"Bound",
			"Kind",
			"At start",
			"At end",
			"Growth",
			"Slope",
			"R²",
			"Epochs fitted",
		},
		Note: "Slope and R²: ordinary least squares of log bound on log epoch over the last half of " +
			"the logarithmic epoch axis. Every measured epoch has the same weight.",
	}

	for _, b := range bounds {
		e, ok := query.EndsOf(b.curve)
		if !ok {
			continue
		}

		law := []any{figure.None, figure.None, figure.None}
		if fit, ok := query.FitPowerLaw(b.curve.Epochs, b.curve.Values); ok {
			law = []any{
				fit.Slope,
				fit.R2,
				figure.FormatInt(fit.From) + "–" + figure.FormatInt(fit.To),
			}
		}

		row := []any{
			figure.Words(b.curve.Metric).Name,
			b.curve.Kind,
			e.First,
			e.Last,
			figure.Factor(e.Growth()),
		}
		tab.AddRow(append(row, law...)...)
	}

	return tab
}
