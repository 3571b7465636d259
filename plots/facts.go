package plots

import (
	"fmt"
	"maps"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// warningTable lists what the series itself calls doubtful: each sentence once for each
// curve, with the epochs it holds for. Nothing for a run without doubts.
func warningTable(t *series.Table) []figure.Table {
	tab := figure.Table{
		ID:    "warnings",
		Title: "Doubtful values",
		Size:  figure.Full,
		Head:  []string{"Quantity", "Why", "Points", "First epoch", "Last epoch"},
	}

	for _, metric := range t.Metrics() {
		for _, label := range t.Labels(metric) {
			tab.Rows = append(tab.Rows, curveWarnings(t.Curve(metric, label))...)
		}
	}

	if len(tab.Rows) == 0 {
		return nil
	}

	return []figure.Table{tab}
}

// curveWarnings returns one row for each different warning of a curve, in the order in which
// they first appeared.
func curveWarnings(c *series.Curve) [][]figure.Cell {
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

	var rows [][]figure.Cell
	for _, why := range order {
		d := doubts[why]
		rows = append(
			rows,
			[]figure.Cell{
				figure.Text(figure.Quantity(c)),
				figure.Text(why),
				figure.Text(fmt.Sprintf("%s of %s", figure.FormatInt(d.points), figure.FormatInt(len(c.Values)))),
				figure.Count(d.first),
				figure.Count(d.last),
			},
		)
	}

	return rows
}

// factTables returns where a run's numbers came from, and its configuration.
func factTables(t *series.Table) []figure.Table {
	h := t.Header
	facts := pairs("facts", "Facts",
		[2]string{"experiment", h.Experiment}, [2]string{"run", h.Run}, [2]string{"seed", figure.FormatSeed(h.Seed)},
		[2]string{"config hash", h.ConfigHash}, [2]string{"BLAS", h.BLAS})
	addMap(&facts, h.Versions)
	config := pairs("config", "Configuration")
	addMap(&config, h.Config)
	return []figure.Table{facts, config}
}

// sharedFacts returns the settings and versions in which all runs of a set agree.
func sharedFacts(tables []*series.Table) []figure.Table {
	config := pairs("config", "Configuration shared by all runs")
	for _, key := range slices.Sorted(maps.Keys(tables[0].Header.Config)) {
		value, ok := query.Common(tables, key)
		if ok {
			config.Rows = append(config.Rows, []figure.Cell{figure.Text(key), figure.Text(value)})
		}
	}
	return []figure.Table{config}
}

// pairs returns a table of names and values.
func pairs(id, title string, facts ...[2]string) figure.Table {
	tab := figure.Table{
		ID:    id,
		Title: title,
		Size:  figure.Half,
		Head:  []string{"Name", "Value"},
	}
	for _, f := range facts {
		if f[1] != "" {
			tab.Rows = append(tab.Rows, []figure.Cell{figure.Text(f[0]), figure.Text(f[1])})
		}
	}
	return tab
}

func addMap(t *figure.Table, m map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		t.Rows = append(t.Rows, []figure.Cell{figure.Text(key), figure.Text(m[key])})
	}
}
