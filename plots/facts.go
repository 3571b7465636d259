package plots

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// warningTable lists what the series itself calls doubtful: each sentence once for each
// curve, with the epochs it holds for. Nothing for a run without doubts.
func warningTable(t *series.Table) []table {
	tab := table{
		ID:    "warnings",
		Title: "Doubtful values",
		Size:  full,
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

	return []table{tab}
}

// curveWarnings returns one row for each different warning of a curve, in the order in which
// they first appeared.
func curveWarnings(c *series.Curve) [][]cell {
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

	var rows [][]cell
	for _, why := range order {
		d := doubts[why]
		rows = append(
			rows,
			[]cell{
				text(quantity(c)),
				text(why),
				text(fmt.Sprintf("%s of %s", FormatInt(d.points), FormatInt(len(c.Values)))),
				count(d.first),
				count(d.last),
			},
		)
	}

	return rows
}

// quantity names a curve in full, "spectral norm, layer 2".
func quantity(c *series.Curve) string {
	if c.Label == "" {
		return words(c.Metric).name
	}
	return words(c.Metric).name + ", " + curveName(c)
}

// factTables returns where a run's numbers came from, and its configuration.
func factTables(t *series.Table) []table {
	h := t.Header
	facts := pairs("facts", "Facts",
		[2]string{"experiment", h.Experiment}, [2]string{"run", h.Run}, [2]string{"seed", uintText(h.Seed)},
		[2]string{"config hash", h.ConfigHash}, [2]string{"BLAS", h.BLAS})
	facts.addMap(h.Versions)
	config := pairs("config", "Configuration")
	config.addMap(h.Config)
	return []table{facts, config}
}

// sharedFacts returns the settings and versions in which all runs of a set agree.
func sharedFacts(tables []*series.Table) []table {
	config := pairs("config", "Configuration shared by all runs")
	for _, key := range slices.Sorted(maps.Keys(tables[0].Header.Config)) {
		if value, ok := query.Common(tables, key); ok {
			config.Rows = append(config.Rows, []cell{text(key), text(value)})
		}
	}
	return []table{config}
}

// pairs returns a table of names and values.
func pairs(id, title string, facts ...[2]string) table {
	tab := table{ID: id, Title: title, Size: half, Head: []string{"Name", "Value"}}
	for _, f := range facts {
		if f[1] != "" {
			tab.Rows = append(tab.Rows, []cell{text(f[0]), text(f[1])})
		}
	}
	return tab
}

func (t *table) addMap(m map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		t.Rows = append(t.Rows, []cell{text(key), text(m[key])})
	}
}

func uintText(n uint64) string { return strconv.FormatUint(n, 10) }

// sortKey returns a number as the page's script reads it to sort by; NaN sorts below everything.
func sortKey(v float64) string {
	switch {
	case math.IsNaN(v), math.IsInf(v, -1):
		return "-Infinity"
	case math.IsInf(v, 1):
		return "Infinity"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
