package plots

import "liptrack/tracker/series"

// loss draws the mean loss over the training and the test points.
func loss(t *series.Table) (*figure, string) {
	p := epochPlot("loss", true)
	p.curve(t.Curve(series.TrainLoss, ""), "train", trainStyle)
	p.curve(t.Curve(series.TestLoss, ""), "test", testStyle)
	return p.figure("A test loss that rises while the train loss still falls is overfitting.")
}

// accuracy draws the fraction of points classified correctly.
func accuracy(t *series.Table) (*figure, string) {
	p := epochPlot("accuracy (fraction)", false)
	p.curve(t.Curve(series.TrainAccuracy, ""), "train", trainStyle)
	p.curve(t.Curve(series.TestAccuracy, ""), "test", testStyle)
	return p.figure("Fraction of points classified correctly. The training points are interpolated where their curve reaches 1.")
}

var (
	trainStyle = style{color: green, marker: "circle", dash: solid, width: 2}
	testStyle  = style{color: orange, marker: "diamond", dash: dashed, width: 2}
)

// gradNorm draws the norm of the gradient of the mean training loss.
func gradNorm(t *series.Table) (*figure, string) {
	p := epochPlot("‖∇L(θ)‖₂", true)
	p.curve(t.Curve(series.GradNorm, ""), "gradient norm", style{color: purple, marker: "circle", dash: solid, width: 2})
	return p.figure("Norm of the gradient of the mean training loss over all parameters: how far training is from a stationary point.")
}

// parameters draws how large the parameters are and how far they have moved.
func parameters(t *series.Table) (*figure, string) {
	p := epochPlot("2-norm in parameter space", true)
	for i, metric := range []string{series.ParamNorm, series.ParamDistance, series.PathLength} {
		p.curve(t.Curve(metric, ""), words(metric).name, nthStyle(i, series.Exact))
	}
	return p.figure("Path length above the distance from initialisation means that training did not go straight.")
}

// learningRate draws the learning rate of the update that follows each epoch.
func learningRate(t *series.Table) (*figure, string) {
	p := epochPlot("learning rate", false)
	p.curve(t.Curve(series.LearningRate, ""), "learning rate", style{color: gray, marker: "circle", dash: solid, width: 2})
	return p.figure("Learning rate of the update that follows each epoch.")
}
