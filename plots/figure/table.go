package figure

import (
	"fmt"
	"math"
	"strconv"

	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Table is rows of cells under a caption.
type Table struct {
	ID, Title string
	Size      Size
	// Note is a sentence under the title; empty for none.
	Note string
	Head []string
	Rows [][]Cell
	// Browse lets the reader sort by column, filter by text and choose a row.
	Browse bool
	// RowIDs name the rows that can be chosen; nil for none.
	RowIDs []string
}

// NewTable returns a table as wide as the page, without rows.
func NewTable(id, title string, head ...string) Table {
	return Table{
		ID:    id,
		Title: title,
		Size:  Full,
		Head:  head,
	}
}

// AddRow appends a row: cells as they are, ints as [Count], floats as [Number], everything else as
// [Text].
func (t *Table) AddRow(values ...any) {
	var row []Cell
	for _, v := range values {
		switch v := v.(type) {
		case Cell:
			row = append(row, v)
		case int:
			row = append(row, Count(v))
		case float64:
			row = append(row, Number(v))
		default:
			row = append(row, Text(fmt.Sprint(v)))
		}
	}

	t.Rows = append(t.Rows, row)
}

// A Cell is what a table shows and sorts by: Sort if it is set, else the text.
type Cell struct {
	Text string
	Sort string
	// Link is the address to which the text links; empty for none.
	Link string
	// Spark is the SVG path of a curve drawn next to the text; empty for none.
	Spark string
	// Bar is drawn under the text; the zero Bar for none.
	Bar Bar
	// Class is a class in page.css; empty for the usual look.
	Class string
}

// A Bar shows the found value within the proved one, as fractions of the longest bar in its column.
type Bar struct{ Found, Proved float64 }

// Drawn reports whether there is a bar.
func (b Bar) Drawn() bool { return b.Proved > 0 }

// Text returns a cell of words.
func Text(s string) Cell { return Cell{Text: s} }

// Number returns a cell for a number. NaN sorts as the smallest.
func Number(v float64) Cell {
	return Cell{Text: FormatNumber(v), Sort: SortKey(v)}
}

// Count returns a cell for a whole number.
func Count(n int) Cell {
	return Cell{Text: FormatInt(n), Sort: fmt.Sprint(n)}
}

// Factor returns a cell for a ratio.
func Factor(v float64) Cell {
	return Cell{Text: FormatFactor(v), Sort: SortKey(v)}
}

// WithBar returns the cell with a bar for the found and the proved value. [Table.ScaleBars] must
// scale it afterwards.
func (c Cell) WithBar(found, proved float64) Cell {
	c.Bar = Bar{found, proved}
	return c
}

// ScaleBars divides the bars of a column by the longest and removes bars that are not finite.
func (t *Table) ScaleBars(column int) {
	longest := 0.0
	for _, row := range t.Rows {
		if v := row[column].Bar.Proved; query.Finite(v) {
			longest = max(longest, v)
		}
	}

	for _, row := range t.Rows {
		b := &row[column].Bar
		// An infinite bound has no length to draw.
		if longest > 0 && query.Finite(b.Proved) {
			*b = Bar{Found: max(0, b.Found) / longest, Proved: b.Proved / longest}
		} else {
			*b = Bar{}
		}
	}
}

// None is an empty cell in a column of numbers.
var None = Cell{Text: "—", Sort: SortKey(math.NaN())}

// SortKey returns a number as the page's script parses it for sorting; NaN sorts below everything.
func SortKey(v float64) string {
	switch {
	case math.IsNaN(v), math.IsInf(v, -1):
		return "-Infinity"
	case math.IsInf(v, 1):
		return "Infinity"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
