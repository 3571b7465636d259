package page

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
)

// An Update is the difference between an earlier and the present state of a page.
type Update struct {
	// Reload means that the page has other charts or tables than before and must be loaded again.
	Reload  bool           `json:"reload,omitempty"`
	Head    string         `json:"head,omitempty"` // HTML
	Figures []figureUpdate `json:"figures,omitempty"`
	Tables  []tableUpdate  `json:"tables,omitempty"`
	Colours *Colouring     `json:"colours,omitempty"`
	Clock   *Clock         `json:"clock,omitempty"`
}

// figureUpdate carries a whole option, or only the changed rows if nothing else changed.
type figureUpdate struct {
	ID      string         `json:"id"`
	Option  map[string]any `json:"option,omitempty"`
	Series  []rowsUpdate   `json:"series,omitempty"`
	Reading string         `json:"reading,omitempty"`
	Table   string         `json:"table,omitempty"` // HTML
}

// rowsUpdate keeps the first Keep rows of one series and replaces the rest.
type rowsUpdate struct {
	Index int          `json:"index"`
	Keep  int          `json:"keep"`
	Rows  []figure.Row `json:"rows"`
}

// tableUpdate carries a whole table, or only the changed rows if their number stayed the same.
type tableUpdate struct {
	ID   string         `json:"id"`
	HTML string         `json:"html,omitempty"`
	Rows map[int]string `json:"rows,omitempty"` // HTML of their cells
}

// Since returns, as JSON for the page's script, the difference from an old state of the page; nil
// if there is none. For a series that only grew, just the new points are sent.
func (p *Page) Since(old *Page) ([]byte, error) {
	var u Update
	var err error
	if u.Reload = !p.sameParts(old); !u.Reload {
		if u, err = p.since(old); err != nil {
			return nil, err
		}
	}
	if reflect.DeepEqual(u, Update{}) {
		return nil, nil
	}
	return json.Marshal(u)
}

// sameParts reports whether two pages have the same charts and tables.
func (p *Page) sameParts(old *Page) bool {
	sameFigures := slices.EqualFunc(p.Figures, old.Figures, func(a, b *figure.Figure) bool {
		return a.ID == b.ID && (a.Table != nil || b.Table == nil)
	})
	sameTables := slices.EqualFunc(p.Tables, old.Tables, func(a, b figure.Table) bool {
		return a.ID == b.ID && (len(a.Rows) > 0) == (len(b.Rows) > 0)
	})

	return sameFigures && sameTables
}

func (p *Page) since(old *Page) (u Update, err error) {
	r := renderer{}
	head := r.render("head", p)
	if head != r.render("head", old) {
		u.Head = head
	}

	for i, f := range p.Figures {
		change := figureSince(f, old.Figures[i], &r)
		if !reflect.DeepEqual(change, figureUpdate{ID: f.ID}) {
			u.Figures = append(u.Figures, change)
		}
	}

	for i, t := range p.Tables {
		change := tableSince(t, old.Tables[i], &r)
		if !reflect.DeepEqual(change, tableUpdate{ID: t.ID}) {
			u.Tables = append(u.Tables, change)
		}
	}

	if !reflect.DeepEqual(p.Colours, old.Colours) {
		u.Colours = &p.Colours
	}

	if !reflect.DeepEqual(p.Clock, old.Clock) {
		u.Clock = p.Clock
	}

	return u, r.err
}

func figureSince(f, old *figure.Figure, r *renderer) figureUpdate {
	u := figureUpdate{ID: f.ID}
	if f.Reading != old.Reading {
		u.Reading = f.Reading
	}

	if f.Table != nil && !reflect.DeepEqual(f.Table, old.Table) {
		u.Table = r.render("table", f.Table)
	}

	if !sameSeries(f, old) {
		u.Option = figureOption(f)
		return u
	}

	for i, s := range f.Series {
		keep := commonRows(s.Rows, old.Series[i].Rows)
		if keep < len(s.Rows) || keep < len(old.Series[i].Rows) {
			u.Series = append(u.Series, rowsUpdate{i, keep, s.Rows[keep:]})
		}
	}

	return u
}

// sameSeries reports whether two states of a figure differ in nothing but rows.
func sameSeries(f, old *figure.Figure) bool {
	bare := func(s figure.Series) figure.Series { s.Rows = nil; return s }
	return reflect.DeepEqual([]any{f.X, f.Y, f.Dims}, []any{old.X, old.Y, old.Dims}) &&
		slices.EqualFunc(f.Series, old.Series, func(a, b figure.Series) bool {
			return reflect.DeepEqual(bare(a), bare(b))
		})
}

// commonRows returns the number of leading rows that are equal to the bit.
func commonRows(a, b []figure.Row) int {
	same := func(x, y float64) bool {
		return math.Float64bits(x) == math.Float64bits(y)
	}
	n := 0
	for n < min(len(a), len(b)) && slices.EqualFunc(a[n], b[n], same) {
		n++
	}
	return n
}

func tableSince(t, old figure.Table, r *renderer) tableUpdate {
	u := tableUpdate{ID: t.ID}
	if len(t.Rows) != len(old.Rows) || !slices.Equal(t.RowIDs, old.RowIDs) || !slices.Equal(t.Head, old.Head) {
		u.HTML = r.render("table", t)
		return u
	}

	for i, row := range t.Rows {
		if !slices.Equal(row, old.Rows[i]) {
			if u.Rows == nil {
				u.Rows = map[int]string{}
			}
			u.Rows[i] = r.render("cells", row)
		}
	}

	return u
}

// renderer renders parts of a page, and keeps the first error.
type renderer struct{ err error }

func (r *renderer) render(part string, data any) string {
	var b bytes.Buffer
	err := shell.ExecuteTemplate(&b, part, data)
	if err != nil && r.err == nil {
		r.err = err
	}
	return b.String()
}
