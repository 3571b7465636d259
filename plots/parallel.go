package plots

import (
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// namedLevels is the maximum number of values that an axis of parallel coordinates names one by
// one; a key with more numeric values gets a numeric axis.
const namedLevels = 16

// parallel draws every run as a line across one axis for each key in which the runs differ, and one
// for each of their final values.
func parallel(tables []*series.Table) (*figure.Figure, string) {
	keys := query.VaryingKeys(tables)
	if len(keys) == 0 {
		return nil, "the runs differ in nothing but their seeds"
	}

	f := &figure.Figure{}
	var of []func(*series.Table) float64
	for _, key := range keys {
		axis, place := keyAxis(tables, key)
		f.Dims = append(f.Dims, axis)
		of = append(of, place)
	}

	for _, m := range []runset.Measure{
		finalTrain,
		finalTest,
		finalLower,
		{Name: "best certified", Of: runset.LastCertified},
		{Name: "gap", Of: runset.Gap},
	} {
		// A measure that no run has gets no axis.
		if values := runset.FiniteValues(tables, m.Of); len(values) > 0 {
			f.Dims = append(f.Dims, figure.Axis{Name: m.Name, Log: runset.Spreads(values)})
			of = append(of, m.Of)
		}
	}

	runset.EachRun(tables, func(t *series.Table, name string, s figure.Style) {
		var row figure.Row
		for _, value := range of {
			row = append(row, value(t))
		}

		f.AddSeries(figure.Series{
			Name:  name,
			Shape: figure.Strand,
			Rows:  []figure.Row{row},
			Style: s,
		})
	})

	return f.Explain(
		"One line per run, across its settings and its final values. Drag along an axis to keep " +
			"only the runs that pass there; click the axis to show all again.",
	)
}

// keyAxis returns the axis of a key and the position of each run on it.
func keyAxis(tables []*series.Table, key string) (figure.Axis, func(*series.Table) float64) {
	names := runset.Levels(tables, key)
	if len(names) <= namedLevels || !runset.Numeric(tables, key) {
		axis := figure.Axis{
			Name:   runset.KeyName(key),
			Values: names,
		}
		return axis, func(t *series.Table) float64 {
			return float64(slices.Index(names, runset.KeyValue(t, key)))
		}
	}

	number := func(t *series.Table) float64 {
		v, _ := query.Number(t, key)
		return v
	}
	return figure.Axis{
		Name: runset.KeyName(key),
		Log:  runset.Spreads(runset.FiniteValues(tables, number)),
	}, number
}
