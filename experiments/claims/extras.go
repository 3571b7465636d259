package claims

import (
	"math"
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
)

func asReviewersAsked(e Evidence) []finding {
	all := slices.Concat(
		falls(e.runs("weight-decay"), "weight decay", "train.optimizer.weight_decay"),
		falls(e.runs("dropout"), "dropout", "model.dropout"),
	)
	rs := e.runs("misclassified")
	if len(rs) == 0 {
		return all
	}

	ratio := func(metric string) spread {
		return rs.valuesOf(
			func(r Run) float64 {
				return r.last(metric, "on=misclassified") / r.last(metric, "on=correct")
			},
		)
	}

	return append(
		all,
		above("mean norm, misclassified over correct", ratio(series.JacobianMean), 1.05),
		liesWithin(
			"largest norm, misclassified over correct",
			ratio(series.LowerBound),
			1/1.5,
			1.5,
		),
	)
}

// falls tests whether the lower bound falls with a key of the configuration.
func falls(rs runs, name, of string) []finding {
	levels := rs.groupBy(key(of))
	if len(levels) == 0 {
		return nil // already reported as not run
	}

	if len(levels) < 3 || levels[0].x != 0 {
		return lacks("%d values of %s, and 0 among them to compare with", len(levels), name)
	}

	// Compare only ranks, since the paper names no law.
	var x, y []float64
	for _, level := range levels {
		x = append(x, level.x)
		y = append(y, level.mean(series.LowerBound))
	}

	correlation := rankCorrelation(x, y)
	trend := undecided("", "no rank correlation with %s", name)
	if !math.IsNaN(correlation) {
		trend = holds(
			correlation < 0,
			"",
			"the rank correlation of lower bound and %s is %.2f",
			name,
			correlation,
		)
	}

	with := levels[len(levels)-1]
	effect := exceeds(
		"lower without against with "+name+" "+with.value,
		levels[0].last(series.LowerBound),
		with.last(series.LowerBound),
		1.1,
	)
	return []finding{effect, trend}
}
