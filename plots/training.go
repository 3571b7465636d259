package plots

import "github.com/liptrack/liptrack/tracker/series"

// loss draws the mean loss over the training and the test points.
func loss(t *series.Table) (*Figure, string) {
	p := epochPlot("loss", true)
	p.curve(t.Curve(series.TrainLoss, ""), "train", trainStyle)
	p.curve(t.Curve(series.TestLoss, ""), "test", testStyle)
	return p.read("A test loss that rises while the train loss still falls is overfitting.")
}

// accuracy draws the fraction of points classified correctly.
func accuracy(t *series.Table) (*Figure, string) {
	p := epochPlot("accuracy (fraction)", false)
	p.curve(t.Curve(series.TrainAccuracy, ""), "train", trainStyle)
	p.curve(t.Curve(series.TestAccuracy, ""), "test", testStyle)
	return p.read(
		"Fraction of points classified correctly. The training points are interpolated where their curve reaches 1.",
	)
}

var (
	trainStyle = Style{Color: green, Marker: "circle", Dash: solid, Width: 2}
	testStyle  = Style{Color: orange, Marker: "diamond", Dash: dashed, Width: 2}
)

// gradNorm draws the norm of the gradient of the mean training loss.
func gradNorm(t *series.Table) (*Figure, string) {
	p := epochPlot("‖∇L(θ)‖₂", true)
	p.curve(
		t.Curve(series.GradNorm, ""),
		"gradient norm",
		Style{Color: purple, Marker: "circle", Dash: solid, Width: 2},
	)
	if c := t.Curve(series.UpdateGradient, ""); c != nil {
		p.curve(c, words(series.UpdateGradient).name, Style{Color: purple, Marker: "circle", Dash: dotted, Width: 1})
	}
	return p.read(
		"Norm of the gradient of the mean training loss over all parameters: how far training is from a stationary point.",
	)
}

// parameters draws how large the parameters are and how far they have moved.
func parameters(t *series.Table) (*Figure, string) {
	p := epochPlot("2-norm in parameter space", true)
	for i, metric := range []string{series.ParamNorm, series.ParamDistance, series.PathLength, series.UpdatePath} {
		p.curve(t.Curve(metric, ""), words(metric).name, nthStyle(i, series.Exact))
	}
	return p.read("Path length above the distance from initialisation means that training did not go straight.")
}

// learningRate draws the learning rate of the update that follows each epoch.
func learningRate(t *series.Table) (*Figure, string) {
	p := epochPlot("learning rate", false)
	p.curve(
		t.Curve(series.LearningRate, ""),
		"learning rate",
		Style{Color: gray, Marker: "circle", Dash: solid, Width: 2},
	)
	return p.read("Learning rate of the update that follows each epoch.")
}
