package plots

import (
	"fmt"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// overlayPoints is the maximum number of points in one overlay, all curves together. It keeps the
// page of several hundred runs small.
const overlayPoints = 40_000

// overlay returns the drawing of one curve of every run over epochs.
func overlay(y string, pick runset.Pick) drawing {
	return func(tables []*series.Table) (*figure.Figure, string) {
		p := figure.OverEpochs(y, true)
		p.Limit = min(figure.CurvePoints, max(60, overlayPoints/len(tables)))
		groups := runset.EachRun(tables, func(t *series.Table, name string, s figure.Style) {
			p.AddCurve(pick(t), name, s)
		})

		return p.Explain(fmt.Sprintf("One line per run, %s in %s. Runs with the same colour and marker share "+
			"a setting. Choose a run in the table below, or click its line, to highlight it in every chart.",
			figure.Plural(len(tables), "run"), figure.Plural(groups, "group")))
	}
}
