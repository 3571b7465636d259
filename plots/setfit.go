package plots

import (
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// finalSquareError draws the final mean square errors of runs, for every target.
func finalSquareError(tables []*series.Table) (*figure.Figure, string) {
	var measures []runset.Measure
	for _, of := range []struct {
		metric string
		runset.Measure
	}{{series.TrainMSE, finalTrain}, {series.TestMSE, finalTest}} {
		labels := runset.Labels(tables, of.metric)
		for k, label := range labels {
			// The axis already names the quantity; the legend only needs "train" and "test".
			m := of.Measure
			m.Name = strings.TrimSuffix(m.Name, " loss")
			if len(labels) > 1 {
				m.Name += ", " + strings.TrimPrefix(label, "target=")
				m.Style.Color = figure.NthStyle(k, series.Exact).Color
			}

			m.Of = func(t *series.Table) float64 {
				return query.Last(t, of.metric, label)
			}
			measures = append(measures, m)
		}
	}

	f, declined := runset.DrawMeasures(tables, "mean square error", measures...)
	if f != nil {
		f.Reading += " In the square of each target's unit."
	}

	return f, declined
}

// finalUnexplained draws 1 − R². Unlike R² it is never negative, so a logarithmic axis can show how
// far a good fit is from a perfect one.
func finalUnexplained(tables []*series.Table) (*figure.Figure, string) {
	unexplained := func(m runset.Measure, r2 string) runset.Measure {
		m.Name = strings.TrimSuffix(m.Name, " loss")
		m.Of = func(t *series.Table) float64 {
			return 1 - query.Last(t, r2, "")
		}
		return m
	}
	f, declined := runset.DrawMeasures(
		tables,
		"1 − R²",
		unexplained(finalTrain, series.TrainR2),
		unexplained(finalTest, series.TestR2),
	)
	if f != nil {
		f.Reading += " The share of the target's variance that the predictions miss: 0 if " +
			"every prediction is right, 1 for always predicting the mean. For several targets the " +
			"mean is shown."
	}

	return f, declined
}
