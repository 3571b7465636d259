package plots

import (
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// The final values of runs that several charts draw.
var (
	finalUpper = runset.Measure{
		Name:  "best certified bound",
		Style: figure.BoldStroke(figure.Vermilion, "rect"),
		Of:    runset.LastCertified,
	}
	finalLower = runset.Measure{
		Name:  "lower bound",
		Style: figure.BoldStroke(figure.Blue, "circle"),
		Of:    runset.LastOf(series.LowerBound),
	}
	finalMean = runset.Measure{
		Name:  "mean ‖J‖",
		Style: figure.Stroke(figure.Sky, "diamond", figure.Dashed, 2),
		Of:    runset.LastOf(series.JacobianMean),
	}
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

// finals returns the drawing of final measures against what differs between the runs.
func finals(y string, measures ...runset.Measure) drawing {
	return func(tables []*series.Table) (*figure.Figure, string) {
		return runset.DrawMeasures(tables, y, measures...)
	}
}

// finalBounds draws the final bounds of runs. The double descent of the bounds over width is a peak
// near the interpolation threshold.
func finalBounds(tables []*series.Table) (*figure.Figure, string) {
	f, declined := runset.DrawMeasures(
		tables,
		figure.BoundAxis,
		finalUpper,
		finalLower,
		finalMean,
	)
	drawsThreshold := func(s figure.Series) bool {
		return s.Shape == figure.Marks
	}

	if f != nil && slices.ContainsFunc(f.Series, drawsThreshold) {
		f.Reading += " At the interpolation threshold the network can just fit every training " +
			"point. A peak near it and a descent beyond it are the double descent."
	}

	return f, declined
}
