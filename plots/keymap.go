package plots

import (
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// keyMap returns the drawing of a measure as a heat map over the first two keys in which the runs
// differ.
func keyMap(m runset.Measure) drawing {
	return func(tables []*series.Table) (*figure.Figure, string) {
		keys := keysByRank(tables)
		if len(keys) < 2 {
			return nil, "needs two keys in which the runs differ"
		}
		return runset.MapOver(tables, keys[0], keys[1], m)
	}
}

// keysByRank returns the keys in which the runs differ: the widths first, then keys with numeric
// values, then the others.
func keysByRank(tables []*series.Table) []string {
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
	return keys
}
