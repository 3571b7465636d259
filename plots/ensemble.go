package plots

import (
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// drawEnsembles draws the ensembles (series with members in their headers) whose members are all on
// the page.
func drawEnsembles(ensembles, runs []*series.Table) (figures []*figure.Figure, absent []page.Missing) {
	onPage := map[string]bool{}
	for _, t := range runs {
		onPage[figure.NameOf(t)] = true
	}

	ensembles = slices.DeleteFunc(slices.Clone(ensembles), func(t *series.Table) bool {
		ids := memberIDs(t)
		return len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool {
			return !onPage[id]
		})
	})

	if len(ensembles) > 0 {
		return drawAll(ensembleCharts, runset.Ordered(ensembles))
	}

	for _, c := range ensembleCharts {
		reason := "needs two finished runs or more that differ in nothing but their seeds"
		absent = append(absent, page.Missing{Title: c.title, Reason: reason})
	}

	return nil, absent
}

// biasAndVariance draws the expected square loss and its two parts. If the variance shows a double
// descent and the bias does not, it comes from differences between seeds.
func biasAndVariance(ensembles []*series.Table) (*figure.Figure, string) {
	hasBias := slices.ContainsFunc(ensembles, func(t *series.Table) bool {
		return t.Curve(series.Bias, "") != nil
	})
	title, reading := "", "Over the seeds of each setting, the expected loss is the sum of two parts: the bias "+
		"(the squared distance of the mean network from the targets) and the variance around that mean network."
	if !hasBias {
		title = "Variance over seeds"
		reading = "How far the outputs of the networks are from their mean over the seeds of each " +
			"setting. The loss is not the squared error, so it does not split into a bias and " +
			"this variance."
	}

	f, declined := ensembleSweep(
		ensembles,
		"square, mean over test points",
		reading,
		runset.Measure{
			Name:  "expected loss",
			Style: figure.BoldStroke(figure.Orange, "diamond"),
			Of:    runset.LastOf(series.ExpectedLoss),
		},
		varianceOverSeeds,
		runset.Measure{
			Name:  "bias",
			Style: figure.BoldStroke(figure.Green, "triangle"),
			Of:    runset.LastOf(series.Bias),
		},
	)
	if f != nil {
		f.Title = title
	}
	return f, declined
}

// varianceBound draws the variance and its bounds through Lipschitz constants. The bounds are loose
// by orders of magnitude, so only the shapes can be compared.
func varianceBound(ensembles []*series.Table) (*figure.Figure, string) {
	return ensembleSweep(
		ensembles,
		"variance, mean over test points",
		"The variance of the outputs over seeds, and its bounds through the Lipschitz constants "+
			"of the networks and of their mean. Certified upper bounds give a proved bound, lower "+
			"bounds an estimate, around the origin and around the mean test point. The bounds are "+
			"loose: compare the shapes.",

		boundOfVariance(
			"bound by upper bounds",
			"at=zero,by=upper",
			figure.BoldStroke(figure.Vermilion, "rect"),
		),
		boundOfVariance(
			"bound by lower bounds",
			"at=zero,by=lower",
			figure.BoldStroke(figure.Sky, "diamond"),
		),
		boundOfVariance(
			"the same around the mean",
			"at=mean,by=lower",
			figure.Stroke(figure.Purple, "emptyDiamond", figure.Dashed, 2),
		),
		varianceOverSeeds,
	)
}

var varianceOverSeeds = runset.Measure{
	Name:  "variance",
	Style: figure.BoldStroke(figure.Blue, "circle"),
	Of:    runset.LastOf(series.Variance),
}

func boundOfVariance(name, label string, style figure.Style) runset.Measure {
	return runset.Measure{
		Name:  name,
		Style: style,
		Of: func(t *series.Table) float64 {
			return query.Last(t, series.VarianceBound, label)
		},
	}
}

// ensembleSweep draws measures of ensembles against what differs between them. Each point refers to
// the runs of its ensemble, so that a reader can choose them on the page.
func ensembleSweep(ensembles []*series.Table, y, reading string, measures ...runset.Measure) (*figure.Figure, string) {
	f, declined := runset.DrawMeasures(ensembles, y, measures...)
	if f == nil {
		return nil, declined
	}

	members, stopped := map[string][]string{}, 0
	for t, id := range runset.IDs(ensembles) {
		members[id] = memberIDs(t)
		// The tracker warns where the members stopped at different epochs.
		c := t.Curve(series.Variance, "")
		if c != nil && len(c.Warnings) > 0 {
			stopped++
		}
	}

	for _, s := range f.Series {
		for i, runs := range s.Runs {
			s.Runs[i] = members[runs[0]]
		}
	}

	if stopped > 0 {
		reading += fmt.Sprintf(" In %s the runs stopped at different epochs.",
			figure.Plural(stopped, "setting"))
	}

	return f.Explain(reading)
}

// memberIDs returns the runs of an ensemble under the names of [runset.IDs].
func memberIDs(t *series.Table) []string {
	var ids []string
	for _, m := range t.Header.Members {
		ids = append(
			ids,
			figure.NameOf(&series.Table{Header: series.Header{Experiment: t.Header.Experiment, Run: m.Run}}),
		)
	}
	return ids
}
