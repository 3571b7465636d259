package claims

import (
	"cmp"
	"math"

	"github.com/liptrack/liptrack/internal/trend"
	"github.com/liptrack/liptrack/tracker/series"
)

// converged is the paper's target, 0.01, to two significant figures.
const converged = 0.0105

// fullTraining is the number of epochs after which the paper's networks of width 256 were at it.
const fullTraining = 83000

var growth = map[int]judge{
	6: {width256, sixtyfold},
	7: {crossEntropy, growthShrinks},
	8: {width256, func(e Evidence) []finding {
		return law{
			from:      2500,
			least:     50000,
			until:     50000,
			upper:     0.59,
			lower:     0.46,
			mean:      0.44,
			tolerance: 0.08,
		}.judge(e.runs("evolution"), width256)
	}},
	9: {square256, func(e Evidence) []finding {
		return law{
			from:      75000,
			least:     100000,
			until:     150000,
			upper:     0.80,
			lower:     0.62,
			mean:      0.52,
			tolerance: 0.12,
		}.judge(e.runs("evolution-mse"), square256)
	}},
}

// growth returns the ratio of a metric at an epoch to its value at initialisation.
func (rs runs) growth(metric string, epoch int) spread {
	return rs.valuesOf(
		func(r Run) float64 {
			return r.valueAt(metric, "", epoch) / r.valueAt(metric, "", 0)
		},
	)
}

func sixtyfold(e Evidence) []finding {
	rs := e.runs("evolution")
	end := rs.reach()
	lower, upper := rs.growth(series.LowerBound, end), rs.growth(series.UpperProduct, end)
	said := "at epoch " + format(float64(end)) + " lower ×" + lower.String() + ", upper ×" + upper.String()

	// The values are shown although they decide nothing.
	missing := append(width256.asInPaper(rs), reached(rs, fullTraining)...)
	if len(missing) > 0 {
		missing[0].ours = said
		return missing
	}

	return []finding{
		near("growth of lower", lower, 63, 0.15*63),
		near("growth of upper", upper, 66, 0.15*66),
	}
}

func growthShrinks(e Evidence) []finding {
	groups := e.runs("evolution-wide").groupBy(width)
	if len(groups) < 2 || groups[len(groups)-1].x < 4*groups[0].x {
		return []finding{notRun("", "no widths a factor 4 apart")}
	}

	narrow, wide := groups[0], groups[len(groups)-1]

	// A run counts as trained at the paper's length, or at its target before.
	for _, r := range append(narrow.runs, wide.runs...) {
		gradient := r.last(series.GradNorm, "")
		if r.lastEpoch(series.LowerBound, "") < fullTraining && !(gradient <= converged) {
			return []finding{
				notRun(
					"",
					"run %s ends at gradient norm %s, before epoch %d",
					r.Header.Run,
					format(gradient),
					fullTraining,
				),
			}
		}
	}

	grown := func(rs runs, metric string) spread {
		return rs.valuesOf(
			func(r Run) float64 {
				return r.last(metric, "") / r.valueAt(metric, "", 0)
			},
		)
	}

	where := ", width " + narrow.value + " against " + wide.value
	return []finding{
		exceeds(
			"growth of lower"+where,
			grown(narrow.runs, series.LowerBound),
			grown(wide.runs, series.LowerBound),
			1.05,
		),
		exceeds(
			"growth of upper"+where,
			grown(narrow.runs, series.UpperProduct),
			grown(wide.runs, series.UpperProduct),
			1.05,
		),
	}
}

// law holds the exponents that a claim gives, fitted from an epoch on in runs that last until
// another, or converge before, but not before a least; the tolerance is absolute.
type law struct {
	from, least, until int
	upper, lower, mean float64
	tolerance          float64
}

// judge compares the exponents of every run with the claim's.
func (l law) judge(rs runs, setting recipe) []finding {
	// Away from the paper's setting the exponents are still shown, without a verdict.
	all := append(setting.asInPaper(rs), l.reached(rs)...)
	blocked := len(all) > 0

	const leastR2 = 0.97
	for _, b := range []struct {
		name, metric string
		exponent     float64
	}{
		{"upper", series.UpperProduct, l.upper},
		{"lower", series.LowerBound, l.lower},
		{"mean", series.JacobianMean, l.mean},
	} {
		exponents, fit := rs.exponents(b.metric, l.from)
		f := near("exponent of "+b.name, exponents, b.exponent, l.tolerance)
		if blocked {
			all = append(all, notRun(f.ours, ""))
			continue
		}

		all = append(all, f)
		all = append(
			all,
			holds(
				fit.mean() >= leastR2,
				"",
				"R² of %s is %.4f, mean over seeds",
				b.name,
				fit.mean(),
			),
		)
	}

	return all
}

// reached returns nil where every run lasted long enough.
func (l law) reached(rs runs) []finding {
	for _, r := range rs {
		end := r.lastEpoch(series.LowerBound, "")
		enough := l.until
		if r.State == stateConverged {
			enough = l.least
		}

		if end < enough {
			return []finding{
				notRun(
					"",
					"run %s ends at epoch %d, the exponents are for %d",
					cmp.Or(r.Header.Run, "?"),
					end,
					enough,
				),
			}
		}
	}

	return nil
}

// exponents returns those of a metric over the epoch, from an epoch on, and their R², of each run.
func (rs runs) exponents(metric string, from int) (slopes, fits spread) {
	for _, r := range rs {
		var x, y []float64
		if c := r.Curve(metric, ""); c != nil {
			for i, epoch := range c.Epochs {
				if epoch >= from {
					x = append(x, float64(epoch))
					y = append(y, c.Values[i])
				}
			}
		}

		slope, r2, n := trend.LogLog(x, y)
		// Two points fit any line.
		if n < 3 {
			slope, r2 = math.NaN(), math.NaN()
		}

		slopes = append(slopes, slope)
		fits = append(fits, r2)
	}

	return slopes, fits
}
