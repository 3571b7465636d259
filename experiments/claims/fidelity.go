package claims

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

// toy is the setting of the paper's notebook.
var toy = recipe{"data.name": "gaussian_mixture", "data.points": "45", "model.hidden": "[100, 100]", "model.bias": "true", "model.activation": "relu",
	"model.output": "none", "train.loss": "cross_entropy", "train.optimizer.name": "sgd", "train.optimizer.lr": "0.02", "train.schedule.name": "constant"}

// toyEpochs is the length of the notebook's training.
const toyEpochs = 100000

var fidelity = []Claim{
	{
		Number:      10,
		Statement:   "The lower bound is close to the constant: C_S* is far nearer to it than to the upper bound",
		Setting:     "FF_ReLU_256 as claim 2, S* of 1,005,000 points, several epochs",
		Paper:       "much nearer to lower (shown as curves)",
		Rule:        "log(C_S*/lower) / log(upper/lower) below 0.5 at every epoch after 0 of every run at which C_S* was measured, two or more; one at or above 0.5 disagrees",
		Experiments: []string{"fidelity"},
		recipe:      width256,
		judge:       nearerToLower,
	},
	{
		Number:      11,
		Statement:   "The toy in the plane has the bounds of the paper's notebook",
		Setting:     "three Gaussian clouds, two hidden layers of 100 units, 100,000 epochs",
		Paper:       "lower 135.815, dense grid 144.194, upper 389.097; accuracy 100 % on training points, 73.33 % on test points",
		Rule:        "at epoch 100,000: lower, grid and upper each within 2 %, training accuracy 1, test accuracy within one of 15 points",
		Experiments: []string{"toy"},
		recipe:      toy,
		judge: func(e Evidence) []finding {
			rs := e.runs("toy")
			if f := append(toy.comparable(rs), reached(rs, toyEpochs)...); len(f) > 0 {
				return f
			}
			accuracy := rs.last(series.TestAccuracy, "")
			return []finding{
				near("lower", rs.last(series.LowerBound, ""), 135.815, 0.02),
				near("grid", rs.last(series.GridLowerBound, ""), 144.194, 0.02),
				near("upper", rs.last(series.UpperProduct, ""), 389.097, 0.02),
				near("training accuracy", rs.last(series.TrainAccuracy, ""), 1, 0),
				near("test accuracy", accuracy, 11./15, 1./11+1e-9),
			}
		},
	},
	{
		Number:      12,
		Statement:   "In the toy the largest local norms lie along the decision boundary",
		Setting:     "as claim 11, the grid's point of the largest norm",
		Paper:       "on the boundary (shown as a map)",
		Rule:        "once the training points are all classified correctly, the distance of that point to the decision boundary is at most 0.1, where the clouds have deviation 1; above 0.5 disagrees",
		Experiments: []string{"toy"},
		recipe:      toy,
		judge: func(e Evidence) []finding {
			rs := e.runs("toy")
			distance := rs.last(series.GridBoundaryDistance, "")
			ours := "distance " + distance.String()
			switch mean := distance.mean(); {
			case !distance.finite():
				return []finding{undecided("", "the distance was not measured, or is not finite")}
			case rs.last(series.TrainAccuracy, "").mean() < 1 || !rs.last(series.TrainAccuracy, "").finite():
				return []finding{undecided(ours, "the training points are not all classified correctly")}
			case mean <= 0.1:
				return []finding{{Agrees, ours, "at most 0.1"}}
			case mean > 0.5:
				return []finding{{Disagrees, ours, "above 0.5"}}
			}
			return []finding{undecided(ours, "between 0.1 and 0.5")}
		},
	},
}

func nearerToLower(e Evidence) []finding {
	most, count := math.Inf(-1), 0
	for _, r := range e.runs("fidelity") {
		c := r.Curve(series.EnlargedLowerBound, "")
		if c == nil {
			continue
		}
		for i, epoch := range c.Epochs {
			lower, upper := r.at(series.LowerBound, "", epoch), r.at(series.UpperProduct, "", epoch)
			if epoch == 0 {
				continue
			}
			position := math.Log(c.Values[i]/lower) / math.Log(upper/lower)
			if math.IsNaN(position) {
				return []finding{undecided("", "no position at epoch %d of seed %d", epoch, r.Header.Seed)}
			}
			most, count = max(most, position), count+1
		}
	}
	if count < 2 {
		return []finding{undecided("", "C_S* was measured at %d epochs after 0", count)}
	}
	return []finding{holds(most < 0.5, fmt.Sprintf("position at most %s of the way", format(most)), "the largest of %d positions is %s", count, format(most))}
}
