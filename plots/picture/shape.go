package picture

import (
	"image/color"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A shape draws one series of a figure. Its sizes are relative to the size of the text.
type shape struct {
	series figure.Series
	figure *figure.Figure
	size   vg.Length
}

// Plot implements [plot.Plotter].
func (s shape) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	place := placer{
		x: p.X.Scale.(axisScale),
		y: p.Y.Scale.(axisScale),
		at: func(r figure.Row) vg.Point {
			return vg.Point{X: x(r[0]), Y: y(r[1])}
		},
	}

	switch s.series.Shape {
	case figure.Line:
		s.line(c, place)
	case figure.Dots:
		for _, r := range s.series.Rows {
			if place.shows(r) {
				c.DrawGlyph(s.glyph(), place.at(r))
			}
		}
	case figure.Band:
		s.band(c, place)
	case figure.Cells, figure.Tiles:
		s.cells(c, place)
	case figure.Marks:
		s.marks(c, place)
	}
}

// A placer maps rows to points on the canvas.
type placer struct {
	x, y axisScale
	at   func(figure.Row) vg.Point
}

// shows reports whether x and y of a row have positions on the axes.
func (p placer) shows(r figure.Row) bool {
	return p.x.shows(r[0]) && p.y.shows(r[1])
}

// line draws the curve, with gaps at missing values, and its markers.
func (s shape) line(c draw.Canvas, place placer) {
	var lines [][]vg.Point
	gap := true
	for _, r := range s.series.Rows {
		if !place.shows(r) {
			gap = true
			continue
		}

		if gap {
			lines, gap = append(lines, nil), false
		}

		lines[len(lines)-1] = append(lines[len(lines)-1], place.at(r))
	}

	c.StrokeLines(s.stroke(), c.ClipLinesXY(lines...)...)
	if !s.series.Quiet && s.series.Marker != "" {
		for _, pt := range s.spaced(lines) {
			c.DrawGlyph(s.glyph(), pt)
		}
	}
}

// spaced lists the points of a line that get markers: all points of a short line, some of a long
// one, and fewer the more lines there are.
func (s shape) spaced(lines [][]vg.Point) []vg.Point {
	gap := 3 * s.size
	switch {
	case len(s.series.Rows) <= 24:
		gap = 0
	case len(s.figure.Series) > 30:
		gap = 16 * s.size
	}

	var points []vg.Point
	for _, line := range lines {
		for _, pt := range line {
			n := len(points)
			if n == 0 || pt.X-points[n-1].X >= gap {
				points = append(points, pt)
			}
		}
	}

	return points
}

// band fills the area between low and high, interrupted where either is missing.
func (s shape) band(c draw.Canvas, place placer) {
	var lower, upper []vg.Point
	fill := func() {
		slices.Reverse(upper)
		outline := append(lower, upper...)
		if len(outline) > 2 {
			c.FillPolygon(faint(s.series.Color), c.ClipPolygonXY(outline))
		}

		lower, upper = nil, nil
	}

	for _, r := range s.series.Rows {
		low, high := figure.Row{r[0], r[1]}, figure.Row{r[0], r[2]}
		if !place.shows(low) || !place.shows(high) {
			fill()
			continue
		}

		lower = append(lower, place.at(low))
		upper = append(upper, place.at(high))
	}

	fill()
}

// marks draws lines across the picture. Lines at values of x are named above the picture. The names
// of the others are only in the legend, because they would cover curves. Lines beyond the ends of
// the axis are left out.
func (s shape) marks(c draw.Canvas, place placer) {
	label := textStyle(smallText * s.size)
	label.Color = figure.Color(s.series.Color)
	label.XAlign = draw.XCenter

	for _, m := range s.series.Marks {
		switch {
		case s.series.Vertical && place.x.holds(m.Value):
			x := place.at(figure.Row{m.Value, place.y.low}).X
			c.StrokeLines(s.stroke(), []vg.Point{{X: x, Y: c.Min.Y}, {X: x, Y: c.Max.Y}})
			c.FillText(label, vg.Point{X: x, Y: c.Max.Y + 0.2*s.size}, m.Name)
		case !s.series.Vertical && place.y.holds(m.Value):
			y := place.at(figure.Row{place.x.low, m.Value}).Y
			c.StrokeLines(s.stroke(), []vg.Point{{X: c.Min.X, Y: y}, {X: c.Max.X, Y: y}})
		}
	}
}

// stroke returns the line style of the series; its width in points is half that in pixels.
func (s shape) stroke() draw.LineStyle {
	dashes := map[string][]vg.Length{
		"dashed": {0.5 * s.size, 0.3 * s.size},
		"dotted": {0.12 * s.size, 0.25 * s.size},
	}
	return draw.LineStyle{
		Color:  figure.Color(s.series.Color),
		Width:  vg.Points(float64(s.series.Width) / 2),
		Dashes: dashes[s.series.Dash],
	}
}

// rectangle returns the corners of the rectangle with opposite corners a and b.
func rectangle(a, b vg.Point) []vg.Point {
	return []vg.Point{a, {X: b.X, Y: a.Y}, b, {X: a.X, Y: b.Y}}
}

// faint returns a transparent colour.
func faint(name string) color.Color {
	c := figure.Color(name)
	return color.NRGBA{c.R, c.G, c.B, 0x2e}
}
