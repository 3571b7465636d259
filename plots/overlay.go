package plots

import (
	"fmt"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// overlayPoints is the most points drawn of all curves together in one overlay, so that the
// page of several hundred runs stays light.
const overlayPoints = 40_000

func overlayLower(tables []*series.Table) (*Figure, string) {
	return overlay(tables, boundAxis, func(t *series.Table) *series.Curve { return t.Curve(series.LowerBound, "") })
}

func overlayUpper(tables []*series.Table) (*Figure, string) {
	return overlay(tables, boundAxis, query.BestCertified)
}

func overlayTestLoss(tables []*series.Table) (*Figure, string) {
	return overlay(tables, "test loss", func(t *series.Table) *series.Curve { return t.Curve(series.TestLoss, "") })
}

func overlayTrainLoss(tables []*series.Table) (*Figure, string) {
	return overlay(tables, "train loss", func(t *series.Table) *series.Curve { return t.Curve(series.TrainLoss, "") })
}

// overlay draws one curve of every run over epochs.
func overlay(tables []*series.Table, y string, pick func(*series.Table) *series.Curve) (*Figure, string) {
	p := epochPlot(y, true)
	p.limit = min(curvePoints, max(60, overlayPoints/len(tables)))
	groups := eachRun(tables, func(t *series.Table, name string, s Style) { p.curve(pick(t), name, s) })
	return p.read(fmt.Sprintf("One line a run, %s in %s; runs of a colour and a marker have the same setting. "+
		"Choose a run in the table below, or click on its line, to find it in every chart.", plural(len(tables), "run"), plural(groups, "group")))
}

// eachRun hands out the runs group by group, each with the name of its group and the style of
// its line, and returns how many groups there are. Runs that differ only in their seeds share
// a colour, a marker and an entry in the legend.
func eachRun(tables []*series.Table, draw func(t *series.Table, name string, s Style)) int {
	groups := groupBy(tables, query.VaryingKeys(tables))
	ids := runIDs(tables)
	for i, g := range groups {
		s := rampStyle(i, len(groups))
		s.Width = 1.5
		for _, t := range g.runs {
			s.ID, s.Run = ids[t], t.Header.Run
			draw(t, g.name, s)
		}
	}
	return len(groups)
}

// runIDs names every run by its own name, told apart where several have the same.
func runIDs(tables []*series.Table) map[*series.Table]string {
	ids, taken := make(map[*series.Table]string, len(tables)), map[string]int{}
	for _, t := range tables {
		name := nameOf(t)
		if taken[name]++; taken[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, taken[name])
		}
		ids[t] = name
	}
	return ids
}
