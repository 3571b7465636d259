package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

func lowerBands(tables []*series.Table) (*figure.Figure, string) {
	return bandsOverEpochs(
		tables,
		figure.BoundAxis,
		func(t *series.Table) *series.Curve {
			return t.Curve(series.LowerBound, "")
		},
	)
}

func upperBands(tables []*series.Table) (*figure.Figure, string) {
	return bandsOverEpochs(tables, figure.BoundAxis, query.BestCertified)
}

// bandsOverEpochs draws one curve of every setting over epochs: the mean over its seeds, one
// standard deviation to either side, and single seeds dotted, with the power laws of the means.
func bandsOverEpochs(
	tables []*series.Table,
	y string,
	pick func(*series.Table) *series.Curve,
) (*figure.Figure, string) {
	groups := runset.GroupBy(tables, query.VaryingKeys(tables))
	switch {
	case len(groups) == len(tables):
		return nil, "needs several seeds of a setting"
	case len(groups) > runset.MostBands:
		return nil, "needs at most " + figure.Plural(runset.MostBands, "setting")
	}

	p := figure.OverEpochs(y, true)
	p.Limit = max(60, overlayPoints/2/len(tables))
	var trends []runset.TrendRow
	for i, g := range groups {
		style := figure.RampStyle(i, len(groups))
		m := runset.DrawEvolution(p, g, style, pick, runset.ByEpoch)
		fit, ok := query.FitPowerLaw(m.Places, m.Means)
		if ok {
			trends = append(trends, runset.TrendRow{Name: g.Name, Law: fit.Law})
		}
	}

	f, declined := p.Explain(
		"Means over the seeds of each setting, at the epochs that all of its seeds have; one " +
			"standard deviation to either side; single seeds dotted." + runset.LeftOut(
			tables,
		),
	)
	if f != nil {
		f.Table = runset.TrendTable(trends, "over the last half of the logarithm of the epochs")
	}

	return f, declined
}
