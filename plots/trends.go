package plots

import (
	"fmt"

	"github.com/liptrack/liptrack/internal/trend"
)

// A trendRow is the power law that one curve of a figure follows.
type trendRow struct {
	name string
	law  trend.Law
}

// leastR2 is the R² below which a curve follows no power law.
const leastR2 = 0.7

// trendTable lists the power laws, fitted over a range, that curves follow; empty if they follow
// none, nil if none was fitted.
func trendTable(rows []trendRow, over string) *table {
	if len(rows) == 0 {
		return nil
	}

	tab := &table{Head: []string{"Curve", "Slope", "R²", "Points"}}
	for _, r := range rows {
		if r.law.R2 >= leastR2 {
			tab.Rows = append(tab.Rows, []cell{text(r.name), number(r.law.Slope), number(r.law.R2), count(r.law.N)})
		}
	}

	if len(tab.Rows) == 0 {
		return &table{}
	}

	tab.Note = fmt.Sprintf(
		"Power laws fitted to the means: ordinary least squares of logarithms, %s, where R² is %g or more.",
		over,
		leastR2,
	)

	return tab
}
