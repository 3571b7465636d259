// Package runset finds out how the runs of a set differ and draws numbers against that difference:
// means over seeds, bands of one standard deviation, fitted trends, interpolation thresholds.
package runset

import (
	"cmp"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// A Group holds runs that differ only in their seeds.
type Group struct {
	Name string
	Runs []*series.Table
}

// GroupBy groups runs that agree in all the given keys, ordered by hidden units and then by name.
// Without keys that differ there is one group.
func GroupBy(tables []*series.Table, keys []string) []Group {
	nameOf := func(t *series.Table) string {
		return GroupName(t, keys)
	}
	var groups []Group
	for _, runs := range query.Group(tables, nameOf) {
		groups = append(groups, Group{nameOf(runs[0]), runs})
	}

	slices.SortStableFunc(groups, func(a, b Group) int {
		na, _ := query.HiddenUnits(a.Runs[0])
		nb, _ := query.HiddenUnits(b.Runs[0])
		return cmp.Or(cmp.Compare(na, nb), cmp.Compare(a.Name, b.Name))
	})
	return groups
}

// Ordered returns the runs group by group, and by seed within each group.
func Ordered(tables []*series.Table) []*series.Table {
	var runs []*series.Table
	for _, g := range GroupBy(tables, query.VaryingKeys(tables)) {
		slices.SortStableFunc(g.Runs, func(a, b *series.Table) int {
			return cmp.Compare(a.Header.Seed, b.Header.Seed)
		})
		runs = append(runs, g.Runs...)
	}
	return runs
}

// GroupName describes how a run's group differs from others: "width 64", "hidden [64, 64], alpha
// 0.2".
func GroupName(t *series.Table, keys []string) string {
	if len(keys) == 0 {
		return "all runs"
	}
	var parts []string
	for _, key := range keys {
		part := KeyName(key) + " " + t.Header.Config[key]
		if width := KeyValue(t, key); key == KeyHidden && !strings.Contains(width, ",") {
			part = "width " + width
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// mostFamilies is the maximum number of families of curves in one picture.
const mostFamilies = 12

// FamiliesOf groups runs that differ only in seeds, the given keys and keys that follow from these.
// If that gives too many families, all runs form one. over names what the means are taken over.
func FamiliesOf(tables []*series.Table, keys ...string) (families []Group, over string) {
	apart := slices.DeleteFunc(query.VaryingKeys(tables), func(k string) bool {
		return slices.ContainsFunc(keys, func(key string) bool {
			return follows(tables, k, key)
		})
	})
	if families = GroupBy(tables, apart); len(families) <= mostFamilies {
		return families, "seeds"
	}
	return []Group{{Name: "all runs", Runs: tables}}, "seeds and all other keys"
}

// follows reports whether runs that agree in the key from also agree in key.
func follows(tables []*series.Table, key, from string) bool {
	value := map[string]string{}
	for _, t := range tables {
		at, v := t.Header.Config[from], t.Header.Config[key]
		if known, ok := value[at]; ok && known != v {
			return false
		}
		value[at] = v
	}
	return true
}
