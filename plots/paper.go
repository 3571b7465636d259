package plots

import (
	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
)

// PaperPanels returns the panels that Khromov & Singh (ICLR 2024) show side by side. For one run
// these are its upper, mean and lower bound over epochs, and its losses; for several, the final
// bounds and the final losses against width. Panels without recorded values are left out.
func PaperPanels(tables []*series.Table) []*figure.Figure {
	charts := []chart{
		{id: "evolution", title: "Evolution", draw: ofRun(evolution)},
		{id: "loss", title: "Loss", draw: ofRun(loss)},
	}
	if len(tables) > 1 {
		charts = []chart{
			{id: "bounds", title: "Final bounds", draw: finalBounds},
			{id: "losses", title: "Final losses", draw: finals("loss", finalTest, finalTrain)},
		}
	}

	var panels []*figure.Figure
	for _, c := range charts {
		if f, _ := c.draw(tables); f != nil {
			f.ID, f.Title = c.id, c.title
			panels = append(panels, f)
		}
	}

	return panels
}

// evolution draws the bounds that the paper follows: the product of norms, the lower bounds over
// the data and over the enlarged set, and the mean.
func evolution(t *series.Table) (*figure.Figure, string) {
	p := figure.OverEpochs(figure.BoundAxis, true)
	for _, c := range []struct{ metric, color, marker, dash string }{
		{series.UpperProduct, figure.Vermilion, "rect", figure.Solid},
		{series.EnlargedLowerBound, figure.Green, "triangle", figure.Solid},
		{series.LowerBound, figure.Blue, "circle", figure.Solid},
		{series.JacobianMean, figure.Sky, "diamond", figure.Dashed},
	} {
		p.AddCurve(
			t.Curve(c.metric, ""),
			figure.Words(c.metric).Name,
			figure.Stroke(c.color, c.marker, c.dash, 2),
		)
	}

	return p.Explain("Upper bound, mean and lower bound over epochs.")
}
