package plots

import (
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// curvePoints is the most points drawn of a curve on the page of a run.
const curvePoints = 2000

// newPlot returns an empty figure with the given axes.
func newPlot(x, y Axis) *Figure { return &Figure{X: x, Y: y, limit: curvePoints} }

// epochPlot returns an empty figure over epochs, which start on a logarithmic axis.
func epochPlot(y string, log bool) *Figure {
	p := newPlot(Axis{Name: "epoch", Log: true}, Axis{Name: y, Log: log})
	p.Epochs = true
	return p
}

// curve draws a series curve: thinned, with gaps where it is NaN or infinite, and with every
// drawn point that carries a warning marked as doubtful. A nil curve is left out.
func (f *Figure) curve(c *series.Curve, name string, s Style) {
	if c == nil {
		return
	}

	f.drawn = append(f.drawn, c)
	var rows, doubtful []Row
	for _, i := range thin(c.Epochs, c.Values, f.limit) {
		r := Row{float64(c.Epochs[i]), c.Values[i]}
		rows = append(rows, r)
		if c.Warnings[i] != "" {
			doubtful = append(doubtful, r)
		}
	}

	f.line(name, rows, s)
	if len(doubtful) > 0 && len(doubtful) < len(rows)/2 {
		f.dots("doubtful", doubtful, gray)
	}
}

// line draws rows of x and y; nothing where none of them can be drawn.
func (f *Figure) line(name string, rows []Row, s Style) {
	if slices.ContainsFunc(rows, Row.drawable) {
		f.add(Series{Name: name, Shape: Line, Rows: rows, Columns: []string{f.X.Name, f.Y.Name}, Style: s})
	}
}

// dots draws rows of x and y as hollow markers, without saying more of them in tooltips.
func (f *Figure) dots(name string, rows []Row, color string) {
	f.add(Series{Name: name, Shape: Dots, Rows: rows, Columns: []string{f.X.Name, f.Y.Name},
		Style: Style{Color: color, Marker: "emptyDiamond", Quiet: true}})
}

// band fills the area between the second and the third number of each row over the first.
func (f *Figure) band(name string, rows []Row, color string) {
	f.add(
		Series{
			Name:    name,
			Shape:   Band,
			Rows:    rows,
			Columns: []string{f.X.Name, "low", "high"},
			Style:   Style{Color: color, Quiet: true},
		},
	)
}

// cells draws a heat map: of each row, the fifth number as a shade of the rectangle given by
// the first four.
func (f *Figure) cells(name string, rows []Row) {
	f.add(
		Series{
			Name:    name,
			Shape:   Cells,
			Rows:    rows,
			Columns: []string{f.X.Name, f.X.Name + " to", f.Y.Name, f.Y.Name + " to", name},
			Style:   Style{Color: heat},
		},
	)
}

// verticals draws marks at values of x, horizontals at values of y.
func (f *Figure) verticals(name string, marks []Mark)   { f.marks(name, marks, true) }
func (f *Figure) horizontals(name string, marks []Mark) { f.marks(name, marks, false) }

func (f *Figure) marks(name string, marks []Mark, vertical bool) {
	marks = slices.DeleteFunc(slices.Clone(marks), func(m Mark) bool { return !query.Finite(m.Value) })
	if len(marks) > 0 {
		f.add(
			Series{
				Name:     name,
				Shape:    Marks,
				Marks:    marks,
				Vertical: vertical,
				Style:    Style{Color: gray, Dash: dashed, Width: 1, Quiet: true},
			},
		)
	}
}

func (f *Figure) add(s Series) { f.Series = append(f.Series, s) }

// read closes the figure with a sentence or two on how to read it. It declines where nothing
// finite was drawn.
func (f *Figure) read(reading string) (*Figure, string) {
	drawable := func(s Series) bool { return !s.Quiet && slices.ContainsFunc(s.Rows, Row.drawable) }
	if !slices.ContainsFunc(f.Series, drawable) {
		return nil, "every recorded value is NaN or infinite"
	}
	f.Reading = reading
	return f, ""
}
