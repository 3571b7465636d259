package plots

import (
	"cmp"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// runTable lists the runs of a set with their final values, sortable and filterable. A run's name
// links to its own page if there is one.
func runTable(tables []*series.Table, links map[*series.Table]string) figure.Table {
	tab := figure.NewTable("runs", "Runs", "Run", "Setting", "Seed", "Epochs", "Status",
		"Train loss", "Test loss", "Lower bound", "Best certified", "Gap")
	tab.Browse = true
	tab.Note = "Choose a heading to sort by it, or a run to highlight it in the charts above. The " +
		"filter also hides runs in the charts that draw single runs. The small curves have a " +
		"logarithmic epoch axis."

	// A set can mix classifiers and regressions; a column appears if any run has its metric.
	var merits []string
	for _, m := range []struct{ metric, head string }{
		{series.TestAccuracy, "Test accuracy"}, {series.TestR2, "Test R²"},
	} {
		if slices.ContainsFunc(tables, func(t *series.Table) bool {
			return t.Curve(m.metric, "") != nil
		}) {
			merits = append(merits, m.metric)
			tab.Head = append(tab.Head, m.head)
		}
	}

	keys, ids := query.VaryingKeys(tables), runset.IDs(tables)
	for _, t := range tables {
		name := figure.Text(t.Header.Run)
		name.Link = links[t]
		row := []any{
			name, runset.GroupName(t, keys), figure.FormatSeed(t.Header.Seed), query.LastEpoch(t),
			cmp.Or(t.State, stateUnknown),
			finalCell(t.Curve(series.TrainLoss, "")), finalCell(t.Curve(series.TestLoss, "")),
			finalCell(t.Curve(series.LowerBound, "")), finalCell(query.BestCertified(t)), figure.Factor(query.Gap(t)),
		}

		for _, metric := range merits {
			row = append(row, finalCell(t.Curve(metric, "")))
		}

		tab.AddRow(row...)
		tab.RowIDs = append(tab.RowIDs, ids[t])
	}

	return tab
}

// finalCell returns the last value of a curve with a sparkline next to it.
func finalCell(c *series.Curve) figure.Cell {
	v, _, ok := c.Last()
	if !ok {
		return figure.None
	}
	value := figure.Number(v)
	value.Spark = figure.SparkPath(c)
	return value
}
