package plots

import (
	"cmp"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// colours lists what runs can be coloured by: the keys in which they differ, and their seeds.
func colours(tables []*series.Table) page.Colouring {
	c := page.Colouring{Runs: map[string][]int{}}
	ids := runset.IDs(tables)
	tell := func(key page.ColourKey, of func(*series.Table) string) {
		c.Keys = append(c.Keys, key)
		for _, t := range tables {
			c.Runs[ids[t]] = append(c.Runs[ids[t]], slices.Index(key.Values, of(t)))
		}
	}

	keys := query.VaryingKeys(tables)
	for _, key := range keys {
		// With a single key, colours by setting and colours by key are the same, so only the first
		// is offered.
		k := page.ColourKey{
			Name:    runset.KeyName(key),
			Key:     key,
			Values:  runset.Levels(tables, key),
			Offered: len(keys) > 1,
		}
		tell(k, func(t *series.Table) string {
			return runset.KeyValue(t, key)
		})
	}

	if seeds := seedsOf(tables); len(seeds) > 1 {
		k := page.ColourKey{
			Name:    "seed",
			Key:     "seed",
			Values:  seeds,
			Offered: true,
		}
		tell(k, seedOf)
	}

	return c
}

func seedOf(t *series.Table) string {
	return figure.FormatSeed(t.Header.Seed)
}

// seedsOf lists the distinct seeds of the runs in ascending order.
func seedsOf(tables []*series.Table) []string {
	runs := slices.SortedFunc(slices.Values(tables), func(a, b *series.Table) int {
		return cmp.Compare(a.Header.Seed, b.Header.Seed)
	})
	var seeds []string
	for _, t := range runs {
		seeds = append(seeds, seedOf(t))
	}
	return slices.Compact(seeds)
}
