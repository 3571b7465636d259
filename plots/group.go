package plots

import (
	"cmp"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A group is runs that differ in nothing but their seeds.
type group struct {
	name string
	runs []*series.Table
}

// groupBy puts runs together that agree in all the given keys of their configuration, ordered
// by hidden units and then by name. With no keys, or none that differ, there is one group.
func groupBy(tables []*series.Table, keys []string) []group {
	var groups []group
	for _, runs := range query.Group(tables, func(t *series.Table) string { return groupName(t, keys) }) {
		groups = append(groups, group{groupName(runs[0], keys), runs})
	}

	slices.SortStableFunc(groups, func(a, b group) int {
		na, _ := query.HiddenUnits(a.runs[0])
		nb, _ := query.HiddenUnits(b.runs[0])
		return cmp.Or(cmp.Compare(na, nb), cmp.Compare(a.name, b.name))
	})
	return groups
}

// Ordered returns the runs group by group, and by seed within one.
func Ordered(tables []*series.Table) []*series.Table {
	var runs []*series.Table
	for _, g := range groupBy(tables, query.VaryingKeys(tables)) {
		slices.SortStableFunc(g.runs, func(a, b *series.Table) int { return cmp.Compare(a.Header.Seed, b.Header.Seed) })
		runs = append(runs, g.runs...)
	}
	return runs
}

// groupName says in what a run differs from runs of other groups, "width 64", "hidden [64, 64],
// alpha 0.2".
func groupName(t *series.Table, keys []string) string {
	if len(keys) == 0 {
		return "all runs"
	}
	var parts []string
	for _, key := range keys {
		short, value := KeyName(key), t.Header.Config[key]
		if single := KeyValue(t, key); key == keyHidden && !strings.Contains(single, ",") {
			short, value = "width", single
		}
		parts = append(parts, short+" "+value)
	}
	return strings.Join(parts, ", ")
}
