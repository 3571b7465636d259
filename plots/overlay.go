package plots

import (
	"fmt"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// overlayPoints is the most points drawn of all curves together in one overlay, so that the
// page of several hundred runs stays light.
const overlayPoints = 40_000

// overlay draws one curve of every run over epochs.
func overlay(y string, pick runset.Pick) drawing {
	return func(tables []*series.Table) (*figure.Figure, string) {
		p := figure.OverEpochs(y, true)
		p.Limit = min(figure.CurvePoints, max(60, overlayPoints/len(tables)))
		groups := runset.EachRun(tables, func(t *series.Table, name string, s figure.Style) {
			p.AddCurve(pick(t), name, s)
		})

		return p.Explain(fmt.Sprintf("One line a run, %s in %s; runs of a colour and a marker have the same setting. "+
			"Choose a run in the table below, or click on its line, to find it in every chart.",
			figure.Plural(len(tables), "run"), figure.Plural(groups, "group")))
	}
}
