package picture

import (
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawLegend draws a sample and the name of each series along the top, on as many lines as needed,
// and returns their height. They take at most half the canvas; if some series do not fit, the last
// line says how many.
func drawLegend(c draw.Canvas, shown []figure.Series, size vg.Length) (height vg.Length) {
	label, line := textStyle(smallText*size), 1.35*size
	label.YAlign = draw.YTop
	at := vg.Point{X: c.Min.X, Y: c.Max.Y}
	named := distinct(shown)
	for i, s := range named {
		width := (keyWidth+0.4)*size + label.Width(s.Name)
		if at.X > c.Min.X && at.X+width > c.Max.X {
			at = vg.Point{X: c.Min.X, Y: at.Y - line}
			if at.Y-2*line < (c.Min.Y+c.Max.Y)/2 {
				c.FillText(label, at, fmt.Sprintf("and %d more", len(named)-i))
				break
			}
		}

		box := vg.Rectangle{
			Min: at.Add(vg.Point{Y: -size}),
			Max: at.Add(vg.Point{X: keyWidth * size}),
		}
		shape{series: s, size: size}.drawSample(&c, box)
		c.FillText(label, at.Add(vg.Point{X: (keyWidth + 0.4) * size, Y: 0.1 * size}), s.Name)
		at.X += width + size
	}

	return c.Max.Y - at.Y + line + 0.3*size
}

// distinct returns the first series with each name.
func distinct(shown []figure.Series) []figure.Series {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(shown), func(s figure.Series) bool {
		again := seen[s.Name]
		seen[s.Name] = true
		return again
	})
}

// drawSample draws the legend's sample of the series in a box.
func (s shape) drawSample(c *draw.Canvas, box vg.Rectangle) {
	middle := (box.Min.Y + box.Max.Y) / 2
	switch s.series.Shape {
	case figure.Band:
		c.FillPolygon(faint(s.series.Color), rectangle(box.Min, box.Max))
		return
	case figure.Cells, figure.Tiles:
		const steps = 5
		width := (box.Max.X - box.Min.X) / steps
		for i := range steps {
			left := box.Min.X + vg.Length(i)*width
			fill := figure.Color(fmt.Sprintf("%s %g", s.series.Color, float64(i)/(steps-1)))
			c.FillPolygon(
				fill,
				rectangle(
					vg.Point{X: left, Y: box.Min.Y},
					vg.Point{X: left + width, Y: box.Max.Y},
				),
			)
		}

		return
	}

	if s.series.Width > 0 {
		c.StrokeLine2(s.stroke(), box.Min.X, middle, box.Max.X, middle)
	}

	if s.series.Marker != "" {
		c.DrawGlyphNoClip(s.glyph(), vg.Point{X: (box.Min.X + box.Max.X) / 2, Y: middle})
	}
}
