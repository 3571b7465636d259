package claims

import (
	"github.com/liptrack/liptrack/tracker/series"
)

var optimisers = []Claim{
	{
		Number:      20,
		Statement:   "Adam's bounds are far larger than SGD's, at the same epoch and where each has converged",
		Setting:     "FF_ReLU_256, rate 0.005; SGD 83,000 epochs, Adam 1,100, both at gradient norm 0.01",
		Paper:       "dramatically larger (shown as curves)",
		Rule:        "at the last epoch that all runs share, 500 or later: Adam's lower and upper exceed twice SGD's by more than 2 standard errors. Where SGD ran 83,000 epochs, at the last epochs Adam's exceed SGD's likewise",
		Experiments: []string{"optimizers"},
		recipe:      width256.without("train.optimizer.name"),
		judge: func(e Evidence) []finding {
			rs := e.runs("optimizers")
			sgd, adam := rs.with("train.optimizer.name", "sgd"), rs.with("train.optimizer.name", "adam")
			epoch := rs.common(series.LowerBound, "")
			if len(sgd) == 0 || len(adam) == 0 || epoch < 500 {
				return []finding{undecided("", "%d runs of SGD and %d of Adam share epochs up to %d", len(sgd), len(adam), epoch)}
			}
			where := " at epoch " + format(float64(epoch))
			all := []finding{
				exceeds(adam.at(series.LowerBound, "", epoch), sgd.at(series.LowerBound, "", epoch).times(2), "lower of Adam against twice SGD's"+where),
				exceeds(adam.at(series.UpperProduct, "", epoch), sgd.at(series.UpperProduct, "", epoch).times(2), "upper of Adam against twice SGD's"+where),
			}
			if sgd.reach() < 83000 {
				return append(all, finding{Agrees, "", "where each has converged is not judged: SGD ends at epoch " + format(float64(sgd.reach()))})
			}
			return append(all,
				exceeds(adam.last(series.LowerBound, ""), sgd.last(series.LowerBound, ""), "lower of Adam against SGD at their ends"),
				exceeds(adam.last(series.UpperProduct, ""), sgd.last(series.UpperProduct, ""), "upper of Adam against SGD at their ends"))
		},
	},
	{
		Number:      21,
		Statement:   "The parameters go farther under Adam, and the path's length has the shape of the bounds",
		Setting:     "as claim 20",
		Paper:       "Adam above SGD; same shape (shown as curves)",
		Rule:        "at the last epoch that all runs share, 500 or later, the path length of Adam exceeds SGD's by more than 2 standard errors; and in every run the rank correlation of path length and upper bound over the epochs from 10 on is 0.8 or more",
		Experiments: []string{"optimizers"},
		recipe:      width256.without("train.optimizer.name"),
		judge: func(e Evidence) []finding {
			rs := e.runs("optimizers")
			sgd, adam := rs.with("train.optimizer.name", "sgd"), rs.with("train.optimizer.name", "adam")
			epoch := rs.common(series.PathLength, "")
			if len(sgd) == 0 || len(adam) == 0 || epoch < 500 {
				return []finding{undecided("", "%d runs of SGD and %d of Adam share path lengths up to epoch %d", len(sgd), len(adam), epoch)}
			}
			all := []finding{exceeds(adam.at(series.PathLength, "", epoch), sgd.at(series.PathLength, "", epoch), "path length of Adam against SGD at epoch "+format(float64(epoch)))}
			return append(all, sameTrend(rs, series.PathLength, series.UpperProduct, 10))
		},
	},
}

// times multiplies every value.
func (s spread) times(factor float64) spread {
	scaled := make(spread, len(s))
	for i, v := range s {
		scaled[i] = factor * v
	}
	return scaled
}

// sameTrend wants a rank correlation of two metrics over epochs of 0.8 in every run.
func sameTrend(rs runs, a, b string, from int) finding {
	least := 1.0
	for _, r := range rs {
		var x, y []float64
		if c := r.Curve(a, ""); c != nil {
			for i, epoch := range c.Epochs {
				if v, ok := r.Curve(b, "").At(epoch); ok && epoch >= from {
					x, y = append(x, c.Values[i]), append(y, v)
				}
			}
		}
		correlation := rankCorrelation(x, y)
		if correlation != correlation {
			return undecided("", "no trend of %s and %s in run %s", a, b, r.Header.Run)
		}
		least = min(least, correlation)
	}
	if len(rs) == 0 {
		return undecided("", "no runs")
	}
	return holds(least >= 0.8, "rank correlation "+format(least)+" or more", "the rank correlation of %s and %s is %.2f or more", a, b, least)
}
