// Package terminal shows series where there is no browser: tables of numbers with small curves
// made of characters. What it says of a run comes from package plots.
package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/plots"
	"github.com/liptrack/liptrack/tracker/series"
)

// Options say what the terminal can do. The zero value suits any.
type Options struct {
	// Width in columns; 0 means 80. What does not fit is left out.
	Width int
	// Unicode allows characters beyond ASCII.
	Unicode bool
	// Bold allows the escape sequence for headings in bold.
	Bold bool
}

const defaultWidth = 80

// Show prints what a run measured or, of several, a line for each. Without runs it prints
// nothing.
func Show(w io.Writer, tables []*series.Table, o Options) error {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	var p page
	switch len(tables) {
	case 0:
		return nil
	case 1:
		p = runPage(tables[0])
	default:
		p = setPage(tables)
	}
	text := p.lay(o)
	if !o.Unicode {
		text = ascii(text)
	}
	_, err := io.WriteString(w, text)
	return err
}

// A page is a heading and paragraphs above a table with a curve at the end of each row.
type page struct {
	heading    string
	paragraphs []string
	head       []string
	rows       []row
}

type row struct {
	cells []string
	curve *series.Curve
}

// runPage has a row for each metric of the whole network and of each layer.
func runPage(t *series.Table) page {
	d := plots.DigestOf(t)
	p := page{
		heading:    fmt.Sprintf("%s / %s", d.Experiment, d.Run),
		paragraphs: plots.Sentences([]*series.Table{t}),
		head:       []string{"metric", "kind", "start", "end", "growth", "over log epoch"},
	}
	for _, c := range d.Curves {
		if c.Label != "" && !strings.HasPrefix(c.Label, "layer=") {
			continue
		}
		name := c.Name
		if c.Doubtful > 0 {
			name += " (?)"
		}
		p.rows = append(p.rows, row{
			[]string{name, string(c.Kind), number(c.First), number(c.Last), plots.FormatFactor(c.Growth())}, c.Curve,
		})
	}
	return p
}

// setPage has a row for each run.
func setPage(tables []*series.Table) page {
	p := page{
		heading:    tables[0].Header.Experiment,
		paragraphs: plots.Sentences(tables),
		head:       []string{"run", "epochs", "status", "loss", "test loss", "lower", "upper", "gap", "lower over log epoch"},
	}
	for _, t := range plots.Ordered(tables) {
		d := plots.DigestOf(t)
		p.rows = append(p.rows, row{[]string{
			d.Run, plots.FormatInt(d.Epochs), d.Status, number(d.TrainLoss), number(d.TestLoss), number(d.Lower), number(d.Upper),
			plots.FormatFactor(float64(d.Gap)),
		}, t.Curve(series.LowerBound, "")})
	}
	return p
}

func number(v series.Float) string { return plots.FormatNumber(float64(v)) }

// A curve takes what the columns leave of the width, within these limits.
const leastCurve, mostCurve = 8, 32

// lay sets the page in lines of the width.
func (p page) lay(o Options) string {
	var b strings.Builder
	bold := func(s string) string {
		if o.Bold && s != "" {
			return "\x1b[1m" + s + "\x1b[0m"
		}
		return s
	}
	p.clean()
	fmt.Fprintln(&b, bold(p.heading))
	for _, paragraph := range p.paragraphs {
		b.WriteString(wrap(paragraph, o.Width))
	}
	widths := p.widths()
	left := o.Width
	for _, n := range widths {
		left -= n + len(gap)
	}
	curve := min(left, mostCurve)
	head := line(p.head[:len(widths)], widths)
	if curve >= leastCurve {
		head += gap + clip(p.head[len(widths)], curve)
	}
	fmt.Fprintf(&b, "\n%s\n", bold(strings.TrimRight(head, " ")))
	for _, r := range p.rows {
		text := line(r.cells, widths)
		if curve >= leastCurve {
			text += gap + sparkline(r.curve, curve, o.Unicode)
		}
		fmt.Fprintln(&b, strings.TrimRight(text, " "))
	}
	return b.String()
}

// clean takes out control characters, with which a name could write anywhere in the terminal.
func (p *page) clean() {
	p.heading = input.Printable(p.heading)
	for i, s := range p.paragraphs {
		p.paragraphs[i] = input.Printable(s)
	}
	for _, r := range p.rows {
		for i, s := range r.cells {
			r.cells[i] = input.Printable(s)
		}
	}
}

const gap = "  "

// widths are those of the columns of cells.
func (p page) widths() []int {
	widths := make([]int, len(p.head)-1)
	for i := range widths {
		widths[i] = utf8.RuneCountInString(p.head[i])
		for _, r := range p.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(r.cells[i]))
		}
	}
	return widths
}

// line pads cells to their widths.
func line(cells []string, widths []int) string {
	var padded []string
	for i, c := range cells {
		padded = append(padded, c+strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(c))))
	}
	return strings.Join(padded, gap)
}

func clip(s string, width int) string {
	runes := []rune(s)
	return string(runes[:min(len(runes), width)])
}

// wrap breaks a text into lines of at most width columns, where it has spaces.
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
