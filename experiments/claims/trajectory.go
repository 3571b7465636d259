package claims

import (
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
)

// tableRows are the epochs of the paper's Table 3.
var tableRows = []int{1000, 2000, 3000, 4000, 5000, 10000, 50000}

var (
	tableLower = []float64{1.336, 3.762, 5.775, 7.142, 7.974, 9.928, 19.390}
	tableAlt   = []float64{0.865, 2.752, 4.257, 5.120, 5.591, 6.361, 8.840}
)

// table3 compares a metric of seed 42 with the rows of Table 3.
func table3(metric string, want []float64, tolerance float64) func(Evidence) []finding {
	const least = 10000
	return func(e Evidence) []finding {
		rs := e.runs("evolution").ofSeed(paperSeed)
		// Values match the paper to the per cent only in its own setting.
		if all := width256.asInPaper(rs); all != nil {
			return all
		}

		if all := reached(rs, least); all != nil {
			return all
		}

		var all []finding
		for i, epoch := range tableRows {
			if rs.reach() >= epoch {
				name := fmt.Sprintf("epoch %d", epoch)
				all = append(
					all,
					valueNear(name, rs.valuesAt(metric, epoch), want[i], tolerance),
				)
			}
		}

		return all
	}
}

func alternativeIsSmaller(e Evidence) []finding {
	ratios, missing := e.runs("evolution").overEpochs("ratio", series.AltLowerBound, 0,
		func(r Run, alternative float64, epoch int) float64 {
			return r.valueAt(series.LowerBound, "", epoch) / alternative
		})
	switch {
	case missing != nil:
		return missing
	case len(ratios) < 2:
		return lacks("both were measured at %d epochs", len(ratios))
	}

	least := slices.Min(ratios)
	said := fmt.Sprintf("ratio %s to %s", format(least), format(slices.Max(ratios)))
	return []finding{
		holds(least > 1, said, "the least of %d ratios is %s", len(ratios), format(least)),
	}
}
