package plots

import (
	"maps"
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// mostBands is the most settings drawn with a band each, bandPoints the most points drawn of one.
const (
	mostBands  = 24
	bandPoints = 300
)

func lowerBands(tables []*series.Table) (*Figure, string) {
	return bandsOverEpochs(
		tables,
		boundAxis,
		func(t *series.Table) *series.Curve { return t.Curve(series.LowerBound, "") },
	)
}

func upperBands(tables []*series.Table) (*Figure, string) {
	return bandsOverEpochs(tables, boundAxis, query.BestCertified)
}

// bandsOverEpochs draws one curve of every setting over epochs: the mean over its seeds, one
// standard deviation to either side, and single seeds dotted, with the power laws of the means.
func bandsOverEpochs(tables []*series.Table, y string, pick func(*series.Table) *series.Curve) (*Figure, string) {
	groups := groupBy(tables, query.VaryingKeys(tables))
	switch {
	case len(groups) == len(tables):
		return nil, "needs several seeds of a setting"
	case len(groups) > mostBands:
		return nil, "needs at most " + plural(mostBands, "setting")
	}

	p := epochPlot(y, true)
	p.limit = max(60, overlayPoints/2/len(tables))
	var trends []trendRow
	for i, g := range groups {
		style := rampStyle(i, len(groups))
		m := p.evolution(g, style, pick, byEpoch)
		if fit, ok := query.FitPowerLaw(m.places, m.means); ok {
			trends = append(trends, trendRow{g.name, fit.Law})
		}
	}

	f, declined := p.read(
		"Means over the seeds of each setting, at the epochs that all of its seeds have; one standard deviation to either side; " +
			"single seeds dotted." + leftOut(
			tables,
		),
	)
	if f != nil {
		f.Table = trendTable(trends, "over the last half of the logarithm of the epochs")
	}

	return f, declined
}

// settled lists the runs that did not diverge.
func settled(tables []*series.Table) []*series.Table {
	return slices.DeleteFunc(slices.Clone(tables), func(t *series.Table) bool { _, ok := diverged(t); return ok })
}

// evolution draws one curve of every run of a group that did not diverge, their mean and the band
// about it, and returns the mean.
func (f *Figure) evolution(g group, style Style, pick func(*series.Table) *series.Curve, at position) meanCurve {
	runs := settled(g.runs)
	m := meanOver(runs, pick, at)
	if len(runs) > 1 {
		f.band("± one standard deviation", m.band(), style.Color)
		for _, t := range runs {
			one := meanOver([]*series.Table{t}, pick, at)
			f.line("single seeds", one.line(f.limit), Style{Color: style.Color, Dash: dotted, Width: 1, Quiet: true})
		}
	}
	f.line(g.name, m.line(bandPoints), style)
	return m
}

// A position says where on the axis of a picture the i-th point of a curve is.
type position func(c *series.Curve, i int) int

func byEpoch(c *series.Curve, i int) int  { return c.Epochs[i] }
func byUpdate(c *series.Curve, i int) int { return c.Steps[i] }

// A meanCurve is the mean over runs of a curve, at the positions that all of them have.
type meanCurve struct {
	places           []int
	means, low, high []float64
}

// meanOver averages the curves of runs where all of them are finite.
func meanOver(runs []*series.Table, pick func(*series.Table) *series.Curve, at position) (m meanCurve) {
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
		if values := found[place]; len(values) == len(runs) {
			center, low, high := query.Spread(values)
			m.places, m.means = append(m.places, place), append(m.means, center)
			m.low, m.high = append(m.low, low), append(m.high, high)
		}
	}

	return m
}

func (m meanCurve) line(limit int) (rows []Row) {
	for _, i := range thin(m.places, m.means, limit) {
		rows = append(rows, Row{float64(m.places[i]), m.means[i]})
	}
	return rows
}

func (m meanCurve) band() (rows []Row) {
	for _, i := range thin(m.places, m.means, bandPoints) {
		rows = append(rows, Row{float64(m.places[i]), m.low[i], m.high[i]})
	}
	return rows
}
