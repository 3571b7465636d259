package view

import (
	"math"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// localCurves draws the bounds on the local constants over the radius: for each of the outputs, the
// largest over the samples. If local constants were not requested, it returns neither a chart nor a
// reason.
func localCurves(r *report.Report) (*figure.Figure, string) {
	if r.Local == nil {
		return nil, ""
	}

	p := figure.LogLog("radius", figure.BoundAxis)
	outputs, curves := r.Local.Largest()
	for k, name := range outputs {
		color := figure.NthStyle(k, series.Certified).Color
		upper, lower := ends(curves[name])
		p.AddLine(name+", certified", upper, figure.Stroke(color, "", figure.Solid, 2))
		p.AddLine(name+", reached", lower, figure.Stroke(color, "", figure.Dotted, 2))
	}

	return p.Explain(
		"How much the outputs can change near a sample, as a multiple of the change of the inputs: the " +
			"largest over the samples in the table, between a Jacobian norm that is reached and a certified bound.",
	)
}

// ends returns the points of the upper and the lower curve that a logarithmic axis can show.
func ends(curve []report.LocalConstant) (upper, lower []figure.Row) {
	for _, c := range curve {
		if c.Upper > 0 && !math.IsInf(float64(c.Upper), 1) {
			upper = append(upper, figure.Row{float64(c.Radius), float64(c.Upper)})
		}

		if c.Lower > 0 {
			lower = append(lower, figure.Row{float64(c.Radius), float64(c.Lower)})
		}
	}
	return upper, lower
}

// localTable lists the local constants.
func localTable(l *report.Local) figure.Table {
	tab := figure.NewTable("local", "Lipschitz constants near samples",
		"Outputs", "Row", "Radius", "Reached", "Certified")
	if l == nil {
		return tab
	}

	tab.Note = "In the 2-norm and the model's units, " + l.Words() + "."
	for _, c := range l.Constants {
		tab.AddRow(
			c.OutputsName(), c.Row, amountCell(c.Radius), amountCell(c.Lower), amountCell(c.Upper),
		)
	}
	return tab
}
