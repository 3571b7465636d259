package plots

import "liptrack/tracker/series"

// runTable lists the runs of a set with what they ended with, to be sorted and filtered.
func runTable(tables []*series.Table) table {
	tab := table{
		ID: "runs", Title: "Runs", Size: full, Browse: true,
		Note: "Choose a heading to sort by it, a run to find its curves in the charts above.",
		Head: []string{"Run", "Setting", "Seed", "Epochs", "Status", "Train loss", "Test loss", "Lower bound", "Best certified", "Gap"},
	}
	keys := varyingKeys(tables)
	for _, t := range tables {
		lower, upper := final(t.Curve(series.LowerBound, "")), lastCertified(t)
		tab.Rows = append(tab.Rows, []cell{
			text(t.Header.Run), text(groupName(t, keys)), text(uintText(t.Header.Seed)), count(lastEpoch(t)), text(status(t)),
			finalCell(t.Curve(series.TrainLoss, "")), finalCell(t.Curve(series.TestLoss, "")),
			number(lower), number(upper), factor(finalGap(t)),
		})
	}
	return tab
}

func finalCell(c *series.Curve) cell {
	if v, _, ok := c.Last(); ok {
		return number(v)
	}
	return none
}
