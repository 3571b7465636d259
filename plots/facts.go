package plots

import (
	"fmt"
	"maps"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// warningTable lists the values that the series itself marks as doubtful: one row for each curve
// and warning, with the epochs concerned. It is nil for a run without warnings.
func warningTable(t *series.Table) []figure.Table {
	tab := figure.NewTable(
		"warnings",
		"Doubtful values",
		"Quantity",
		"Why",
		"Points",
		"First epoch",
		"Last epoch",
	)
	for c := range query.Curves(t) {
		addWarnings(&tab, c)
	}

	if len(tab.Rows) == 0 {
		return nil
	}

	return []figure.Table{tab}
}

// addWarnings adds one row for each distinct warning of a curve, in the order in which they first
// appeared.
func addWarnings(tab *figure.Table, c *series.Curve) {
	type doubt struct{ points, first, last int }
	doubts := map[string]*doubt{}
	var order []string
	for _, i := range slices.Sorted(maps.Keys(c.Warnings)) {
		d := doubts[c.Warnings[i]]
		if d == nil {
			d = &doubt{first: c.Epochs[i]}
			doubts[c.Warnings[i]] = d
			order = append(order, c.Warnings[i])
		}

		d.points++
		d.last = c.Epochs[i]
	}

	for _, why := range order {
		d := doubts[why]
		tab.AddRow(
			figure.Quantity(c),
			why,
			fmt.Sprintf("%s of %s", figure.FormatInt(d.points), figure.FormatInt(len(c.Values))),
			d.first,
			d.last,
		)
	}
}

// factTables returns two tables: where a run's numbers came from, and its configuration.
func factTables(t *series.Table) []figure.Table {
	h := t.Header
	facts := namesAndValues("facts", "Facts")
	for _, f := range [][2]string{
		{"experiment", h.Experiment}, {"run", h.Run}, {"seed", figure.FormatSeed(h.Seed)},
		{"config hash", h.ConfigHash}, {"BLAS", h.BLAS},
	} {
		if f[1] != "" {
			facts.AddRow(f[0], f[1])
		}
	}

	config := namesAndValues("config", "Configuration")
	addMap(&facts, h.Versions)
	addMap(&config, h.Config)
	return []figure.Table{facts, config}
}

// sharedFacts returns the settings in which all runs of a set agree.
func sharedFacts(tables []*series.Table) []figure.Table {
	shared := maps.Clone(tables[0].Header.Config)
	maps.DeleteFunc(shared, func(key, _ string) bool {
		_, ok := query.Common(tables, key)
		return !ok
	})

	config := namesAndValues("config", "Configuration shared by all runs")
	addMap(&config, shared)
	return []figure.Table{config}
}

func namesAndValues(id, title string) figure.Table {
	tab := figure.NewTable(id, title, "Name", "Value")
	tab.Size = figure.Half
	return tab
}

func addMap(t *figure.Table, m map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		t.AddRow(key, m[key])
	}
}
