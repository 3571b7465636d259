package claims

import (
	"cmp"
	"math"

	"github.com/liptrack/liptrack/internal/trend"
	"github.com/liptrack/liptrack/tracker/series"
)

// converged is the paper's target, 0.01, to two significant figures.
const converged = 0.0105

// fullTraining is the number of epochs that the paper's networks of width 256 took to reach the
// target.
const fullTraining = 83000

func sixtyfold(e Evidence) []finding {
	rs := e.runs("evolution")
	end := rs.reach()
	grown := func(metric string) spread {
		return rs.valuesOf(ratioOf(valueOf(metric, end), initialOf(metric)))
	}
	lower, upper := grown(series.LowerBound), grown(series.UpperProduct)
	said := "at epoch " + format(float64(end)) + " lower ×" + lower.String() + ", upper ×" + upper.String()

	// Show the values even if they decide nothing.
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
		return lacks("no widths a factor 4 apart")
	}

	narrow, wide := groups[0], groups[len(groups)-1]

	// A run counts as trained after the paper's number of epochs, or earlier if it reached its
	// target.
	for _, r := range append(narrow.runs, wide.runs...) {
		if r.lastEpoch(series.LowerBound, "") < fullTraining && !r.converged() {
			return lacks(
				"run %s ends at gradient norm %s, before epoch %d",
				r.Header.Run,
				format(r.last(series.GradNorm, "")),
				fullTraining,
			)
		}
	}

	var all []finding
	for _, b := range []named{namedLower, namedUpper} {
		grown := ratioOf(lastOf(b.metric), initialOf(b.metric))
		where := "growth of " + b.name + ", width " + narrow.value + " against " + wide.value
		all = append(all, exceeds(where, narrow.valuesOf(grown), wide.valuesOf(grown), 1.05))
	}

	return all
}

// law holds the exponents of a claim. They are fitted from epoch from on, in runs that last until
// epoch until, or converge after epoch least or later. The tolerance is absolute.
type law struct {
	experiment         string
	setting            recipe
	from, least, until int
	exponents          map[string]float64
	tolerance          float64
}

var (
	crossEntropyLaw = law{
		experiment: "evolution",
		setting:    width256,
		from:       2500,
		least:      50000,
		until:      50000,
		exponents:  map[string]float64{"upper": 0.59, "lower": 0.46, "mean": 0.44},
		tolerance:  0.08,
	}
	squareLossLaw = law{
		experiment: "evolution-mse",
		setting:    square256,
		from:       75000,
		least:      100000,
		until:      150000,
		exponents:  map[string]float64{"upper": 0.80, "lower": 0.62, "mean": 0.52},
		tolerance:  0.12,
	}
)

// judge compares the exponents of every run with those of the claim.
func (l law) judge(e Evidence) []finding {
	rs := e.runs(l.experiment)
	// Outside the paper's setting the exponents are shown without a verdict.
	all := append(l.setting.asInPaper(rs), l.reached(rs)...)
	blocked := len(all) > 0

	const leastR2 = 0.97
	for _, b := range theThree {
		exponents, fit := rs.exponents(b.metric, l.from)
		f := near("exponent of "+b.name, exponents, l.exponents[b.name], l.tolerance)
		if blocked {
			all = append(all, notRun(f.ours, ""))
			continue
		}

		mean := fit.mean()
		all = append(
			all,
			f,
			holds(mean >= leastR2, "", "R² of %s is %.4f, mean over seeds", b.name, mean),
		)
	}

	return all
}

// reached returns nil if every run lasted long enough.
func (l law) reached(rs runs) []finding {
	for _, r := range rs {
		end := r.lastEpoch(series.LowerBound, "")
		enough := l.until
		if r.State == stateConverged {
			enough = l.least
		}

		if end < enough {
			return lacks(
				"run %s ends at epoch %d, the exponents are for %d",
				cmp.Or(r.Header.Run, "?"),
				end,
				enough,
			)
		}
	}

	return nil
}

// exponents returns, for each run, the exponent of a metric over the epochs, beginning with an
// epoch, and its R².
func (rs runs) exponents(metric string, from int) (slopes, fits spread) {
	for _, r := range rs {
		epochs, y := r.curveFrom(metric, from)
		x := make([]float64, len(epochs))
		for i, epoch := range epochs {
			x[i] = float64(epoch)
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
