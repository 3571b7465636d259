package runset

import (
	"maps"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// With more than MostBands settings, no bands are drawn. A band has at most bandPoints points.
const (
	MostBands  = 24
	bandPoints = 300
)

// DrawEvolution draws one curve of every run of a group that did not diverge, with their mean and
// the band around it, and returns the mean.
func DrawEvolution(
	f *figure.Figure,
	g Group,
	style figure.Style,
	pick Pick,
	at position,
) meanCurve {
	runs := Settled(g.Runs)
	m := meanOver(runs, pick, at)

	if len(runs) > 1 {
		f.AddBand(deviation, m.band(), style.Color)
		for _, t := range runs {
			one := meanOver([]*series.Table{t}, pick, at)
			f.AddLine("single seeds", one.line(f.Limit), seedStyle(style.Color))
		}
	}

	f.AddLine(g.Name, m.line(bandPoints), style)

	return m
}

// A position returns the position of a curve's i-th point on the x axis.
type position func(c *series.Curve, i int) int

func ByEpoch(c *series.Curve, i int) int {
	return c.Epochs[i]
}

func ByUpdate(c *series.Curve, i int) int {
	return c.Steps[i]
}

// A meanCurve is the mean of a curve over runs, at the positions that all of them have.
type meanCurve struct {
	Places           []int
	Means, low, high []float64
}

// meanOver averages the curves of runs at the positions where all of them are finite.
func meanOver(runs []*series.Table, pick Pick, at position) (m meanCurve) {
	found := map[int][]float64{}
	for _, t := range runs {
		c := pick(t)
		if c == nil {
			continue
		}

		for i, v := range c.Values {
			if query.Finite(v) {
				found[at(c, i)] = append(found[at(c, i)], v)
			}
		}
	}

	for _, place := range slices.Sorted(maps.Keys(found)) {
		values := found[place]
		if len(values) == len(runs) {
			center, low, high := query.Spread(values)
			m.Places = append(m.Places, place)
			m.Means = append(m.Means, center)
			m.low = append(m.low, low)
			m.high = append(m.high, high)
		}
	}

	return m
}

// Trend returns the power law that the mean follows, under the given name; nil if none can be
// fitted.
func (m meanCurve) Trend(name string) []TrendRow {
	fit, ok := query.FitPowerLaw(m.Places, m.Means)
	if !ok {
		return nil
	}
	return []TrendRow{{name, fit.Law}}
}

func (m meanCurve) line(limit int) (rows []figure.Row) {
	for _, i := range figure.Thin(m.Places, m.Means, limit) {
		rows = append(rows, figure.Row{float64(m.Places[i]), m.Means[i]})
	}
	return rows
}

func (m meanCurve) band() (rows []figure.Row) {
	for _, i := range figure.Thin(m.Places, m.Means, bandPoints) {
		rows = append(rows, figure.Row{float64(m.Places[i]), m.low[i], m.high[i]})
	}
	return rows
}
