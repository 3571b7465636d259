package claims

import (
	"math"

	"github.com/liptrack/liptrack/internal/trend"
	"github.com/liptrack/liptrack/tracker/series"
)

var growth = []Claim{
	{
		Number:      6,
		Statement:   "Training multiplies the lower and the upper bound some sixtyfold",
		Setting:     "FF_ReLU_256 as claim 2, 83,000 epochs, 4 seeds",
		Paper:       "lower ×63, upper ×66",
		Rule:        "growth from epoch 0 to 83,000, mean over two seeds or more: lower and upper each within 15 % of the paper's; undecided before epoch 83,000 or in another setting",
		Experiments: []string{"evolution"},
		recipe:      width256,
		judge: func(e Evidence) []finding {
			rs := e.runs("evolution")
			lower, upper := rs.growth(series.LowerBound, rs.reach()), rs.growth(series.UpperProduct, rs.reach())
			all := []finding{{Agrees, "lower ×" + lower.String() + ", upper ×" + upper.String(), ""}}
			all = append(all, width256.comparable(rs)...)
			all = append(all, reached(rs, 83000)...)
			if len(rs) < 2 {
				all = append(all, undecided("", "one seed only"))
			}
			if len(all) > 1 {
				return all
			}
			return append(all, near("growth of lower", lower, 63, 0.15), near("growth of upper", upper, 66, 0.15))
		},
	},
	{
		Number:      7,
		Statement:   "Wider networks grow less: both ratios shrink with width",
		Setting:     "widths 256 and 65,536, as claim 2",
		Paper:       "lower ×63 → ×40, upper ×66 → ×10",
		Rule:        "growth since epoch 0 at the last epoch that all runs share, 2,500 (the end of warm-up) or later: the narrowest's exceeds the widest's by more than 2 standard errors, for lower and for upper; the numbers themselves are only given",
		Experiments: []string{"evolution-wide"},
		recipe:      crossEntropy,
		judge:       growthShrinks,
	},
	{
		Number:      8,
		Statement:   "Under cross-entropy the bounds grow as powers of the epoch",
		Setting:     "FF_ReLU_256 as claim 2, from epoch 2,500",
		Paper:       "exponents: upper 0.59, lower 0.46, mean 0.44; R² above 0.99",
		Rule:        "least squares on logarithmic axes from epoch 2,500 to 50,000 or later: each exponent within 0.08 of the paper's, each R² at least 0.97; undecided before epoch 50,000 or in another setting",
		Experiments: []string{"evolution"},
		recipe:      width256,
		judge: func(e Evidence) []finding {
			return powerLaw(e.runs("evolution"), width256, law{from: 2500, until: 50000, upper: 0.59, lower: 0.46, mean: 0.44, tolerance: 0.08})
		},
	},
	{
		Number:      9,
		Statement:   "Under the square loss the bounds grow as powers of the epoch",
		Setting:     "LeakyOutput_FF_ReLU_256, SGD 0.001, from epoch 75,000",
		Paper:       "exponents: upper 0.80, lower 0.62, mean 0.52",
		Rule:        "likewise from epoch 75,000 to 150,000 or later: each exponent within 0.12, each R² at least 0.97",
		Experiments: []string{"evolution-mse"},
		recipe:      square256,
		judge: func(e Evidence) []finding {
			return powerLaw(e.runs("evolution-mse"), square256, law{from: 75000, until: 150000, upper: 0.80, lower: 0.62, mean: 0.52, tolerance: 0.12})
		},
	},
}

// growth is the ratio of a metric at an epoch to its value at initialisation.
func (rs runs) growth(metric string, epoch int) spread {
	return rs.of(func(r Run) float64 { return r.at(metric, "", epoch) / r.at(metric, "", 0) })
}

func growthShrinks(e Evidence) []finding {
	rs := e.runs("evolution-wide")
	epoch, groups := rs.common(series.LowerBound, ""), rs.by(width)
	if len(groups) < 2 || epoch < 2500 {
		return []finding{undecided("", "%d widths up to epoch %d", len(groups), epoch)}
	}
	narrow, wide := groups[0], groups[len(groups)-1]
	where := " at epoch " + format(float64(epoch)) + ", width " + narrow.value + " over " + wide.value
	return []finding{
		exceeds(narrow.growth(series.LowerBound, epoch), wide.growth(series.LowerBound, epoch), "growth of lower"+where),
		exceeds(narrow.growth(series.UpperProduct, epoch), wide.growth(series.UpperProduct, epoch), "growth of upper"+where),
	}
}

// law is the exponents that a claim gives, fitted from an epoch on in runs that last until another;
// the tolerance is absolute.
type law struct {
	from, until        int
	upper, lower, mean float64
	tolerance          float64
}

// powerLaw fits the exponents of every run.
func powerLaw(rs runs, setting recipe, l law) []finding {
	all := setting.comparable(rs)
	all = append(all, reached(rs, l.until)...)
	blocked := len(all) > 0
	const leastR2 = 0.97
	for _, b := range []struct {
		name, metric string
		exponent     float64
	}{{"upper", series.UpperProduct, l.upper}, {"lower", series.LowerBound, l.lower}, {"mean", series.JacobianMean, l.mean}} {
		exponents, fit := rs.exponents(b.metric, l.from)
		f := near("exponent of "+b.name, exponents, b.exponent, l.tolerance/b.exponent)
		if blocked {
			all = append(all, undecided(f.ours, ""))
			continue
		}
		all = append(all, f, holds(fit.mean() >= leastR2, "", "R² of %s is %.4f, mean over seeds", b.name, fit.mean()))
	}
	return all
}

// exponents are those of a metric over the epoch, from an epoch on, and their R², of each run.
func (rs runs) exponents(metric string, from int) (slopes, fits spread) {
	for _, r := range rs {
		var x, y []float64
		if c := r.Curve(metric, ""); c != nil {
			for i, epoch := range c.Epochs {
				if epoch >= from {
					x, y = append(x, float64(epoch)), append(y, c.Values[i])
				}
			}
		}
		slope, r2, n := trend.LogLog(x, y)
		if n < 3 {
			slope, r2 = math.NaN(), math.NaN()
		}
		slopes, fits = append(slopes, slope), append(fits, r2)
	}
	return slopes, fits
}
