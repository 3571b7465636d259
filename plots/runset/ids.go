package runset

import (
	"fmt"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// EachRun calls draw for each run, group by group, with the name of its group and the style of its
// line, and returns the number of groups. Runs that differ only in their seeds share a colour, a
// marker and an entry in the legend.
func EachRun(tables []*series.Table, draw func(t *series.Table, name string, s figure.Style)) int {
	groups := GroupBy(tables, query.VaryingKeys(tables))
	ids := IDs(tables)
	for i, g := range groups {
		s := figure.RampStyle(i, len(groups))
		s.Width = 1.5
		for _, t := range g.Runs {
			s.ID, s.Run = ids[t], t.Header.Run
			draw(t, g.Name, s)
		}
	}
	return len(groups)
}

// IDs returns a unique name for each run: its own, with a number if several have the same.
func IDs(tables []*series.Table) map[*series.Table]string {
	ids, taken := make(map[*series.Table]string, len(tables)), map[string]int{}
	for _, t := range tables {
		name := figure.NameOf(t)
		if taken[name]++; taken[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, taken[name])
		}
		ids[t] = name
	}
	return ids
}
