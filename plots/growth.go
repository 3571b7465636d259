package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/derive"
	"github.com/liptrack/liptrack/tracker/series"
)

// growth draws what the lower bound can have become by how far the parameters went, beside what it
// and the product of norms became, over updates.
func growth(t *series.Table) (*figure.Figure, string) {
	e, err := derive.NewEvolution(t)
	if err != nil {
		return nil, err.Error()
	}

	p := figure.New(figure.Axis{Name: "updates", Log: true}, figure.Axis{Name: figure.BoundAxis, Log: true})
	p.AddLine(
		"bound 1, by path length",
		rowsOverSteps(p, e.Epochs, e.Steps, e.Path),
		figure.Stroke(figure.Purple, "triangle", figure.Dotted, 2),
	)
	p.AddLine(
		"bound 2, by B·η·τ",
		rowsOverSteps(p, e.Epochs, e.Steps, e.Updates),
		figure.Stroke(figure.Orange, "rect", figure.Dotted, 2),
	)
	for _, b := range []struct{ metric, color, marker string }{
		{series.UpperProduct, figure.Vermilion, "diamond"}, {series.LowerBound, figure.Blue, "circle"},
	} {
		if c := t.Curve(b.metric, ""); c != nil {
			style := figure.Stroke(b.color, b.marker, figure.DashOf(c.Kind), 2)
			p.AddLine(figure.Words(b.metric).Name, rowsOverSteps(p, c.Epochs, c.Steps, c.Values), style)
		}
	}

	p.Drawn = append(p.Drawn, t.Curve(series.ParameterJacobian, ""), t.Curve(series.DataDiameter, ""))
	return p.Explain(
		"How large the lower bound can have become, from the largest ‖∇θ f(x)‖ so far and how " +
			"far the parameters went (bound 1), or could have gone at the largest gradient norm " +
			"and learning rate so far (bound 2; for plain SGD). Both are estimates: they see the " +
			"recorded epochs and the data only.",
	)
}

// rowsOverSteps returns rows of a curve over its updates, without those before the first.
func rowsOverSteps(f *figure.Figure, epochs, steps []int, values []float64) []figure.Row {
	var rows []figure.Row
	for _, i := range figure.Thin(epochs, values, f.Limit) {
		if steps[i] > 0 {
			rows = append(rows, figure.Row{float64(steps[i]), values[i]})
		}
	}
	return rows
}
