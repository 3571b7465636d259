// Package figure has what charts consist of: figures, styles, tables, sparklines, number formats,
// and the words for metrics. It knows series but not runs. Package page draws a figure with
// echarts, package picture for print.
package figure

import (
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Figure is a chart of one run or of a set before it is drawn: curves, bands and cells in the
// plane, and the words around them. Package page draws it with echarts, package picture for print.
type Figure struct {
	// ID is unique on a page and can be used in a file name.
	ID, Title string
	// Panel names the figure among several with the same axes; "" for a single one.
	Panel string
	// Reading is a sentence or two on how to read the picture.
	Reading string
	// Size is the share of a page's twelve columns that the figure takes.
	Size Size
	X, Y Axis
	// Dims are the axes of parallel coordinates, in place of X and Y; nil in the plane.
	Dims []Axis
	// Epochs means that x is the epoch; such figures share zoom and scale.
	Epochs bool
	// Smooth means that readers may smooth the lines. Bounds must not be smoothed.
	Smooth bool
	Series []Series
	// Table is shown under the picture; nil for none.
	Table *Table

	Limit int             // maximum number of points of a curve
	Drawn []*series.Curve // the curves of the series that it shows
}

// An Axis has numbers, on a linear or a logarithmic scale, or named places 0, 1, 2, …
type Axis struct {
	Name string
	Log  bool
	// Values name the places; nil for an axis of numbers.
	Values []string
	// Low and High are the range of an axis that several figures share; both are 0 if the data
	// decide.
	Low, High float64
}

// A Series is everything under one entry of the legend.
type Series struct {
	Name  string
	Shape Shape
	Rows  []Row
	// Columns name the numbers of a row; [Figure.AddSeries] sets them.
	Columns []string
	// Runs are the IDs of the runs behind each row; nil if rows do not belong to particular runs.
	Runs [][]string
	// Marks are the lines of a series with that shape: at values of x if Vertical, else of y.
	Marks    []Mark
	Vertical bool
	Style
}

// A Mark is a named line at one value of an axis.
type Mark struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// A Shape is the way in which a row is drawn.
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

// A Size is the share of the page's twelve columns that a figure takes on a wide screen.
type Size string

const (
	Hero  Size = "hero"  // eight columns, two rows
	Wide  Size = "wide"  // eight columns
	Half  Size = "half"  // six
	Third Size = "third" // four
	Side  Size = "side"  // four, next to a hero
	Full  Size = "full"  // all twelve
)

// A Row holds the numbers drawn at one place. Its JSON form has six significant digits, whole
// numbers in full, and null for non-finite numbers, which are drawn as gaps.
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
