package plots

import (
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// namedLevels is the most values of a key that parallel coordinates name one by one; a key of
// more is drawn as numbers.
const namedLevels = 16

// parallel draws every run as a line across one axis for each key in which the runs differ and
// one for each of the numbers that they ended with.
func parallel(tables []*series.Table) (*Figure, string) {
	keys := query.VaryingKeys(tables)
	if len(keys) == 0 {
		return nil, "the runs differ in nothing but their seeds"
	}

	f := &Figure{}
	var of []func(*series.Table) float64
	for _, key := range keys {
		axis, place := keyAxis(tables, key)
		f.Dims, of = append(f.Dims, axis), append(of, place)
	}

	for _, m := range []measure{
		{name: "train loss", of: lastOf(series.TrainLoss)}, {name: "test loss", of: lastOf(series.TestLoss)},
		{name: "lower bound", of: lastOf(series.LowerBound)}, {name: "best certified", of: lastCertified}, {name: "gap", of: query.Gap},
	} {
		if values := finiteValues(tables, m.of); len(values) > 0 {
			f.Dims, of = append(f.Dims, Axis{Name: m.name, Log: spreads(values)}), append(of, m.of)
		}
	}

	var columns []string
	for _, d := range f.Dims {
		columns = append(columns, d.Name)
	}

	eachRun(tables, func(t *series.Table, name string, s Style) {
		var row Row
		for _, value := range of {
			row = append(row, value(t))
		}

		f.add(Series{Name: name, Shape: Strand, Rows: []Row{row}, Columns: columns, Style: s})
	})

	return f.read(
		"One line a run, across what it was set to and what it ended with. Drag along an axis to keep the runs that pass " +
			"there; click on the axis to let go.",
	)
}

// keyAxis returns the axis of a key, and where on it a run lies.
func keyAxis(tables []*series.Table, key string) (Axis, func(*series.Table) float64) {
	names := levels(tables, key)
	if len(names) <= namedLevels || !numeric(tables, key) {
		return Axis{
			Name:   KeyName(key),
			Values: names,
		}, func(t *series.Table) float64 { return float64(slices.Index(names, KeyValue(t, key))) }
	}
	number := func(t *series.Table) float64 { v, _ := query.Number(t, key); return v }
	return Axis{Name: KeyName(key), Log: spreads(finiteValues(tables, number))}, number
}

// finiteValues returns a number of every run that is finite.
func finiteValues(tables []*series.Table, of func(*series.Table) float64) []float64 {
	var values []float64
	for _, t := range tables {
		if v := of(t); query.Finite(v) {
			values = append(values, v)
		}
	}
	return values
}
