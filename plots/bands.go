package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// boundBands draws one bound over epochs: for each setting the mean over its seeds with a band of
// one standard deviation, single seeds as dotted lines, and the power laws of the means.
func boundBands(pick runset.Pick) drawing {
	return func(tables []*series.Table) (*figure.Figure, string) {
		groups := runset.GroupBy(tables, query.VaryingKeys(tables))
		switch {
		// Without a second seed anywhere there is nothing to average.
		case len(groups) == len(tables):
			return nil, "needs several seeds of a setting"
		case len(groups) > runset.MostBands:
			return nil, "needs at most " + figure.Plural(runset.MostBands, "setting")
		}

		p := figure.OverEpochs(figure.BoundAxis, true)
		// Single seeds are drawn too, so the points are shared among all runs.
		p.Limit = max(60, overlayPoints/2/len(tables))
		var trends []runset.TrendRow
		for i, g := range groups {
			m := runset.DrawEvolution(
				p,
				g,
				figure.RampStyle(i, len(groups)),
				pick,
				runset.ByEpoch,
			)
			trends = append(trends, m.Trend(g.Name)...)
		}

		p.Table = runset.TrendTable(trends, "over the last half of the logarithm of the epochs")
		return p.Explain(
			"Means over the seeds of each setting, at the epochs that all of its seeds recorded. Bands " +
				"are one standard deviation to either side; dotted lines are single seeds." + runset.LeftOut(tables),
		)
	}
}
