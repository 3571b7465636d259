package plots

import (
	"fmt"

	"liptrack/tracker/series"
)

// overlayPoints is the most points drawn of all curves together in one overlay, so that the
// page of several hundred runs stays light.
const overlayPoints = 40_000

func overlayLower(tables []*series.Table) (*figure, string) {
	return overlay(tables, boundAxis, func(t *series.Table) *series.Curve { return t.Curve(series.LowerBound, "") })
}

func overlayUpper(tables []*series.Table) (*figure, string) {
	return overlay(tables, boundAxis, bestCertified)
}

func overlayTestLoss(tables []*series.Table) (*figure, string) {
	return overlay(tables, "test loss", func(t *series.Table) *series.Curve { return t.Curve(series.TestLoss, "") })
}

func overlayTrainLoss(tables []*series.Table) (*figure, string) {
	return overlay(tables, "train loss", func(t *series.Table) *series.Curve { return t.Curve(series.TrainLoss, "") })
}

// overlay draws one curve of every run over epochs. Runs that differ only in their seeds
// share a colour, a marker and an entry in the legend.
func overlay(tables []*series.Table, y string, pick func(*series.Table) *series.Curve) (*figure, string) {
	p := epochPlot(y, true)
	p.limit = min(curvePoints, max(60, overlayPoints/len(tables)))
	groups := groupBy(tables, varyingKeys(tables))
	ids := runIDs(tables)
	for i, g := range groups {
		s := rampStyle(i, len(groups))
		s.width = 1.5
		for _, t := range g.runs {
			s.id, s.run = ids[t], t.Header.Run
			p.curve(pick(t), g.name, s)
		}
	}
	return p.figure(fmt.Sprintf("One line a run, %s in %s; runs of a colour differ only in their seeds. "+
		"Choose a run in the table below to find its line.", plural(len(tables), "run"), plural(len(groups), "group")))
}

// runIDs names every run by its place in the set, unlike its name without doubt unique.
func runIDs(tables []*series.Table) map[*series.Table]string {
	ids := make(map[*series.Table]string, len(tables))
	for i, t := range tables {
		ids[t] = fmt.Sprintf("run-%d", i)
	}
	return ids
}
