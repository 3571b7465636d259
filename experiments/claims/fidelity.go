package claims

import (
	"fmt"
	"math"
	"slices"

	"github.com/liptrack/liptrack/tracker/series"
)

// toy is the setting of the paper's notebook.
var toy = recipe{
	"data.name": "gaussian_mixture", "data.points": "45",
	"model.hidden": "[100, 100]", "model.bias": "true", "model.activation": "relu", "model.output": "none",
	"train.loss": "cross_entropy", "train.optimizer.name": "sgd", "train.optimizer.lr": "0.02",
	"train.schedule.name": "constant",
}

// toyEpochs is the number of epochs in the notebook's training.
const toyEpochs = 100000

func toyValues(e Evidence) []finding {
	rs := e.runs("toy")
	// The paper's numbers hold for one seed at one epoch only.
	missing := append(toy.asInPaper(rs), reached(rs, toyEpochs)...)
	if len(missing) > 0 {
		return missing
	}

	last := func(name, metric string, value, tolerance float64) finding {
		return valueNear(name, rs.last(metric), value, tolerance)
	}

	return []finding{
		last("lower", series.LowerBound, 135.815, 0.02),
		last("grid", series.GridLowerBound, 144.194, 0.02),
		last("upper", series.UpperProduct, 389.097, 0.02),
		last("training accuracy", series.TrainAccuracy, 1, 0),
		last("test accuracy", series.TestAccuracy, 11./15, 1./11+1e-9),
	}
}

func toyBoundary(e Evidence) []finding {
	rs := e.runs("toy")
	distance, accuracy := rs.last(series.GridBoundaryDistance), rs.last(series.TrainAccuracy)
	said := "distance " + distance.String()

	// Check first for values that are not finite, since NaN passes no comparison. A network that
	// misclassifies has no boundary to judge.
	switch mean := distance.mean(); {
	case !distance.finite() || !accuracy.finite():
		return leavesOpen("the distance was not measured, or is not finite")
	case accuracy.mean() < 1:
		return []finding{
			notRun(said, "not trained until the training points are all classified correctly"),
		}
	case mean <= 0.1:
		return []finding{{Agrees, said, "at most 0.1"}}
	case mean > 0.5:
		return []finding{{Disagrees, said, "above 0.5"}}
	}

	return []finding{undecided(said, "between 0.1 and 0.5")}
}

func nearerToLower(e Evidence) []finding {
	// The rule covers trained networks only.
	positions, missing := e.runs("fidelity").overEpochs("position", series.EnlargedLowerBound, 1,
		func(r Run, enlarged float64, epoch int) float64 {
			lower, upper := r.valueAt(series.LowerBound, "", epoch), r.valueAt(series.UpperProduct, "", epoch)
			return math.Log(enlarged/lower) / math.Log(upper/lower)
		})
	switch {
	case missing != nil:
		return missing
	case len(positions) < 2:
		return lacks("C_S* was measured at %d epochs after 0", len(positions))
	}

	most := slices.Max(positions)
	said := fmt.Sprintf("position at most %s of the way", format(most))
	return []finding{
		holds(
			most < 0.5,
			said,
			"the largest of %d positions is %s",
			len(positions),
			format(most),
		),
	}
}

// overEpochs computes a value from each value of a metric, beginning with an epoch, in all runs. It
// returns an undecided finding if any of them is NaN.
func (rs runs) overEpochs(
	name, metric string,
	from int,
	compute func(r Run, value float64, epoch int) float64,
) (computed spread, missing []finding) {
	for _, r := range rs {
		epochs, values := r.curveFrom(metric, from)
		for i, epoch := range epochs {
			v := compute(r, values[i], epoch)
			if math.IsNaN(v) {
				return nil, leavesOpen(
					"no %s at epoch %d of seed %d",
					name,
					epoch,
					r.Header.Seed,
				)
			}
			computed = append(computed, v)
		}
	}

	return computed, nil
}
