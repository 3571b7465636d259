package claims

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

// tableRows are epochs of the paper's Table 3.
var tableRows = []int{1000, 2000, 3000, 4000, 5000, 10000, 50000}

var trajectory = []Claim{
	{
		Number:      2,
		Statement:   "The lower bound takes the values of Table 3 during training",
		Setting:     "FF_ReLU_256, cross-entropy, SGD 0.005, Warmup20000Step25, seed 42",
		Paper:       "1.336, 3.762, 5.775, 7.142, 7.974, 9.928, 19.390 at epochs 1,000, 2,000, 3,000, 4,000, 5,000, 10,000, 50,000",
		Rule:        "seed 42: every row that the run reached within 2 %, the rows up to epoch 10,000 at least",
		Experiments: []string{"evolution"},
		recipe:      width256,
		judge: func(e Evidence) []finding {
			return table3(e, series.LowerBound, []float64{1.336, 3.762, 5.775, 7.142, 7.974, 9.928, 19.390}, 0.02)
		},
	},
	{
		Number:      3,
		Statement:   "The alternative lower bound takes the values of Table 3",
		Setting:     "as claim 2",
		Paper:       "0.865, 2.752, 4.257, 5.120, 5.591, 6.361, 8.840 at the same epochs",
		Rule:        "seed 42: every row that the run reached within 6 %, the rows up to epoch 10,000 at least",
		Experiments: []string{"evolution"},
		recipe:      width256,
		judge: func(e Evidence) []finding {
			return table3(e, series.AltLowerBound, []float64{0.865, 2.752, 4.257, 5.120, 5.591, 6.361, 8.840}, 0.06)
		},
	},
	{
		Number:      4,
		Statement:   "Jacobians give the larger lower bound: C_lower > C_alt.lower",
		Setting:     "FF_ReLU_256 as claim 2, every epoch",
		Paper:       "ratio 1.4 to 2.2 in Table 3, always above 1",
		Rule:        "the ratio is above 1 at every epoch of every run at which both were measured, of which there are two or more; one at or below 1 disagrees",
		Experiments: []string{"evolution"},
		recipe:      width256,
		judge:       alternativeIsSmaller,
	},
}

// table3 compares a metric of seed 42 with the rows of Table 3.
func table3(e Evidence, metric string, want []float64, tolerance float64) []finding {
	rs := e.runs("evolution").seed(paperSeed)
	if len(rs) == 0 {
		return []finding{undecided("", "seed %d was not run", paperSeed)}
	}
	if f := width256.comparable(rs); f != nil {
		return f
	}
	const least = 10000
	var all []finding
	for i, epoch := range tableRows {
		if epoch > least && rs.reach() < epoch {
			continue
		}
		f := near(fmt.Sprintf("epoch %d:", epoch), rs.at(metric, "", epoch), want[i], tolerance)
		all = append(all, f)
	}
	return all
}

func alternativeIsSmaller(e Evidence) []finding {
	least, most, count := math.Inf(1), 0.0, 0
	rs := e.runs("evolution")
	for _, r := range rs {
		alt := r.Curve(series.AltLowerBound, "")
		if alt == nil {
			continue
		}
		for i, epoch := range alt.Epochs {
			ratio := r.at(series.LowerBound, "", epoch) / alt.Values[i]
			if math.IsNaN(ratio) {
				return []finding{undecided("", "no ratio at epoch %d of seed %d", epoch, r.Header.Seed)}
			}
			least, most, count = min(least, ratio), max(most, ratio), count+1
		}
	}
	if count < 2 {
		return []finding{undecided("", "both were measured at %d epochs", count)}
	}
	return []finding{holds(least > 1, fmt.Sprintf("ratio %s to %s", format(least), format(most)),
		"the least of %d ratios is %s", count, format(least))}
}
