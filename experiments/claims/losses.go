package claims

import (
	"math"
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
)

var twoLosses = width256.without("train.loss", "model.output", "train.optimizer.lr")

func squareLossIsSmaller(e Evidence) []finding {
	rs := e.runs("losses")
	cross, square := rs.having("train.loss", "cross_entropy"), rs.having("train.loss", "mse")
	epoch := rs.commonEpoch(series.LowerBound)
	if len(cross) == 0 || len(square) == 0 || epoch < 1000 {
		return lacks("%d and %d runs of the two losses share epochs up to %d",
			len(cross), len(square), epoch)
	}

	logits := cross.valuesAt(series.LowerBound, epoch)
	softmax := cross.valuesOf(func(r Run) float64 {
		return r.valueAt(series.LowerBound, "of=softmax", epoch)
	})
	mse := square.valuesAt(series.LowerBound, epoch)
	if !slices.Concat(logits, softmax, mse).finite() {
		return leavesOpen("a lower bound at epoch %d is not measured, or not finite", epoch)
	}

	// Use logarithms, since bounds are compared by factors.
	before := math.Abs(math.Log(logits.mean() / mse.mean()))
	behind := math.Abs(math.Log(softmax.mean() / mse.mean()))
	return []finding{
		exceeds("cross-entropy over square loss", logits, mse, 1),
		exceeds("logits of cross-entropy over its softmax", logits, softmax, 2),
		holds(
			behind < before,
			"",
			"a factor %s from the square loss to the softmax, %s to the logits",
			format(math.Exp(behind)),
			format(math.Exp(before)),
		),
	}
}
