package picture

import (
	"image/color"
	"math"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A marker is a filled or hollow polygon around a point. Its corners are in units of the radius.
type marker struct {
	corners []vg.Point
	hollow  bool
}

// outlines are the markers under the names that echarts uses.
var outlines = map[string][]vg.Point{
	"circle":   circle(24),
	"rect":     rectangle(vg.Point{X: -0.85, Y: -0.85}, vg.Point{X: 0.85, Y: 0.85}),
	"triangle": {{X: -1, Y: -0.8}, {X: 1, Y: -0.8}, {Y: 1}},
	"diamond":  {{X: -1}, {Y: -1}, {X: 1}, {Y: 1}},
}

func circle(corners int) []vg.Point {
	var outline []vg.Point
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(corners))
		outline = append(outline, vg.Point{X: vg.Length(cos), Y: vg.Length(sin)})
	}
	return outline
}

// DrawGlyph implements [draw.GlyphDrawer].
func (m marker) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, pt vg.Point) {
	var outline []vg.Point
	for _, corner := range m.corners {
		outline = append(
			outline,
			pt.Add(vg.Point{X: corner.X * sty.Radius, Y: corner.Y * sty.Radius}),
		)
	}

	if !m.hollow {
		c.FillPolygon(sty.Color, outline)
		return
	}

	c.FillPolygon(color.White, outline)
	c.StrokeLines(
		draw.LineStyle{Color: sty.Color, Width: 1.5 * thin},
		append(outline, outline[0], outline[1]),
	)
}

// glyph returns the marker of a series.
func (s shape) glyph() draw.GlyphStyle {
	name, hollow := strings.CutPrefix(s.series.Marker, "empty")
	return draw.GlyphStyle{
		Color:  figure.Color(s.series.Color),
		Radius: 0.28 * s.size,
		Shape:  marker{outlines[strings.ToLower(name)], hollow},
	}
}
