package plots

import (
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// finalBounds draws the bounds that runs ended with. The double descent of the bounds over width
// is a peak near the interpolation threshold.
func finalBounds(tables []*series.Table) (*figure.Figure, string) {
	f, declined := runset.DrawMeasures(tables, figure.BoundAxis, []runset.Measure{
		{
			Name:  "best certified bound",
			Style: figure.BoldStroke(figure.Vermilion, "rect"),
			Of:    runset.LastCertified,
		},
		{
			Name:  "lower bound",
			Style: figure.BoldStroke(figure.Blue, "circle"),
			Of:    runset.LastOf(series.LowerBound),
		},
		{
			Name:  "mean ‖J‖",
			Style: figure.Stroke(figure.Sky, "diamond", figure.Dashed, 2),
			Of:    runset.LastOf(series.JacobianMean),
		},
	})
	drawsThreshold := func(s figure.Series) bool {
		return s.Shape == figure.Marks
	}

	if f != nil && slices.ContainsFunc(f.Series, drawsThreshold) {
		f.Reading += " A peak near the interpolation threshold, where the network is just able " +
			"to fit every training point, and a descent beyond it are the double descent."
	}

	return f, declined
}

var (
	finalTest = runset.Measure{
		Name:  "test loss",
		Style: figure.BoldStroke(figure.Orange, "diamond"),
		Of:    runset.LastOf(series.TestLoss),
	}
	finalTrain = runset.Measure{
		Name:  "train loss",
		Style: figure.BoldStroke(figure.Green, "circle"),
		Of:    runset.LastOf(series.TrainLoss),
	}
)

// finalTestLoss draws the test loss that runs ended with. It has a chart of its own because the
// training loss falls by decades beyond the threshold, beside which no peak shows.
func finalTestLoss(tables []*series.Table) (*figure.Figure, string) {
	return runset.DrawMeasures(tables, "test loss", []runset.Measure{finalTest})
}

// finalTrainLoss draws the training loss that runs ended with.
func finalTrainLoss(tables []*series.Table) (*figure.Figure, string) {
	return runset.DrawMeasures(tables, "train loss", []runset.Measure{finalTrain})
}
