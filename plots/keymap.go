package plots

import (
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

func lowerMap(tables []*series.Table) (*Figure, string) {
	return keyMap(tables, measure{name: "lower bound", of: lastOf(series.LowerBound)})
}

func upperMap(tables []*series.Table) (*Figure, string) {
	return keyMap(tables, measure{name: "best certified bound", of: lastCertified})
}

func testMap(tables []*series.Table) (*Figure, string) { return keyMap(tables, finalTest) }

// keyMap draws a measure as a heat map over the first two keys in which the runs differ.
func keyMap(tables []*series.Table, m measure) (*Figure, string) {
	x, y, ok := twoKeys(tables)
	if !ok {
		return nil, "needs two keys in which the runs differ"
	}
	return mapOver(tables, x, y, m)
}

// mapOver draws a measure as a heat map over two keys: the mean over the runs that have the same
// values of both.
func mapOver(tables []*series.Table, x, y string, m measure) (*Figure, string) {
	across, up := levels(tables, x), levels(tables, y)
	p := newPlot(Axis{Name: KeyName(x), Values: across}, Axis{Name: KeyName(y), Values: up})
	ids := runIDs(tables)
	values, of := map[[2]int][]float64{}, map[[2]int][]string{}
	for _, t := range tables {
		if v := m.of(t); query.Finite(v) {
			place := [2]int{slices.Index(across, KeyValue(t, x)), slices.Index(up, KeyValue(t, y))}
			values[place], of[place] = append(values[place], v), append(of[place], ids[t])
		}
	}

	var rows []Row
	var runs [][]string
	for i := range across {
		for j := range up {
			if place := [2]int{i, j}; len(values[place]) > 0 {
				rows = append(rows, Row{float64(i), float64(j), query.Mean(values[place])})
				runs = append(runs, of[place])
			}
		}
	}

	p.add(
		Series{
			Name:    m.name,
			Shape:   Tiles,
			Rows:    rows,
			Columns: []string{p.X.Name, p.Y.Name, m.name},
			Runs:    runs,
			Style:   Style{Color: heat},
		},
	)
	return p.read(
		"Mean of the " + m.name + " over the runs of each pair of values; the stronger the shade, the larger." + leftOut(
			tables,
		),
	)
}

// twoKeys returns the first two keys in which the runs differ, those of numbers first and the
// widths before all.
func twoKeys(tables []*series.Table) (x, y string, ok bool) {
	keys := query.VaryingKeys(tables)
	rank := func(key string) int {
		switch {
		case key == keyHidden:
			return 0
		case numeric(tables, key):
			return 1
		}

		return 2
	}

	slices.SortStableFunc(keys, func(a, b string) int { return rank(a) - rank(b) })
	if len(keys) < 2 {
		return "", "", false
	}

	return keys[0], keys[1], true
}
