package claims

import (
	"fmt"

	"github.com/liptrack/liptrack/tracker/derive"
	"github.com/liptrack/liptrack/tracker/series"
)

var six = join(crossEntropy, recipe{"model.hidden": "[100, 100, 80, 80, 60, 60]", "train.optimizer.lr": "0.04", "train.batch_size": "1000", "train.schedule.name": "Cont50"})

var linearised = join(initial, recipe{"model.hidden": "[256]", "track.linearisation.points": "470"})

var parameterBounds = []Claim{
	{
		Number:      26,
		Statement:   "The mixed second derivative at initialisation is small",
		Setting:     "FF_ReLU_256, seed 42, epoch 0, 470 training points",
		Paper:       "norm 3.127 ± 0.619, at most 4.685",
		Rule:        "seed 42 at epoch 0, over the first 470 points (the paper does not name its own): mean within 10 %, standard deviation within 25 %, largest within 15 %",
		Experiments: []string{"linearisation"},
		recipe:      linearised,
		judge: func(e Evidence) []finding {
			rs := e.runs("linearisation").seed(paperSeed)
			if len(rs) == 0 {
				return []finding{undecided("", "seed %d was not run", paperSeed)}
			}
			if f := linearised.comparable(rs); f != nil {
				return f
			}
			return []finding{
				near("mean", rs.at(series.MixedDerivativeMean, "", 0), 3.127, 0.1),
				near("deviation", rs.at(series.MixedDerivativeStd, "", 0), 0.619, 0.25),
				near("largest", rs.at(series.MixedDerivativeMax, "", 0), 4.685, 0.15),
			}
		},
	},
	{
		Number:      27,
		Statement:   "Bounds by the path of the parameters have the trend of the Lipschitz constant, and are tighter than the product early",
		Setting:     "hidden layers 100, 100, 80, 80, 60, 60; batch 1,000, SGD 0.04, Cont50",
		Paper:       "similar trend; early both are below C_upper (shown as curves)",
		Rule:        "in every run: bound 1 and bound 2 are nowhere below the lower bound, their rank correlation with it over epochs from 1 on is 0.8 or more, and at the first measured epoch after 0 both are below the product of norms",
		Experiments: []string{"evolution-bounds"},
		recipe:      six,
		judge:       boundedByPath,
	},
}

func boundedByPath(e Evidence) []finding {
	var all []finding
	for _, r := range e.runs("evolution-bounds") {
		evolution, err := derive.NewEvolution(r.Table)
		if err != nil {
			return []finding{undecided("", "run %s: %v", r.Header.Run, err)}
		}
		for _, bound := range []struct {
			name   string
			values []float64
		}{{"bound 1", evolution.Path}, {"bound 2", evolution.Updates}} {
			all = append(all, r.bounded(bound.name, evolution.Epochs, bound.values)...)
		}
	}
	return all
}

// bounded compares a bound on the evolution with the bounds that a run measured.
func (r Run) bounded(name string, epochs []int, values []float64) []finding {
	var lower, bound []float64
	early := -1
	for i, epoch := range epochs {
		v := r.at(series.LowerBound, "", epoch)
		if v > values[i]*(1+orderTolerance) {
			return []finding{{Disagrees, "", fmt.Sprintf("%s is %s, the lower bound %s at epoch %d of run %s", name, format(values[i]), format(v), epoch, r.Header.Run)}}
		}
		if epoch > 0 && v == v {
			lower, bound = append(lower, v), append(bound, values[i])
			if early < 0 {
				early = i
			}
		}
	}
	correlation := rankCorrelation(lower, bound)
	if early < 0 || correlation != correlation {
		return []finding{undecided("", "%s was measured at %d epochs after 0 of run %s", name, len(lower), r.Header.Run)}
	}
	upper := r.at(series.UpperProduct, "", epochs[early])
	if upper != upper {
		return []finding{undecided("", "the product of norms was not measured at epoch %d of run %s", epochs[early], r.Header.Run)}
	}
	return []finding{
		holds(correlation >= 0.8, fmt.Sprintf("%s, seed %d: rank correlation %.2f", name, r.Header.Seed, correlation), "%s and lower: rank correlation %.2f", name, correlation),
		holds(values[early] < upper, "", "%s is %s at epoch %d, the product of norms %s", name, format(values[early]), epochs[early], format(upper)),
	}
}
