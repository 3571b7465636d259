package runset

import (
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// MapOver draws a measure as a heat map over two keys: each cell is the mean over the runs with the
// same values of both.
func MapOver(tables []*series.Table, x, y string, m Measure) (*figure.Figure, string) {
	across, up := Levels(tables, x), Levels(tables, y)
	p := figure.New(
		figure.Axis{Name: KeyName(x), Values: across},
		figure.Axis{Name: KeyName(y), Values: up},
	)
	ids := IDs(tables)
	values, of := map[[2]int][]float64{}, map[[2]int][]string{}
	for _, t := range tables {
		if v := m.Of(t); query.Finite(v) {
			place := [2]int{
				slices.Index(across, KeyValue(t, x)),
				slices.Index(up, KeyValue(t, y)),
			}
			values[place] = append(values[place], v)
			of[place] = append(of[place], ids[t])
		}
	}

	var rows []figure.Row
	var runs [][]string
	for i := range across {
		for j := range up {
			place := [2]int{i, j}
			if len(values[place]) > 0 {
				rows = append(
					rows,
					figure.Row{float64(i), float64(j), query.Mean(values[place])},
				)
				runs = append(runs, of[place])
			}
		}
	}

	p.AddSeries(figure.Series{
		Name:  m.Name,
		Shape: figure.Tiles,
		Rows:  rows,
		Runs:  runs,
		Style: figure.Style{Color: figure.Heat},
	})
	return p.Explain(
		"Mean of the " + m.Name + " over the runs of each pair of values; the stronger the " +
			"shade, the larger." + LeftOut(tables),
	)
}
