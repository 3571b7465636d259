package plots

import (
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/tracker/series/query"
)

// runTable lists the runs of a set with what they ended with, to be sorted and filtered; a run's
// name leads to its own page where there is one.
func runTable(tables []*series.Table, links map[*series.Table]string) table {
	tab := table{
		ID: "runs", Title: "Runs", Size: full, Browse: true,
		Note: "Choose a heading to sort by it, a run to find it in the charts above. The filter leaves its runs in the charts of single runs. The small curves run over the logarithm of the epoch.",
		Head: []string{
			"Run",
			"Setting",
			"Seed",
			"Epochs",
			"Status",
			"Train loss",
			"Test loss",
			"Lower bound",
			"Best certified",
			"Gap",
		},
	}

	accuracy := func(t *series.Table) *series.Curve { return t.Curve(series.TestAccuracy, "") }
	classifies := slices.ContainsFunc(tables, func(t *series.Table) bool { return accuracy(t) != nil })
	if classifies {
		tab.Head = append(tab.Head, "Test accuracy")
	}

	keys, ids := query.VaryingKeys(tables), runIDs(tables)
	for _, t := range tables {
		name := text(t.Header.Run)
		name.Link = links[t]
		row := []cell{
			name, text(groupName(t, keys)), text(uintText(t.Header.Seed)), count(query.LastEpoch(t)), text(status(t)),
			finalCell(t.Curve(series.TrainLoss, "")), finalCell(t.Curve(series.TestLoss, "")),
			finalCell(t.Curve(series.LowerBound, "")), finalCell(query.BestCertified(t)), factor(query.Gap(t)),
		}

		if classifies {
			row = append(row, finalCell(accuracy(t)))
		}

		tab.Rows = append(tab.Rows, row)
		tab.RowIDs = append(tab.RowIDs, ids[t])
	}

	return tab
}

// finalCell returns the last value of a curve beside a small picture of it.
func finalCell(c *series.Curve) cell {
	v, _, ok := c.Last()
	if !ok {
		return none
	}
	value := number(v)
	value.Spark = sparkPath(c)
	return value
}
