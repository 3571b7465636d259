package plots

import (
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"liptrack/tracker/series"
)

// curvePoints is the most points drawn of a curve on the page of a run.
const curvePoints = 2000

// A plot collects the curves of one picture in the plane and makes echarts options of them.
// Colours are names that the page's script resolves in the reader's theme; so are the house
// style, the ticks and the tooltips, which are the same for every chart.
type plot struct {
	x, y   axis
	epochs bool // x is the epoch: zoom and scale are shared with the other such plots
	limit  int  // points drawn of a curve
	series []seriesOption
	drawn  []*series.Curve
}

type axis struct {
	name string
	log  bool
}

// seriesOption is an echarts series with what the page's script needs to know besides.
type seriesOption struct {
	charts.SingleSeries
	// Columns name the numbers of a row of data in the CSV.
	Columns []string `json:"columns,omitempty"`
	// Shape is what a custom series draws of its rows: "band" (x, low, high) or
	// "cells" (x from, x to, y from, y to, value).
	Shape string `json:"shape,omitempty"`
	// Hidden, Quiet and Run are those of the style.
	Hidden bool   `json:"hidden,omitempty"`
	Quiet  bool   `json:"quiet,omitempty"`
	Run    string `json:"run,omitempty"`
}

// newPlot returns an empty plot with the given axes.
func newPlot(x, y axis) *plot { return &plot{x: x, y: y, limit: curvePoints} }

// epochPlot returns an empty plot over epochs, which start on a logarithmic axis.
func epochPlot(y string, log bool) *plot {
	p := newPlot(axis{"epoch", true}, axis{y, log})
	p.epochs = true
	return p
}

// curve draws a series curve: thinned, with gaps where it is NaN or infinite, and with every
// drawn point that carries a warning marked as doubtful. A nil curve is left out.
func (p *plot) curve(c *series.Curve, name string, s style) {
	if c == nil {
		return
	}
	p.drawn = append(p.drawn, c)
	var rows, doubtful []row
	for _, i := range thin(c.Epochs, c.Values, p.limit) {
		r := row{float64(c.Epochs[i]), c.Values[i]}
		rows = append(rows, r)
		if c.Warnings[i] != "" {
			doubtful = append(doubtful, r)
		}
	}
	p.line(name, rows, s)
	if len(doubtful) > 0 && len(doubtful) < len(rows)/2 {
		p.dots("doubtful", doubtful, gray)
	}
}

// line draws rows of x and y.
func (p *plot) line(name string, rows []row, s style) {
	if !slices.ContainsFunc(rows, row.drawable) {
		return
	}
	p.add(seriesOption{
		SingleSeries: charts.SingleSeries{
			Type: "line", Name: name, Id: s.id, Data: rows, Color: s.color, Symbol: s.marker, ShowSymbol: opts.Bool(false),
			LineStyle: &opts.LineStyle{Color: s.color, Type: s.dash, Width: s.width},
		},
		Columns: []string{p.x.name, p.y.name}, Hidden: s.hidden, Quiet: s.quiet, Run: s.run,
	})
}

// dots draws rows of x and y as hollow markers, without saying more of them in tooltips.
func (p *plot) dots(name string, rows []row, color string) {
	p.add(seriesOption{
		SingleSeries: charts.SingleSeries{Type: "scatter", Name: name, Data: rows, Color: color, Symbol: "emptyDiamond", SymbolSize: 9},
		Columns:      []string{p.x.name, p.y.name}, Quiet: true,
	})
}

// band fills the area between the second and the third number of each row over the first.
func (p *plot) band(name string, rows []row, color string) {
	p.add(seriesOption{
		SingleSeries: charts.SingleSeries{Type: "custom", Name: name, Data: rows, Color: color},
		Columns:      []string{p.x.name, "low", "high"}, Shape: "band", Quiet: true,
	})
}

// cells draws a heat map: of each row, the fifth number as a shade of the rectangle given by
// the first four.
func (p *plot) cells(name string, rows []row) {
	p.add(seriesOption{
		SingleSeries: charts.SingleSeries{Type: "custom", Name: name, Data: rows, Color: "heat"},
		Columns:      []string{p.x.name, p.x.name + " to", p.y.name, p.y.name + " to", name}, Shape: "cells",
	})
}

// A mark is a named line at one value of an axis.
type mark struct {
	name  string
	value float64
}

// verticals draws marks at values of x, horizontals at values of y.
func (p *plot) verticals(name string, marks []mark)   { p.marks(name, marks, true) }
func (p *plot) horizontals(name string, marks []mark) { p.marks(name, marks, false) }

func (p *plot) marks(name string, marks []mark, vertical bool) {
	lines := &opts.MarkLines{}
	for _, m := range marks {
		if !finite(m.value) {
			continue
		}
		if vertical {
			lines.Data = append(lines.Data, opts.MarkLineNameXAxisItem{Name: m.name, XAxis: m.value})
		} else {
			lines.Data = append(lines.Data, opts.MarkLineNameYAxisItem{Name: m.name, YAxis: m.value})
		}
	}
	if len(lines.Data) == 0 {
		return
	}
	p.add(seriesOption{
		SingleSeries: charts.SingleSeries{Type: "line", Name: name, Data: []row{}, Color: gray, MarkLines: lines,
			LineStyle: &opts.LineStyle{Color: gray, Type: dashed, Width: 1}},
		Quiet: true,
	})
}

func (p *plot) add(s seriesOption) { p.series = append(p.series, s) }

// figure closes the plot, with a sentence or two on how to read it. It declines where nothing
// finite was drawn.
func (p *plot) figure(reading string) (*figure, string) {
	drawable := func(s seriesOption) bool { return !s.Quiet && slices.ContainsFunc(s.Data.([]row), row.drawable) }
	if !slices.ContainsFunc(p.series, drawable) {
		return nil, "every recorded value is NaN or infinite"
	}
	return &figure{Reading: reading, Epochs: p.epochs, option: p.option(), drawn: p.drawn}, ""
}

// option returns the echarts option of the plot.
func (p *plot) option() map[string]any {
	chart := charts.NewLine()
	chart.SetGlobalOptions(
		charts.WithXAxisOpts(opts.XAxis{Type: p.x.scale(), Name: p.x.name}),
		charts.WithYAxisOpts(opts.YAxis{Type: p.y.scale(), Name: p.y.name}),
	)
	option := chart.JSON()
	option["series"] = p.series
	return option
}

func (a axis) scale() string {
	if a.log {
		return "log"
	}
	return "value"
}

// A row is numbers of one drawn point. Its JSON form has six significant digits, whole
// numbers in full, and null for what is not finite, which echarts draws as a gap.
type row []float64

// MarshalJSON implements [encoding/json.Marshaler].
func (r row) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, v := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendDrawn(b, v)
	}
	return append(b, ']'), nil
}

func (r row) drawable() bool {
	return !slices.ContainsFunc(r, func(v float64) bool { return !finite(v) })
}
