package claims

import (
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

var losses = []Claim{{
	Number:      22,
	Statement:   "The square loss has the smaller bounds; behind a softmax cross-entropy's is far smaller and near it",
	Setting:     "FF_ReLU_256 with cross-entropy (SGD 0.005), LeakyOutput_FF_ReLU_256 with square loss (0.001), the same epoch",
	Paper:       "square loss < cross-entropy; softmax of cross-entropy ≪ cross-entropy (shown as curves)",
	Rule:        "lower bounds at the last epoch that all runs share, 1,000 or later: square loss below cross-entropy, by more than 2 standard errors; behind the softmax at most half of cross-entropy's logits, likewise; and in logarithms nearer to the square loss than the logits are",
	Experiments: []string{"losses"},
	recipe:      width256.without("train.loss", "model.output", "train.optimizer.lr"),
	judge: func(e Evidence) []finding {
		rs := e.runs("losses")
		cross, square := rs.with("train.loss", "cross_entropy"), rs.with("train.loss", "mse")
		epoch := rs.common(series.LowerBound, "")
		if len(cross) == 0 || len(square) == 0 || epoch < 1000 {
			return []finding{undecided("", "%d and %d runs of the two losses share epochs up to %d", len(cross), len(square), epoch)}
		}
		logits, softmax, mse := cross.at(series.LowerBound, "", epoch), cross.at(series.LowerBound, "of=softmax", epoch), square.at(series.LowerBound, "", epoch)
		if !logits.finite() || !softmax.finite() || !mse.finite() {
			return []finding{undecided("", "a lower bound at epoch %d is not measured, or not finite", epoch)}
		}
		far, close := math.Abs(math.Log(logits.mean()/mse.mean())), math.Abs(math.Log(softmax.mean()/mse.mean()))
		return []finding{
			exceeds(logits, mse, "cross-entropy over square loss"),
			exceeds(logits.times(0.5), softmax, "half of cross-entropy over its softmax"),
			holds(close < far, "", "a factor %s from the square loss to the softmax, %s to the logits", format(math.Exp(close)), format(math.Exp(far))),
		}
	},
}}
