package plots

import (
	"encoding/json"
	"fmt"
	"html/template"

	"liptrack/tracker/series"
)

// A figure is a drawn chart with the words around it.
type figure struct {
	ID, Title string
	Size      size
	// Reading says in a sentence or two how to read the picture.
	Reading string
	// Epochs says that x is the epoch: zoom and scale are shared between such figures.
	Epochs bool
	// Table is shown under the picture; nil for none.
	Table *table

	option map[string]any  // of echarts
	drawn  []*series.Curve // what it shows of the series
}

// A size is how much of the page's twelve columns a figure takes where there is room.
type size string

const (
	hero  size = "hero"  // eight columns, two rows
	wide  size = "wide"  // eight columns
	half  size = "half"  // six
	third size = "third" // four
	side  size = "side"  // four, beside a hero
	full  size = "full"  // all twelve
)

// Data returns what the page's script needs to show the figure, as JSON in which no byte can
// end the script element around it.
func (f *figure) Data() (template.JS, error) {
	b, err := json.Marshal(f.option)
	if err != nil {
		return "", fmt.Errorf("figure %s: %w", f.ID, err)
	}
	return template.JS(b), nil
}

// A table is rows of cells under a caption.
type table struct {
	ID, Title string
	Size      size
	// Note is a sentence under the title; empty for none.
	Note string
	Head []string
	Rows [][]cell
	// Browse lets the reader sort by column and filter by text.
	Browse bool
}

// A cell is what a table shows and what it sorts by: a number where Sort is one, else the text.
type cell struct {
	Text string
	Sort string
}

// text is a cell of words.
func text(s string) cell { return cell{Text: s} }

// number is a cell of a number; one that is NaN sorts as the smallest.
func number(v float64) cell { return cell{Text: formatNumber(v), Sort: sortKey(v)} }

// count is a cell of a whole number.
func count(n int) cell { return cell{Text: formatInt(n), Sort: fmt.Sprint(n)} }

// factor is a cell of a ratio.
func factor(v float64) cell { return cell{Text: formatFactor(v), Sort: sortKey(v)} }

// none is an empty place in a column of numbers.
var none = cell{Text: "—", Sort: sortKey(nan)}
