package runset

import (
	"fmt"

	"github.com/liptrack/liptrack/internal/trend"
	"github.com/liptrack/liptrack/plots/figure"
)

// A TrendRow is the power law that one curve of a figure follows.
type TrendRow struct {
	Name string
	Law  trend.Law
}

// leastR2 is the R² below which a curve is taken to follow no power law.
const leastR2 = 0.7

// TrendTable lists the power laws that curves follow, fitted over a range. It is empty if the fits
// are poor, nil if nothing was fitted.
func TrendTable(rows []TrendRow, over string) *figure.Table {
	if len(rows) == 0 {
		return nil
	}

	tab := &figure.Table{Head: []string{"Curve", "Slope", "R²", "Points"}}
	for _, r := range rows {
		if r.Law.R2 >= leastR2 {
			tab.AddRow(r.Name, r.Law.Slope, r.Law.R2, r.Law.N)
		}
	}

	if len(tab.Rows) == 0 {
		return &figure.Table{}
	}

	tab.Note = fmt.Sprintf(
		"Power laws fitted to the means: ordinary least squares of logarithms, %s, where R² is %g or more.",
		over,
		leastR2,
	)

	return tab
}
