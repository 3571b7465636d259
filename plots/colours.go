package plots

import (
	"slices"
	"strconv"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/page"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// colours offers the keys in which runs differ, and their seeds.
func colours(tables []*series.Table) page.Colouring {
	c := page.Colouring{Runs: map[string][]int{}}
	ids := runset.IDs(tables)
	offer := func(name string, values []string, of func(*series.Table) string) {
		c.Keys = append(c.Keys, page.ColourKey{Name: name, Values: values})
		for _, t := range tables {
			c.Runs[ids[t]] = append(c.Runs[ids[t]], slices.Index(values, of(t)))
		}
	}

	if keys := query.VaryingKeys(tables); len(keys) > 1 {
		for _, key := range keys {
			offer(
				runset.KeyName(key),
				runset.Levels(tables, key),
				func(t *series.Table) string { return runset.KeyValue(t, key) },
			)
		}
	}

	if seeds := seedsOf(tables); len(seeds) > 1 {
		offer("seed", seeds, func(t *series.Table) string { return figure.FormatSeed(t.Header.Seed) })
	}

	return c
}

// seedsOf lists the seeds of runs, in order.
func seedsOf(tables []*series.Table) []string {
	var seeds []uint64
	for _, t := range tables {
		seeds = append(seeds, t.Header.Seed)
	}
	slices.Sort(seeds)
	var names []string
	for _, s := range slices.Compact(seeds) {
		names = append(names, strconv.FormatUint(s, 10))
	}
	return names
}
