package terminal

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// A page is a heading and paragraphs above a table with a curve at the end of each row.
type page struct {
	heading    string
	paragraphs []string
	columns    []column
	curveHead  string
	curves     []*series.Curve
}

// A column is a cell for each row under a heading.
type column struct {
	head  string
	cells []string
	// spare is the order in which columns are dropped on a narrow terminal: the largest first, 0
	// never.
	spare int
	// colour returns the colour of a cell; nil for none.
	colour func(cell string) colour
}

// missing is shown for values that were not measured.
const missing = "–"

// columnOf returns a column with a cell for each run.
func columnOf(head string, spare int, tables []*series.Table, cell func(*series.Table) string) column {
	c := column{head: head, spare: spare}
	for _, t := range tables {
		c.addCell(cell(t))
	}
	return c
}

func (c *column) addCell(cell string) {
	c.cells = append(c.cells, cell)
}

// coloured returns the column with a colour for each cell.
func (c column) coloured(by func(cell string) colour) column {
	c.colour = by
	return c
}

// width returns the width of the column in characters.
func (c column) width() int {
	widest := utf8.RuneCountInString(c.head)
	for _, cell := range c.cells {
		widest = max(widest, utf8.RuneCountInString(cell))
	}
	return widest
}

// empty reports whether no cell of the column has a value.
func (c column) empty() bool {
	return !slices.ContainsFunc(c.cells, func(cell string) bool {
		return cell != missing
	})
}

// A colour is a terminal's colour code; 0 for none.
type colour int

const (
	red    colour = 31
	green  colour = 32
	yellow colour = 33
)

// A curve takes the width that the columns leave, within these limits.
const leastCurve, mostCurve = 8, 32

const gap = "  "

// layOut returns the text of the page within the given width.
func (p page) layOut(o Options) string {
	p.clean()
	var b strings.Builder
	fmt.Fprintln(&b, o.bold(p.heading))
	for _, paragraph := range p.paragraphs {
		b.WriteString(wrap(paragraph, o.Width))
	}

	// A run that has just begun has nothing to tabulate; the paragraphs say so.
	if len(p.curves) == 0 {
		return b.String()
	}

	columns, width := p.fit(o.Width)
	head := lineOf(columns, clip(p.curveHead, width), func(c column) string {
		return padded(c.head, c.width())
	})
	fmt.Fprintf(&b, "\n%s\n", o.bold(head))

	for i, curve := range p.curves {
		row := lineOf(columns, sparkline(curve, width, o.Unicode), func(c column) string {
			cell := padded(c.cells[i], c.width())
			if c.colour != nil {
				cell = o.paint(cell, c.colour(c.cells[i]))
			}
			return cell
		})
		fmt.Fprintln(&b, row)
	}

	return b.String()
}

// clean removes characters by which a name could control the terminal.
func (p *page) clean() {
	p.heading = input.Printable(p.heading)
	for i, s := range p.paragraphs {
		p.paragraphs[i] = input.Printable(s)
	}
	for i, c := range p.columns {
		p.columns[i].head = input.Printable(c.head)
		for k, cell := range c.cells {
			c.cells[k] = input.Printable(cell)
		}
	}
}

// fit returns the columns that fit the width, and the width of the curve after them; 0 for no
// curve.
func (p page) fit(width int) (columns []column, curve int) {
	columns = slices.DeleteFunc(slices.Clone(p.columns), column.empty)
	for {
		left := width
		for _, c := range columns {
			left -= c.width() + len(gap)
		}

		least := slices.MaxFunc(columns, func(a, b column) int {
			return a.spare - b.spare
		})
		if left >= -len(gap) || least.spare == 0 {
			if left < leastCurve {
				left = 0
			}
			return columns, min(left, mostCurve)
		}

		// Among columns with the same spare, the last is dropped first.
		last := len(columns) - 1
		for columns[last].spare != least.spare {
			last--
		}

		columns = slices.Delete(columns, last, last+1)
	}
}

// lineOf joins a cell of each column, followed by behind.
func lineOf(columns []column, behind string, cell func(column) string) string {
	var line strings.Builder
	for _, c := range columns {
		line.WriteString(cell(c) + gap)
	}
	return strings.TrimRight(line.String()+behind, " ")
}

func (o Options) bold(s string) string {
	return o.paint(s, 1)
}

// paint returns coloured text if the terminal supports it.
func (o Options) paint(s string, c colour) string {
	if !o.Styled || s == "" || c == 0 {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", c, s)
}

func padded(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
}

func clip(s string, width int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), width)])
}

// wrap breaks a text at spaces into lines of at most width columns.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case column > 0 && column+1+n > width:
			b.WriteString("\n" + word)
			column = n
		case column > 0:
			b.WriteString(" " + word)
			column += 1 + n
		default:
			b.WriteString(word)
			column = n
		}
	}

	b.WriteString("\n")

	return b.String()
}
