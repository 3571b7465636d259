package plots

import (
	"liptrack/internal/trend"
)

// A trendRow is the power law that one curve of a figure follows.
type trendRow struct {
	name string
	law  trend.Law
}

// trendTable lists power laws fitted over a range; nil for none.
func trendTable(rows []trendRow, over string) *table {
	if len(rows) == 0 {
		return nil
	}
	tab := &table{
		Head: []string{"Curve", "Slope", "R²", "Points"},
		Note: "Power laws fitted to the means: ordinary least squares of logarithms, " + over + ".",
	}
	for _, r := range rows {
		tab.Rows = append(tab.Rows, []cell{text(r.name), number(r.law.Slope), number(r.law.R2), count(r.law.N)})
	}
	return tab
}
