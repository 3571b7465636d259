package claims

import (
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

var twoOptimisers = width256.without("train.optimizer.name")

// race holds the runs of the two optimisers and the last epoch that they share.
type race struct {
	all, sgd, adam runs
	epoch          int
}

// newRace returns the reason as findings if the runs share no epochs of the metric up to epoch 500.
func newRace(e Evidence, metric string) (race, []finding) {
	rs := e.runs("optimizers")
	r := race{
		rs,
		rs.having("train.optimizer.name", "sgd"),
		rs.having("train.optimizer.name", "adam"),
		rs.commonEpoch(metric),
	}

	if len(r.sgd) == 0 || len(r.adam) == 0 || r.epoch < 500 {
		return r, lacks(
			"%d runs of SGD and %d of Adam share %s up to epoch %d",
			len(r.sgd),
			len(r.adam),
			metric,
			r.epoch,
		)
	}

	return r, nil
}

// larger compares a metric at the shared epoch.
func (r race) larger(name, metric string, least float64) finding {
	where := name + " of Adam against SGD's at epoch " + format(float64(r.epoch))
	return exceeds(
		where,
		r.adam.valuesAt(metric, r.epoch),
		r.sgd.valuesAt(metric, r.epoch),
		least,
	)
}

func adamIsLarger(e Evidence) []finding {
	r, missing := newRace(e, series.LowerBound)
	if missing != nil {
		return missing
	}

	all := []finding{
		r.larger("lower", series.LowerBound, 2),
		r.larger("upper", series.UpperProduct, 2),
	}
	// The quick form stops SGD long before it has converged, so comparing the ends means nothing.
	if end := r.sgd.reach(); end < fullTraining {
		return append(
			all,
			finding{
				Agrees,
				"",
				"where each has converged is not judged: SGD ends at epoch " + format(float64(end)),
			},
		)
	}

	for _, b := range []named{namedLower, namedUpper} {
		where := b.name + " of Adam against SGD's at their ends"
		all = append(all, exceeds(where, r.adam.last(b.metric), r.sgd.last(b.metric), 1.2))
	}

	return all
}

func adamGoesFarther(e Evidence) []finding {
	r, missing := newRace(e, series.PathLength)
	if missing != nil {
		return missing
	}
	return []finding{
		r.larger("path length", series.PathLength, 1.2),
		sameTrend(r.all, series.PathLength, series.UpperProduct, 10),
	}
}

// sameTrend tests whether the rank correlation of two metrics over the epochs is at least 0.8 in
// every run.
func sameTrend(rs runs, a, b string, from int) finding {
	least := 1.0
	for _, r := range rs {
		var x, y []float64
		epochs, values := r.curveFrom(a, from)
		for i, epoch := range epochs {
			// The two metrics may have been measured at different epochs.
			if v, ok := r.Curve(b, "").At(epoch); ok {
				x = append(x, values[i])
				y = append(y, v)
			}
		}

		correlation := rankCorrelation(x, y)
		if math.IsNaN(correlation) {
			return undecided("", "no trend of %s and %s in run %s", a, b, r.Header.Run)
		}

		least = min(least, correlation)
	}

	return holds(
		least >= 0.8,
		"rank correlation "+format(least)+" or more",
		"the rank correlation of %s and %s is %.2f or more",
		a,
		b,
		least,
	)
}
