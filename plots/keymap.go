package plots

import (
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

func lowerMap(tables []*series.Table) (*figure.Figure, string) {
	return keyMap(tables, runset.Measure{Name: "lower bound", Of: runset.LastOf(series.LowerBound)})
}

func upperMap(tables []*series.Table) (*figure.Figure, string) {
	return keyMap(tables, runset.Measure{Name: "best certified bound", Of: runset.LastCertified})
}

func testMap(tables []*series.Table) (*figure.Figure, string) {
	return keyMap(tables, finalTest)
}

// keyMap draws a measure as a heat map over the first two keys in which the runs differ.
func keyMap(tables []*series.Table, m runset.Measure) (*figure.Figure, string) {
	x, y, ok := twoKeys(tables)
	if !ok {
		return nil, "needs two keys in which the runs differ"
	}
	return runset.MapOver(tables, x, y, m)
}

// twoKeys returns the first two keys in which the runs differ, those of numbers first and the
// widths before all.
func twoKeys(tables []*series.Table) (x, y string, ok bool) {
	keys := query.VaryingKeys(tables)
	rank := func(key string) int {
		switch {
		case key == runset.KeyHidden:
			return 0
		case runset.Numeric(tables, key):
			return 1
		}

		return 2
	}

	slices.SortStableFunc(keys, func(a, b string) int {
		return rank(a) - rank(b)
	})
	if len(keys) < 2 {
		return "", "", false
	}

	return keys[0], keys[1], true
}
