package plots

import (
	"cmp"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/free"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A chart turns series into one figure. It is a value rather than an interface because charts hold
// no state: the tables below list every chart, in the order of the page.
type chart struct {
	id    string
	title string
	size  figure.Size
	// needs lists metrics. The chart is left out if no run recorded any of them. A trailing *
	// stands for any ending.
	needs []string
	draw  drawing
}

// A drawing makes a figure from one table on the page of a run, from all tables on the page of a
// set. If the series cannot be drawn, it returns a reason instead.
type drawing func([]*series.Table) (f *figure.Figure, declined string)

// runCharts are the charts of a run's page, in order.
var runCharts = []chart{
	{
		"bounds",
		"Bounds on the Lipschitz constant",
		figure.Hero,
		[]string{series.LowerBound, "upper_*"},
		ofRun(bounds),
	},
	{"loss", "Loss", figure.Side, []string{series.TrainLoss, series.TestLoss}, ofRun(loss)},
	{
		"accuracy",
		"Accuracy",
		figure.Side,
		[]string{series.TrainAccuracy, series.TestAccuracy},
		ofRun(accuracy),
	},
	{"fit", "R²", figure.Side, []string{series.TrainR2, series.TestR2}, ofRun(fit)},
	{
		"square-error", "Mean square error", figure.Half,
		[]string{series.TrainMSE, series.TestMSE}, ofRun(squareError),
	},
	{
		"jacobian",
		"Jacobian norms over the probe points",
		figure.Wide,
		[]string{series.JacobianHistogram, series.JacobianQuantile},
		ofRun(jacobian),
	},
	{
		"tightness",
		"Tightness of bounds",
		figure.Third,
		[]string{"upper_*", series.AltLowerBound},
		ofRun(tightness),
	},
	{
		"growth", "Bounds from how far the parameters went", figure.Half,
		[]string{series.ParameterJacobian}, ofRun(growth),
	},
	{
		"plane",
		"Jacobian norm over the plane",
		figure.Half,
		[]string{series.GridNorm},
		ofRun(plane),
	},
	{
		"layers",
		"Spectral norm of each layer",
		figure.Half,
		[]string{series.SpectralNorm},
		ofRun(layers),
	},
	{
		"shares",
		"Each layer's share of the product",
		figure.Half,
		[]string{series.SpectralNorm},
		ofRun(shares),
	},
	{
		"outcome",
		"Correct against misclassified",
		figure.Third,
		[]string{series.LowerBound},
		ofRun(outcome),
	},
	{
		"drift",
		"Drift and noise of spectral norms",
		figure.Third,
		[]string{series.SingularDrift},
		ofRun(drift),
	},
	{
		"grad-norm",
		"Gradient norm",
		figure.Third,
		[]string{series.GradNorm, series.UpdateGradient},
		ofRun(gradNorm),
	},
	{
		"parameters",
		"Parameters",
		figure.Third,
		[]string{series.ParamNorm, series.ParamDistance, series.PathLength, series.UpdatePath},
		ofRun(parameters),
	},
	{
		"learning-rate",
		"Learning rate",
		figure.Third,
		[]string{series.LearningRate},
		ofRun(learningRate),
	},
	{
		"dead-units",
		"Dead units",
		figure.Third,
		[]string{series.DeadUnits, series.DeadOutputs},
		ofRun(deadUnits),
	},
	{
		"stable-rank",
		"Stable rank by layer",
		figure.Third,
		[]string{series.StableRank},
		ofRun(stableRank),
	},
}

// ofRegressions lists the charts that make sense for one task only: true for regressions, false for
// classifiers.
var ofRegressions = map[string]bool{
	"accuracy":           false,
	"fit":                true,
	"square-error":       true,
	"final-square-error": true,
	"final-unexplained":  true,
}

// setCharts are the charts of a set's page, in order.
var setCharts = []chart{
	{
		"final-bounds",
		"Final bounds",
		figure.Hero,
		[]string{series.LowerBound, "upper_*"},
		finalBounds,
	},
	// The losses have a chart each: beyond the threshold the training loss falls by decades, and on
	// a shared axis the peak of the test loss would not show.
	{
		"final-test-loss",
		"Final test loss",
		figure.Side,
		[]string{series.TestLoss},
		finals("test loss", finalTest),
	},
	{
		"final-train-loss",
		"Final train loss",
		figure.Side,
		[]string{series.TrainLoss},
		finals("train loss", finalTrain),
	},
	{
		"final-square-error", "Final mean square error", figure.Side,
		[]string{series.TrainMSE, series.TestMSE}, finalSquareError,
	},
	{
		"final-unexplained", "Final unexplained variance", figure.Side,
		[]string{series.TrainR2, series.TestR2}, finalUnexplained,
	},
	{
		"lower-overlay", "Lower bound of every run", figure.Half, []string{series.LowerBound},
		overlay(figure.BoundAxis, runset.CurveOf(series.LowerBound)),
	},
	{
		"upper-overlay", "Best certified upper bound of every run", figure.Half, []string{"upper_*"},
		overlay(figure.BoundAxis, query.BestCertified),
	},
	{
		"test-overlay", "Test loss of every run", figure.Half, []string{series.TestLoss},
		overlay("test loss", runset.CurveOf(series.TestLoss)),
	},
	{
		"train-overlay", "Train loss of every run", figure.Half, []string{series.TrainLoss},
		overlay("train loss", runset.CurveOf(series.TrainLoss)),
	},
	{
		"lower-bands", "Lower bound of every setting", figure.Half, []string{series.LowerBound},
		boundBands(runset.CurveOf(series.LowerBound)),
	},
	{
		"upper-bands", "Best certified upper bound of every setting", figure.Half, []string{"upper_*"},
		boundBands(query.BestCertified),
	},
	{
		"outcomes", "Mean ‖J‖, correct against misclassified", figure.Half, []string{series.JacobianMean},
		free.EveryLabel(series.JacobianMean, "on=*"),
	},
	{
		"drifts", "Drift of spectral norms", figure.Half, []string{series.SingularDrift},
		free.EveryLabel(series.SingularDrift, "layer=*"),
	},
	{
		"lower-map",
		"Lower bound over two keys",
		figure.Third,
		[]string{series.LowerBound},
		keyMap(finalLower),
	},
	{
		"upper-map",
		"Certified bound over two keys",
		figure.Third,
		[]string{"upper_*"},
		keyMap(finalUpper),
	},
	{
		"test-map",
		"Test loss over two keys",
		figure.Third,
		[]string{series.TestLoss},
		keyMap(finalTest),
	},
	{
		"parallel",
		"Settings and results of every run",
		figure.Full,
		[]string{series.LowerBound, "upper_*", series.TestLoss, series.TrainLoss},
		parallel,
	},
}

// ensembleCharts are the charts of a set's page that show ensembles, in order.
var ensembleCharts = []chart{
	{
		"bias-variance",
		"Bias and variance",
		figure.Half,
		[]string{series.Variance},
		biasAndVariance,
	},
	{
		"variance-bound",
		"Variance bound",
		figure.Half,
		[]string{series.VarianceBound},
		varianceBound,
	},
}

// ofRun adapts a chart of a single run to the table of charts.
func ofRun(draw func(*series.Table) (*figure.Figure, string)) drawing {
	return func(tables []*series.Table) (*figure.Figure, string) {
		return draw(tables[0])
	}
}

// drawAll draws every chart that can be drawn and lists the others with the reason why not.
func drawAll(charts []chart, tables []*series.Table) (figures []*figure.Figure, absent []page.Missing) {
	for _, c := range charts {
		// An accuracy is not missing from a regression: it does not exist there.
		if !c.suits(tables) {
			continue
		}

		var f *figure.Figure
		declined := "needs " + strings.Join(c.needs, " or ") + ", which was not recorded"
		if slices.ContainsFunc(tables, c.has) {
			f, declined = c.draw(tables)
		}

		if f == nil {
			absent = append(absent, page.Missing{Title: c.title, Reason: declined})
			continue
		}

		// A drawing that shows less than the chart's title promises sets a title of its own.
		f.ID, f.Title, f.Size = c.id, cmp.Or(f.Title, c.title), c.size
		figures = append(figures, f)
	}

	return figures, absent
}

// suits reports whether the chart makes sense for the task of at least one run.
func (c chart) suits(tables []*series.Table) bool {
	regressions, one := ofRegressions[c.id]
	return !one || slices.ContainsFunc(tables, func(t *series.Table) bool {
		return runset.IsRegression(t) == regressions
	})
}

// has reports whether the table holds at least one metric that the chart needs.
func (c chart) has(t *series.Table) bool {
	return slices.ContainsFunc(t.Metrics(), func(metric string) bool {
		return slices.ContainsFunc(c.needs, func(need string) bool {
			prefix, any := strings.CutSuffix(need, "*")
			return metric == need || any && strings.HasPrefix(metric, prefix)
		})
	})
}

// rest draws every curve of the run that no figure has drawn, one figure for each metric, so that
// nothing measured stays hidden.
func rest(t *series.Table, drawn []*figure.Figure) []*figure.Figure {
	seen := map[*series.Curve]bool{}
	for _, f := range drawn {
		for _, c := range f.Drawn {
			seen[c] = true
		}
	}

	var figures []*figure.Figure
	ids := figure.Slugs{}
	for _, metric := range t.Metrics() {
		p := figure.OverEpochs(figure.Words(metric).Axis, true)
		for _, label := range t.Labels(metric) {
			if c := t.Curve(metric, label); !seen[c] {
				p.AddCurve(c, figure.CurveName(c), figure.NthStyle(len(p.Series), c.Kind))
				// A metric measured at epoch 0 alone would leave a logarithmic axis empty.
				if _, last, _ := c.Last(); last == 0 {
					markInitialisation(p, c)
				}
			}
		}

		f, _ := p.Explain("The metric " + metric + " as recorded.")
		if f == nil {
			continue
		}

		f.ID, f.Title, f.Size = ids.Slug("metric-"+metric), figure.Capitalised(figure.Words(metric).Name), figure.Third
		figures = append(figures, f)
	}

	return figures
}
