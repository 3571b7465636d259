package plots

import (
	"github.com/liptrack/liptrack/tracker/derive"
	"github.com/liptrack/liptrack/tracker/series"
)

// growth draws what the way of the parameters allows the lower bound to become, beside what it and
// the product of norms became, over updates.
func growth(t *series.Table) (*Figure, string) {
	e, err := derive.NewEvolution(t)
	if err != nil {
		return nil, err.Error()
	}

	p := newPlot(Axis{Name: "updates", Log: true}, Axis{Name: boundAxis, Log: true})
	p.line(
		"bound 1, by path length",
		p.overSteps(e.Epochs, e.Steps, e.Path),
		Style{Color: purple, Marker: "triangle", Dash: dotted, Width: 2},
	)
	p.line(
		"bound 2, by B·η·τ",
		p.overSteps(e.Epochs, e.Steps, e.Updates),
		Style{Color: orange, Marker: "rect", Dash: dotted, Width: 2},
	)
	for _, b := range []struct{ metric, color, marker string }{
		{series.UpperProduct, vermilion, "diamond"}, {series.LowerBound, blue, "circle"},
	} {
		if c := t.Curve(b.metric, ""); c != nil {
			style := Style{Color: b.color, Marker: b.marker, Dash: dashOf(c.Kind), Width: 2}
			p.line(words(b.metric).name, p.overSteps(c.Epochs, c.Steps, c.Values), style)
		}
	}

	p.drawn = append(p.drawn, t.Curve(series.ParameterJacobian, ""), t.Curve(series.DataDiameter, ""))
	return p.read(
		"How large the lower bound can have become, from the largest ‖∇θ f(x)‖ so far and how far the parameters went " +
			"(bound 1), or could have gone at the largest gradient norm and learning rate so far (bound 2; for plain SGD). " +
			"Both are estimates: they see the recorded epochs and the data only.",
	)
}

// overSteps returns rows of a curve over its updates, without those before the first.
func (f *Figure) overSteps(epochs, steps []int, values []float64) []Row {
	var rows []Row
	for _, i := range thin(epochs, values, f.limit) {
		if steps[i] > 0 {
			rows = append(rows, Row{float64(steps[i]), values[i]})
		}
	}
	return rows
}
