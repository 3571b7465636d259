package claims

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

// tableRows are epochs of the paper's Table 3.
var tableRows = []int{1000, 2000, 3000, 4000, 5000, 10000, 50000}

var (
	tableLower = []float64{1.336, 3.762, 5.775, 7.142, 7.974, 9.928, 19.390}
	tableAlt   = []float64{0.865, 2.752, 4.257, 5.120, 5.591, 6.361, 8.840}
)

var trajectory = map[int]judge{
	2: {
		width256,
		func(e Evidence) []finding {
			return table3(e, series.LowerBound, tableLower, 0.02)
		},
	},
	3: {
		width256,
		func(e Evidence) []finding {
			return table3(e, series.AltLowerBound, tableAlt, 0.06)
		},
	},
	4: {width256, alternativeIsSmaller},
}

// table3 compares a metric of seed 42 with the rows of Table 3.
func table3(e Evidence, metric string, want []float64, tolerance float64) []finding {
	const least = 10000
	rs := e.runs("evolution").ofSeed(paperSeed)
	// Values to the per cent are the paper's at its own setting only.
	if all := width256.asInPaper(rs); all != nil {
		return all
	}

	if all := reached(rs, least); all != nil {
		return all
	}

	var all []finding
	for i, epoch := range tableRows {
		if rs.reach() >= epoch {
			all = append(
				all,
				valueNear(
					fmt.Sprintf("epoch %d", epoch),
					rs.valuesAt(metric, "", epoch),
					want[i],
					tolerance,
				),
			)
		}
	}

	return all
}

func alternativeIsSmaller(e Evidence) []finding {
	least, most, count := math.Inf(1), 0.0, 0
	for _, r := range e.runs("evolution") {
		alt := r.Curve(series.AltLowerBound, "")
		if alt == nil {
			continue
		}

		for i, epoch := range alt.Epochs {
			ratio := r.valueAt(series.LowerBound, "", epoch) / alt.Values[i]
			if math.IsNaN(ratio) {
				return []finding{
					undecided("", "no ratio at epoch %d of seed %d", epoch, r.Header.Seed),
				}
			}
			least, most, count = min(least, ratio), max(most, ratio), count+1
		}
	}

	if count < 2 {
		return []finding{notRun("", "both were measured at %d epochs", count)}
	}

	said := fmt.Sprintf("ratio %s to %s", format(least), format(most))
	return []finding{holds(least > 1, said, "the least of %d ratios is %s", count, format(least))}
}
