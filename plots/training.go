package plots

import (
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// trainAndTest draws a metric at the training points and its counterpart at the test points.
func trainAndTest(t *series.Table, log bool, train, test string) *figure.Figure {
	p := figure.OverEpochs(figure.Words(train).Axis, log)
	p.AddCurve(t.Curve(train, ""), "train", trainStyle)
	p.AddCurve(t.Curve(test, ""), "test", testStyle)
	return p
}

// loss draws the mean loss over the training and the test points.
func loss(t *series.Table) (*figure.Figure, string) {
	p := trainAndTest(t, true, series.TrainLoss, series.TestLoss)
	p.Smooth = true
	if t.Curve(series.TestLoss, "") == nil {
		return p.Explain("Mean over the training points.")
	}
	return p.Explain("If the test loss rises while the train loss still falls, the network overfits.")
}

// accuracy draws the fraction of points classified correctly.
func accuracy(t *series.Table) (*figure.Figure, string) {
	p := trainAndTest(t, false, series.TrainAccuracy, series.TestAccuracy)
	p.Smooth = true
	return p.Explain(
		"Fraction of points classified correctly. Where the train curve reaches 1, " +
			"the network interpolates the training points.",
	)
}

// fit draws the R² of a regression.
func fit(t *series.Table) (*figure.Figure, string) {
	p := trainAndTest(t, false, series.TrainR2, series.TestR2)
	return p.Explain("1 minus the mean square error divided by the target's variance: 1 if every prediction " +
		"is right, 0 for always predicting the mean. For several targets the mean is shown.")
}

// squareError draws the mean square errors of a regression in the targets' own units.
func squareError(t *series.Table) (*figure.Figure, string) {
	p := figure.OverEpochs("mean square error", true)
	for _, of := range []struct {
		metric, name string
		style        figure.Style
	}{{series.TrainMSE, "train", trainStyle}, {series.TestMSE, "test", testStyle}} {
		labels := t.Labels(of.metric)
		for k, label := range labels {
			name, style := of.name, of.style
			// With several targets the colour tells them apart and the dashes tell train from test.
			if len(labels) > 1 {
				name += ", " + strings.TrimPrefix(label, "target=")
				style.Color = figure.NthStyle(k, series.Exact).Color
			}
			p.AddCurve(t.Curve(of.metric, label), name, style)
		}
	}

	return p.Explain("In the square of each target's unit.")
}

var (
	trainStyle = figure.Stroke(figure.Green, "circle", figure.Solid, 2)
	testStyle  = figure.Stroke(figure.Orange, "diamond", figure.Dashed, 2)
)

// gradNorm draws the norm of the mean training loss's gradient, and the largest gradient norm of an
// update.
func gradNorm(t *series.Table) (*figure.Figure, string) {
	p := figure.OverEpochs("‖∇L(θ)‖₂", true)
	p.Smooth = true

	p.AddCurve(
		t.Curve(series.GradNorm, ""),
		"gradient norm",
		figure.Stroke(figure.Purple, "circle", figure.Solid, 2),
	)
	update := figure.Stroke(figure.Purple, "circle", figure.Dotted, 1)
	p.AddCurve(
		t.Curve(series.UpdateGradient, ""),
		figure.Words(series.UpdateGradient).Name,
		update,
	)

	return p.Explain(
		"Norm of the gradient of the mean training loss over all parameters: how far training is " +
			"from a stationary point.",
	)
}

// parameters draws the norm of the parameters and how far they have moved.
func parameters(t *series.Table) (*figure.Figure, string) {
	p := figure.OverEpochs("2-norm in parameter space", true)
	for i, metric := range []string{series.ParamNorm, series.ParamDistance, series.PathLength, series.UpdatePath} {
		p.AddCurve(
			t.Curve(metric, ""),
			figure.Words(metric).Name,
			figure.NthStyle(i, series.Exact),
		)
	}
	return p.Explain("If the path length exceeds the distance from initialisation, training did not go straight.")
}

// learningRate draws the learning rate of the update that follows each epoch.
func learningRate(t *series.Table) (*figure.Figure, string) {
	p := figure.OverEpochs("learning rate", false)
	style := figure.Stroke(figure.Gray, "circle", figure.Solid, 2)
	p.AddCurve(t.Curve(series.LearningRate, ""), "learning rate", style)
	return p.Explain("The learning rate of the update that follows each epoch.")
}
