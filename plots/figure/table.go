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

// AddRow puts a row below the others: cells as they are, whole numbers as [Count] makes them,
// others as [Number] does, and everything else in words.
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

// A Cell is what a table shows and what it sorts by: a number where Sort is one, else the text.
type Cell struct {
	Text string
	Sort string
	// Link is the address of a page that the text leads to; empty for none.
	Link string
	// Spark is the path of a curve drawn beside the text, as SVG has it; empty for none.
	Spark string
	// Bar is drawn under the text; the zero Bar for none.
	Bar Bar
	// Class names how page.css shows it; empty for as usual.
	Class string
}

// A Bar shows what was found within what is proved, as parts of the longest bar of its column.
type Bar struct{ Found, Proved float64 }

// Drawn reports whether there is a bar.
func (b Bar) Drawn() bool { return b.Proved > 0 }

// Text returns a cell of words.
func Text(s string) Cell { return Cell{Text: s} }

// Number returns a cell of a number; one that is NaN sorts as the smallest.
func Number(v float64) Cell {
	return Cell{Text: FormatNumber(v), Sort: SortKey(v)}
}

// Count returns a cell of a whole number.
func Count(n int) Cell {
	return Cell{Text: FormatInt(n), Sort: fmt.Sprint(n)}
}

// Factor returns a cell of a ratio.
func Factor(v float64) Cell {
	return Cell{Text: FormatFactor(v), Sort: SortKey(v)}
}

// WithBar returns the cell with a bar of what was found within what is proved, in numbers that
// [Table.ScaleBars] divides.
func (c Cell) WithBar(found, proved float64) Cell {
	c.Bar = Bar{found, proved}
	return c
}

// ScaleBars makes the bars of a column parts of the longest. Those that are not finite go.
func (t *Table) ScaleBars(column int) {
	longest := 0.0
	for _, row := range t.Rows {
		if v := row[column].Bar.Proved; query.Finite(v) {
			longest = max(longest, v)
		}
	}

	for _, row := range t.Rows {
		b := &row[column].Bar
		// A bound that is infinite has no length.
		if longest > 0 && query.Finite(b.Proved) {
			*b = Bar{Found: max(0, b.Found) / longest, Proved: b.Proved / longest}
		} else {
			*b = Bar{}
		}
	}
}

// None is an empty place in a column of numbers.
var None = Cell{Text: "—", Sort: SortKey(math.NaN())}

// SortKey returns a number as the page's script reads it to sort by; NaN sorts below everything.
func SortKey(v float64) string {
	switch {
	case math.IsNaN(v), math.IsInf(v, -1):
		return "-Infinity"
	case math.IsInf(v, 1):
		return "Infinity"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
