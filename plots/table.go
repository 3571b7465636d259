package plots

import "fmt"

// A table is rows of cells under a caption.
type table struct {
	ID, Title string
	Size      size
	// Note is a sentence under the title; empty for none.
	Note string
	Head []string
	Rows [][]cell
	// Browse lets the reader sort by column, filter by text and choose a row.
	Browse bool
	// RowIDs name the rows that can be chosen; nil for none.
	RowIDs []string
}

// A cell is what a table shows and what it sorts by: a number where Sort is one, else the text.
type cell struct {
	Text string
	Sort string
	// Link is the address of a page that the text leads to; empty for none.
	Link string
	// Spark is the path of a curve drawn beside the text, as SVG has it; empty for none.
	Spark string
	// Class names how page.css shows it; empty for as usual.
	Class string
}

// text returns a cell of words.
func text(s string) cell { return cell{Text: s} }

// number returns a cell of a number; one that is NaN sorts as the smallest.
func number(v float64) cell { return cell{Text: FormatNumber(v), Sort: sortKey(v)} }

// count returns a cell of a whole number.
func count(n int) cell { return cell{Text: FormatInt(n), Sort: fmt.Sprint(n)} }

// factor returns a cell of a ratio.
func factor(v float64) cell { return cell{Text: FormatFactor(v), Sort: sortKey(v)} }

// none is an empty place in a column of numbers.
var none = cell{Text: "—", Sort: sortKey(nan)}
