package plots

import (
	"slices"
	"strconv"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// colouring is what the script of a set's page needs to colour runs by a key that the reader
// chooses: the keys with their values in order, and for each run which value of each it has.
type colouring struct {
	Keys []colourKey      `json:"keys"`
	Runs map[string][]int `json:"runs"`
}

type colourKey struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// colours offers the keys in which runs differ, and their seeds.
func colours(tables []*series.Table) colouring {
	c := colouring{Runs: map[string][]int{}}
	ids := runIDs(tables)
	offer := func(name string, values []string, of func(*series.Table) string) {
		c.Keys = append(c.Keys, colourKey{name, values})
		for _, t := range tables {
			c.Runs[ids[t]] = append(c.Runs[ids[t]], slices.Index(values, of(t)))
		}
	}

	if keys := query.VaryingKeys(tables); len(keys) > 1 {
		for _, key := range keys {
			offer(KeyName(key), levels(tables, key), func(t *series.Table) string { return KeyValue(t, key) })
		}
	}

	if seeds := seedsOf(tables); len(seeds) > 1 {
		offer("seed", seeds, func(t *series.Table) string { return uintText(t.Header.Seed) })
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
