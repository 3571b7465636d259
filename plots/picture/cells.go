package picture

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/plots/figure"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// cells fills the rectangles of a heat map. The shade of a cell is the root of its value relative
// to the largest. The shade of a tile is the position of its value between the smallest and the
// largest, and the number is written on it.
func (s shape) cells(c draw.Canvas, place placer) {
	strength := s.strengths()
	for _, r := range s.series.Rows {
		corners, value := cornersOf(s.series.Shape, r)
		low, high := figure.Row{corners[0], corners[2]}, figure.Row{corners[1], corners[3]}
		if low[0] <= 0 && place.shows(high) && !place.shows(low) {
			low[0] = place.x.low // the cell of epoch 0 begins at the edge
		}

		if !(figure.Row{value}).Drawable() || !place.shows(low) || !place.shows(high) {
			continue
		}

		a, b := place.at(low), place.at(high)
		fill := figure.Color(fmt.Sprintf("%s %g", s.series.Color, strength(value)))
		c.FillPolygon(fill, c.ClipPolygonXY(rectangle(a, b)))
		if s.series.Shape == figure.Tiles {
			label := textStyle(smallText * s.size)
			label.XAlign, label.YAlign = draw.XCenter, draw.YCenter
			c.FillText(
				label,
				vg.Point{X: (a.X + b.X) / 2, Y: (a.Y + b.Y) / 2},
				figure.FormatNumber(value),
			)
		}
	}
}

// cornersOf returns the ends of a row's rectangle along x and along y, and its value.
func cornersOf(shape figure.Shape, r figure.Row) (corners [4]float64, value float64) {
	if shape == figure.Tiles {
		return [4]float64{r[0] - 0.5, r[0] + 0.5, r[1] - 0.5, r[1] + 0.5}, r[2]
	}
	return [4]float64(r[:4]), r[4]
}

// strengths returns a function that maps a value to the strength of its shade in [0, 1].
func (s shape) strengths() func(float64) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range s.series.Rows {
		if v := r[len(r)-1]; (figure.Row{v}).Drawable() {
			low, high = min(low, v), max(high, v)
		}
	}

	tiles := s.series.Shape == figure.Tiles
	if !tiles && low != high {
		// The shades of cells begin at zero.
		low = min(0, low)
	}

	return func(v float64) float64 {
		switch {
		case low == high:
			return 1
		case !tiles:
			return math.Sqrt(figure.Fraction(v, low, high))
		case low > 0:
			return figure.Fraction(math.Log(v), math.Log(low), math.Log(high))
		}
		return figure.Fraction(v, low, high)
	}
}
