package claims

import (
	"github.com/liptrack/liptrack/tracker/series"
)

var reviewersRequest = []Claim{{
	Number:      30,
	Statement:   "The lower bound falls with weight decay and with dropout; misclassified points have the larger norms on average, not at most",
	Setting:     "ResNet20 on CIFAR-10 in the paper, 500 epochs; here width 256 on MNIST1D",
	Paper:       "falls with either; larger norms more often, largest similar",
	Rule:        "at the last epochs: lower bound at the largest weight decay below that without, by more than 2 standard errors, and a negative rank correlation of the two over three values or more; the same for dropout; mean norm of misclassified over that of correct points above 1 by more than 2 standard errors, and their largest norms' mean ratio from 1/1.5 to 1.5",
	Experiments: []string{"weight-decay", "dropout", "misclassified"},
	judge: func(e Evidence) []finding {
		all := falls(e.runs("weight-decay"), "weight decay", "train.optimizer.weight_decay")
		all = append(all, falls(e.runs("dropout"), "dropout", "model.dropout")...)
		rs := e.runs("misclassified")
		if len(rs) == 0 {
			return all
		}
		ratio := func(metric string) spread {
			return rs.of(func(r Run) float64 { return r.last(metric, "on=misclassified") / r.last(metric, "on=correct") })
		}
		return append(all,
			exceeds(ratio(series.JacobianMean), constant(1), "mean norm, misclassified over correct"),
			between("largest norm, misclassified over correct,", ratio(series.LowerBound), 1/1.5, 1.5))
	},
}}

// falls wants the lower bound to fall with a key of the configuration.
func falls(rs runs, name, of string) []finding {
	levels := rs.by(key(of))
	if len(levels) == 0 {
		return nil // said already: not run
	}
	if len(levels) < 3 || levels[0].x != 0 {
		return []finding{undecided("", "%d values of %s, and 0 among them to compare with", len(levels), name)}
	}
	var x, y []float64
	for _, level := range levels {
		x, y = append(x, level.x), append(y, level.last(series.LowerBound, "").mean())
	}
	last := levels[len(levels)-1]
	correlation := rankCorrelation(x, y)
	trend := undecided("", "no rank correlation with %s", name)
	if correlation == correlation {
		trend = holds(correlation < 0, "", "the rank correlation of lower bound and %s is %.2f", name, correlation)
	}
	return []finding{exceeds(levels[0].last(series.LowerBound, ""), last.last(series.LowerBound, ""), "lower without against with "+name+" "+last.value), trend}
}
