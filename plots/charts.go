package plots

import (
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// A chart turns series into one figure. It is a value rather than an interface because charts
// hold no state: the tables below are all there is to know about which exist and in which
// order a page shows them.
type chart struct {
	id    string
	title string
	size  size
	// needs lists metrics; the chart declines where none of the runs has any of them. A last
	// letter * stands for any ending.
	needs []string
	// draw gets one table for a page of a run, all of them for a page of a set. It returns a
	// reason instead of a figure where the series cannot be drawn.
	draw func([]*series.Table) (f *Figure, declined string)
}

// runCharts are the charts of a run's page, in order.
var runCharts = []chart{
	{"bounds", "Bounds on the Lipschitz constant", hero, []string{series.LowerBound, "upper_*"}, ofRun(bounds)},
	{"loss", "Loss", side, []string{series.TrainLoss, series.TestLoss}, ofRun(loss)},
	{"accuracy", "Accuracy", side, []string{series.TrainAccuracy, series.TestAccuracy}, ofRun(accuracy)},
	{
		"jacobian",
		"Jacobian norms over the probe points",
		wide,
		[]string{series.JacobianHistogram, series.JacobianQuantile},
		ofRun(jacobian),
	},
	{"tightness", "Tightness of bounds", third, []string{"upper_*", series.AltLowerBound}, ofRun(tightness)},
	{"growth", "Bounds from the way of the parameters", half, []string{series.ParameterJacobian}, ofRun(growth)},
	{"plane", "Jacobian norm over the plane", half, []string{series.GridNorm}, ofRun(plane)},
	{"layers", "Spectral norm of each layer", half, []string{series.SpectralNorm}, ofRun(layers)},
	{"shares", "Each layer's share of the product", half, []string{series.SpectralNorm}, ofRun(shares)},
	{"outcome", "Correct against misclassified", third, []string{series.LowerBound}, ofRun(outcome)},
	{"drift", "Drift and noise of spectral norms", third, []string{series.SingularDrift}, ofRun(drift)},
	{"grad-norm", "Gradient norm", third, []string{series.GradNorm, series.UpdateGradient}, ofRun(gradNorm)},
	{
		"parameters",
		"Parameters",
		third,
		[]string{series.ParamNorm, series.ParamDistance, series.PathLength, series.UpdatePath},
		ofRun(parameters),
	},
	{"learning-rate", "Learning rate", third, []string{series.LearningRate}, ofRun(learningRate)},
	{"dead-units", "Dead units", third, []string{series.DeadUnits, series.DeadOutputs}, ofRun(deadUnits)},
	{"stable-rank", "Stable rank by layer", third, []string{series.StableRank}, ofRun(stableRank)},
}

// setCharts are the charts of a set's page, in order.
var setCharts = []chart{
	{"final-bounds", "Final bounds", hero, []string{series.LowerBound, "upper_*"}, finalBounds},
	{"final-test-loss", "Final test loss", side, []string{series.TestLoss}, finalTestLoss},
	{"final-train-loss", "Final train loss", side, []string{series.TrainLoss}, finalTrainLoss},
	{"lower-overlay", "Lower bound of every run", half, []string{series.LowerBound}, overlayLower},
	{"upper-overlay", "Best certified upper bound of every run", half, []string{"upper_*"}, overlayUpper},
	{"test-overlay", "Test loss of every run", half, []string{series.TestLoss}, overlayTestLoss},
	{"train-overlay", "Train loss of every run", half, []string{series.TrainLoss}, overlayTrainLoss},
	{"lower-bands", "Lower bound of every setting", half, []string{series.LowerBound}, lowerBands},
	{"upper-bands", "Best certified upper bound of every setting", half, []string{"upper_*"}, upperBands},
	{"outcomes", "Mean ‖J‖, correct against misclassified", half, []string{series.JacobianMean}, outcomesOverSeeds},
	{"drifts", "Drift of spectral norms", half, []string{series.SingularDrift}, driftOverSeeds},
	{"lower-map", "Lower bound over two keys", third, []string{series.LowerBound}, lowerMap},
	{"upper-map", "Certified bound over two keys", third, []string{"upper_*"}, upperMap},
	{"test-map", "Test loss over two keys", third, []string{series.TestLoss}, testMap},
	{
		"parallel",
		"Settings and results of every run",
		full,
		[]string{series.LowerBound, "upper_*", series.TestLoss, series.TrainLoss},
		parallel,
	},
}

// ensembleCharts are the charts of a set's page that are drawn of ensembles, in order.
var ensembleCharts = []chart{
	{"bias-variance", "Bias and variance", half, []string{series.Variance}, biasAndVariance},
	{"variance-bound", "Variance bound", half, []string{series.VarianceBound}, varianceBound},
}

// ofRun makes a chart of a single run fit the table of charts.
func ofRun(draw func(*series.Table) (*Figure, string)) func([]*series.Table) (*Figure, string) {
	return func(tables []*series.Table) (*Figure, string) { return draw(tables[0]) }
}

// missing says why a chart is not on the page.
type missing struct{ Title, Reason string }

// drawAll draws what can be drawn, and says of every other chart why it was not.
func drawAll(charts []chart, tables []*series.Table) (figures []*Figure, absent []missing) {
	for _, c := range charts {
		if !slices.ContainsFunc(tables, c.has) {
			absent = append(
				absent,
				missing{c.title, "needs " + strings.Join(c.needs, " or ") + ", which was not recorded"},
			)
			continue
		}

		f, declined := c.draw(tables)
		if f == nil {
			absent = append(absent, missing{c.title, declined})
			continue
		}

		f.ID, f.Title, f.Size = c.id, c.title, c.size
		figures = append(figures, f)
	}

	return figures, absent
}

// has reports whether the table holds a metric that the chart needs.
func (c chart) has(t *series.Table) bool {
	return slices.ContainsFunc(t.Metrics(), func(metric string) bool {
		return slices.ContainsFunc(c.needs, func(need string) bool {
			prefix, any := strings.CutSuffix(need, "*")
			return metric == need || any && strings.HasPrefix(metric, prefix)
		})
	})
}

// rest draws every curve of the run that no figure has drawn, one figure for each metric, so
// that nothing measured stays unseen.
func rest(t *series.Table, drawn []*Figure) []*Figure {
	seen := map[*series.Curve]bool{}
	for _, f := range drawn {
		for _, c := range f.drawn {
			seen[c] = true
		}
	}

	var figures []*Figure
	ids := taken{}
	for _, metric := range t.Metrics() {
		p := epochPlot(words(metric).axis, true)
		for _, label := range t.Labels(metric) {
			if c := t.Curve(metric, label); !seen[c] {
				p.curve(c, curveName(c), nthStyle(len(p.Series), c.Kind))
				if _, last, _ := c.Last(); last == 0 {
					p.atInitialisation(c)
				}
			}
		}

		f, _ := p.read("The metric " + metric + ", as it was recorded.")
		if f == nil {
			continue
		}

		f.ID, f.Title, f.Size = ids.of("metric-"+metric), capitalised(words(metric).name), third
		figures = append(figures, f)
	}

	return figures
}
