package plots

import (
	"slices"
	"strings"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// regressionSetCharts come after the final losses on the page of a set with regressions in it.
var regressionSetCharts = []chart{
	{
		"final-square-error",
		"Final mean square error",
		figure.Side,
		[]string{series.TrainMSE, series.TestMSE},
		finalSquareError,
	},
	{
		"final-unexplained",
		"Final unexplained variance",
		figure.Side,
		[]string{series.TrainR2, series.TestR2},
		finalUnexplained,
	},
}

// setChartsOf returns the charts of the page of a set.
func setChartsOf(tables []*series.Table) []chart {
	if !slices.ContainsFunc(tables, runset.IsRegression) {
		return setCharts
	}
	after := slices.IndexFunc(setCharts, func(c chart) bool {
		return c.id == "final-train-loss"
	}) + 1
	return slices.Concat(setCharts[:after], regressionSetCharts, setCharts[after:])
}

// finalSquareError draws the mean square errors that runs ended with, of every target.
func finalSquareError(tables []*series.Table) (*figure.Figure, string) {
	var measures []runset.Measure
	for _, of := range []struct {
		metric string
		runset.Measure
	}{{series.TrainMSE, finalTrain}, {series.TestMSE, finalTest}} {
		labels := runset.Labels(tables, of.metric)
		for k, label := range labels {
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

// finalUnexplained draws 1 − R², which unlike R² is never negative and shows on a logarithmic axis
// how far a good fit is from a perfect one.
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
		f.Reading += " The share of the target's variance that the predictions miss: 0 where " +
			"every one is right, 1 for always predicting the mean. Of several targets it is " +
			"their mean."
	}

	return f, declined
}
