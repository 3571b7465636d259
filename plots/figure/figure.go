// Package figure has what charts are made of and what stands beside them: figures, styles, tables,
// small curves, the form of numbers, and the words for metrics. It knows series but not runs.
// Pages draw a figure with echarts (package page), package figures draws it on paper.
package figure

import (
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Figure is a chart of one run or of a set that nobody has drawn yet: curves, bands and cells
// in the plane, and the words around them. Pages draw it with echarts, package figures on paper.
type Figure struct {
	// ID is unlike those of the other figures of a page, and fit for a file's name.
	ID, Title string
	// Panel says which of several on the same axes it is; "" for one that stands alone.
	Panel string
	// Reading says in a sentence or two how to read the picture.
	Reading string
	// Size is how much of a page's twelve columns it takes.
	Size Size
	X, Y Axis
	// Dims are the axes of parallel coordinates, in place of X and Y; nil in the plane.
	Dims []Axis
	// Epochs says that x is the epoch: zoom and scale are shared between such figures.
	Epochs bool
	// Smooth says that its lines may be smoothed: no bound may be.
	Smooth bool
	Series []Series
	// Table is shown under the picture; nil for none.
	Table *Table

	Limit int             // points drawn of a curve
	Drawn []*series.Curve // what it shows of the series
}

// An Axis is of numbers, on a linear or a logarithmic scale, or of named places 0, 1, 2, …
type Axis struct {
	Name string
	Log  bool
	// Values name the places; nil for an axis of numbers.
	Values []string
	// Low and High are what is shown of an axis that is shared; both 0 for all that is drawn.
	Low, High float64
}

// A Series is what one entry in the legend stands for.
type Series struct {
	Name  string
	Shape Shape
	Rows  []Row
	// Columns name the numbers of a row, as [Figure.AddSeries] does.
	Columns []string
	// Runs are the IDs of the runs that each row tells of; nil where rows are of no run in
	// particular.
	Runs [][]string
	// Marks are the lines of a series of that shape, at values of y unless Vertical.
	Marks    []Mark
	Vertical bool
	Style
}

// A Mark is a named line at one value of an axis.
type Mark struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// A Shape says what is drawn of a row.
type Shape string

const (
	Line   Shape = "line"   // x, y: points of a line
	Dots   Shape = "dots"   // x, y: hollow markers
	Band   Shape = "band"   // x, low, high: the area between
	Cells  Shape = "cells"  // x from, x to, y from, y to, value: shades
	Tiles  Shape = "tiles"  // places x and y, value: shades with numbers on them
	Marks  Shape = "marks"  // no rows: lines across the picture
	Strand Shape = "strand" // a value for each of the figure's Dims
)

// A Size is how much of the page's twelve columns a figure takes where there is room.
type Size string

const (
	Hero  Size = "hero"  // eight columns, two rows
	Wide  Size = "wide"  // eight columns
	Half  Size = "half"  // six
	Third Size = "third" // four
	Side  Size = "side"  // four, beside a hero
	Full  Size = "full"  // all twelve
)

// A Row is the numbers of what is drawn at one place. Its JSON form has six significant digits,
// whole numbers in full, and null for what is not finite, which is drawn as a gap.
type Row []float64

// MarshalJSON implements [encoding/json.Marshaler].
func (r Row) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, v := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendDrawn(b, v)
	}
	return append(b, ']'), nil
}

func (r Row) Drawable() bool {
	return !slices.ContainsFunc(r, func(v float64) bool {
		return !query.Finite(v)
	})
}
