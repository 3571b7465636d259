package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/derive"
	"github.com/liptrack/liptrack/tracker/series"
)

// growth draws, over updates, how large the lower bound could have become given how far the
// parameters moved, next to the lower bound and the product of norms themselves.
func growth(t *series.Table) (*figure.Figure, string) {
	e, err := derive.NewEvolution(t)
	if err != nil {
		return nil, err.Error()
	}

	p := figure.LogLog("updates", figure.BoundAxis)
	draw := func(name string, epochs, steps []int, values []float64, style figure.Style) {
		var rows []figure.Row
		for _, i := range figure.Thin(epochs, values, p.Limit) {
			if steps[i] > 0 { // step 0 cannot be placed on a logarithmic axis
				rows = append(rows, figure.Row{float64(steps[i]), values[i]})
			}
		}
		p.AddLine(name, rows, style)
	}

	path := figure.Stroke(figure.Purple, "triangle", figure.Dotted, 2)
	updates := figure.Stroke(figure.Orange, "rect", figure.Dotted, 2)
	draw("bound 1, by path length", e.Epochs, e.Steps, e.Path, path)
	draw("bound 2, by B·η·τ", e.Epochs, e.Steps, e.Updates, updates)
	for _, b := range []struct{ metric, color, marker string }{
		{
			series.UpperProduct,
			figure.Vermilion,
			"diamond",
		}, {series.LowerBound, figure.Blue, "circle"},
	} {
		if c := t.Curve(b.metric, ""); c != nil {
			style := figure.Stroke(b.color, b.marker, figure.DashOf(c.Kind), 2)
			draw(figure.Words(b.metric).Name, c.Epochs, c.Steps, c.Values, style)
		}
	}

	// The bounds are made of these two, so rest need not draw them again.
	p.Drawn = append(
		p.Drawn,
		t.Curve(series.ParameterJacobian, ""),
		t.Curve(series.DataDiameter, ""),
	)
	return p.Explain(
		"How large the lower bound could have become, given the largest ‖∇θ f(x)‖ so far and how " +
			"far the parameters moved (bound 1), or could have moved at the largest gradient norm " +
			"and learning rate so far (bound 2; for plain SGD). Both are estimates: they only see " +
			"the recorded epochs and the data.",
	)
}
