package figure

import (
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// CurvePoints is the maximum number of points drawn of one curve on the page of a run.
const CurvePoints = 2000

// New returns an empty figure with the given axes.
func New(x, y Axis) *Figure {
	return &Figure{
		X:     x,
		Y:     y,
		Limit: CurvePoints,
	}
}

// LogLog returns an empty figure on logarithmic axes.
func LogLog(x, y string) *Figure {
	return New(Axis{Name: x, Log: true}, Axis{Name: y, Log: true})
}

// OverEpochs returns an empty figure over epochs, which start on a logarithmic axis.
func OverEpochs(y string, log bool) *Figure {
	p := New(Axis{Name: "epoch", Log: true}, Axis{Name: y, Log: log})
	p.Epochs = true
	return p
}

// AddCurve draws a curve of the series: thinned, with gaps where it is NaN or infinite, and with
// points that carry a warning marked as doubtful. A nil curve is ignored.
func (f *Figure) AddCurve(c *series.Curve, name string, s Style) {
	if c == nil {
		return
	}

	f.Drawn = append(f.Drawn, c)
	var rows, doubtful []Row
	for _, i := range Thin(c.Epochs, c.Values, f.Limit) {
		r := Row{float64(c.Epochs[i]), c.Values[i]}
		rows = append(rows, r)
		if c.Warnings[i] != "" {
			doubtful = append(doubtful, r)
		}
	}

	f.AddLine(name, rows, s)
	// If most points are doubtful, marking them all would hide the curve; the table of warnings has
	// them.
	if len(doubtful) > 0 && len(doubtful) < len(rows)/2 {
		f.addRows(
			"doubtful",
			Dots,
			doubtful,
			Style{Color: Gray, Marker: "emptyDiamond", Quiet: true},
		)
	}
}

// AddLine draws rows of x and y. It draws nothing if no row is finite.
func (f *Figure) AddLine(name string, rows []Row, s Style) {
	if slices.ContainsFunc(rows, Row.Drawable) {
		f.addRows(name, Line, rows, s)
	}
}

// AddBand fills the area between the second and the third number of each row over the first.
func (f *Figure) AddBand(name string, rows []Row, color string) {
	f.addRows(name, Band, rows, Style{Color: color, Quiet: true})
}

// AddCells draws a heat map. The first four numbers of each row give a rectangle, the fifth its
// shade.
func (f *Figure) AddCells(name string, rows []Row) {
	f.addRows(name, Cells, rows, Style{Color: Heat})
}

func (f *Figure) addRows(name string, shape Shape, rows []Row, s Style) {
	f.AddSeries(Series{
		Name:  name,
		Shape: shape,
		Rows:  rows,
		Style: s,
	})
}

// AddHorizontal draws a named line at a value of y; nothing if the value is not finite.
func (f *Figure) AddHorizontal(name string, value float64) {
	f.addMarks(name, []Mark{{name, value}}, false)
}

// AddVerticals draws named lines at the finite values of x.
func (f *Figure) AddVerticals(name string, marks ...Mark) {
	f.addMarks(name, marks, true)
}

func (f *Figure) addMarks(name string, marks []Mark, vertical bool) {
	marks = slices.DeleteFunc(slices.Clone(marks), func(m Mark) bool {
		return !query.Finite(m.Value)
	})
	if len(marks) == 0 {
		return
	}

	f.AddSeries(Series{
		Name:     name,
		Shape:    Marks,
		Marks:    marks,
		Vertical: vertical,
		Style:    Stroke(Gray, "", Dashed, 1).Quietly(),
	})
}

// AddSeries draws a series and names its columns according to its shape.
func (f *Figure) AddSeries(s Series) {
	switch s.Shape {
	case Line, Dots:
		s.Columns = []string{f.X.Name, f.Y.Name}
	case Band:
		s.Columns = []string{f.X.Name, "low", "high"}
	case Cells:
		s.Columns = []string{f.X.Name, f.X.Name + " to", f.Y.Name, f.Y.Name + " to", s.Name}
	case Tiles:
		s.Columns = []string{f.X.Name, f.Y.Name, s.Name}
	case Strand:
		for _, d := range f.Dims {
			s.Columns = append(s.Columns, d.Name)
		}
	}

	f.Series = append(f.Series, s)
}

// Explain completes the figure with a sentence or two on how to read it. If nothing finite was
// drawn, it returns nil and the reason.
func (f *Figure) Explain(reading string) (*Figure, string) {
	drawable := func(s Series) bool {
		return !s.Quiet && slices.ContainsFunc(s.Rows, Row.Drawable)
	}
	if !slices.ContainsFunc(f.Series, drawable) {
		return nil, "every recorded value is NaN or infinite"
	}
	f.Reading = reading
	return f, ""
}
