package claims

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// level is the level of every test, all of which are one-sided: the probability, at most, that a
// verdict is wrong by chance. A value between two limits passes two tests, one against each.
const level = 0.05

// interval holds an estimate of a mean or a difference, and the bounds that one-sided tests at a
// level give for it: the confidence interval of 1 − 2·level.
type interval struct{ mean, low, high float64 }

// exp converts an interval of logarithms to an interval of ratios.
func (i interval) exp() interval {
	return interval{math.Exp(i.mean), math.Exp(i.low), math.Exp(i.high)}
}

func (i interval) String() string {
	return fmt.Sprintf("%s, from %s to %s", format(i.mean), format(i.low), format(i.high))
}

// meanOf returns the interval of a mean by Student's t. It needs at least two values.
func meanOf(s spread, level float64) interval {
	return studentInterval(s.mean(), s.variance(), float64(len(s)-1), level)
}

// differenceOf returns the interval of mean a − mean b by Welch's t, which does not assume equal
// variances. It needs at least two values on each side.
func differenceOf(a, b spread, level float64) interval {
	u, v := a.variance(), b.variance()
	// The degrees of freedom of Welch and Satterthwaite.
	freedom := (u + v) * (u + v) / (u*u/float64(len(a)-1) + v*v/float64(len(b)-1))
	return studentInterval(a.mean()-b.mean(), u+v, freedom, level)
}

// studentInterval returns the interval of an estimate with the given variance and degrees of
// freedom.
func studentInterval(estimate, variance, freedom, level float64) interval {
	// If all values are equal, Welch's degrees of freedom are 0/0.
	if variance == 0 {
		return interval{estimate, estimate, estimate}
	}
	margin := math.Sqrt(variance) * distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(1-level)
	return interval{estimate, estimate - margin, estimate + margin}
}

// judgeable returns an undecided finding for values that cannot be tested.
func judgeable(name string, all ...spread) (f finding, ok bool) {
	for _, s := range all {
		if !s.finite() {
			return undecided("", "%s: not measured, or not finite", name), false
		}
		if len(s) < 2 {
			return undecided(
				name+" "+s.String(),
				"%s: one seed has no spread to judge by",
				name,
			), false
		}
	}
	return finding{}, true
}

// lies reports whether an interval lies between two limits or entirely outside.
func (i interval) lies(low, high float64) Verdict {
	return verdictOf(i.low >= low && i.high <= high, i.high < low || i.low > high)
}

// liesWithin reports whether a mean over seeds lies between two limits, by a test against each.
func liesWithin(name string, s spread, low, high float64) finding {
	f, ok := judgeable(name, s)
	if !ok {
		return f
	}
	i := meanOf(s, level)
	return finding{
		i.lies(low, high),
		name + " " + s.String(),
		fmt.Sprintf("%s is %s; the rule has it %s", name, i, limits(low, high)),
	}
}

// limits describes the range in which a value must lie.
func limits(low, high float64) string {
	switch {
	case math.IsInf(high, 1):
		return "above " + format(low)
	case math.IsInf(low, -1):
		return "below " + format(high)
	}
	return "within " + format(low) + " and " + format(high)
}

// above reports whether a mean over seeds is above a limit.
func above(name string, s spread, limit float64) finding {
	return liesWithin(name, s, limit, math.Inf(1))
}

// below reports whether a mean over seeds is below a limit.
func below(name string, s spread, limit float64) finding {
	return liesWithin(name, s, math.Inf(-1), limit)
}

// near reports whether a mean over seeds is within a tolerance of the paper's value.
func near(name string, s spread, paper, tolerance float64) finding {
	return liesWithin(name, s, paper-tolerance, paper+tolerance)
}

// valueNear reports whether the value for the paper's own seed is within a relative tolerance of
// the paper's value. It compares two single numbers, so there is no test.
func valueNear(name string, s spread, paper, tolerance float64) finding {
	if !s.finite() {
		return undecided("", "%s is not measured, or not finite", name)
	}
	off := math.Abs(s[0]/paper - 1)
	return holds(
		off <= tolerance,
		name+" "+format(s[0]),
		"%s is %.2g %% from %s",
		name,
		100*off,
		format(paper),
	)
}

// exceeds reports whether positive a is above least times positive b, by Welch's test of their
// logarithms.
func exceeds(name string, a, b spread, least float64) finding {
	return exceedsAt(level, name, a, b, least)
}

// exceedsAt is exceeds at another level.
func exceedsAt(level float64, name string, a, b spread, least float64) finding {
	logA, logB := a.logarithms(), b.logarithms()
	// Logarithms of values that are 0 or negative are not finite, which judgeable reports.
	if f, ok := judgeable(name, logA, logB); !ok {
		if f.ours != "" {
			f.ours = fmt.Sprintf("%s: %v against %v", name, a, b)
		}

		return f
	}

	ratio := differenceOf(logA, logB, level).exp()
	said := fmt.Sprintf("%s: %v against %v, ratio %s", name, a, b, ratio)
	return finding{
		ratio.lies(least, math.Inf(1)),
		said,
		fmt.Sprintf("%s: ratio %s; the rule has it above %s", name, ratio, format(least)),
	}
}

// compatible reports whether our values are compatible with the paper's mean, assuming that the
// paper has as many seeds with the same spread, and allowing for a small difference due to the
// precision of the paper's figures.
func compatible(name string, s spread, paper float64) finding {
	f, ok := judgeable(name, s)
	if !ok {
		return f
	}
	// Unlike elsewhere, the test is two-sided and a difference must be shown.
	i := studentInterval(s.mean()-paper, 2*s.variance(), float64(2*len(s)-2), level/2)
	const aside = 0.1
	return holds(i.low <= aside && i.high >= -aside, name+" "+s.String(),
		"%s is %s off the paper's %s", name, i, format(paper))
}

// majority reports whether an outcome occurred in more than half of the trials, by the sign test.
func majority(name string, hits, trials int) finding {
	said := fmt.Sprintf("%s in %d of %d", name, hits, trials)
	coin := distuv.Binomial{N: float64(trials), P: 0.5}
	switch {
	case trials == 0:
		return undecided("", "%s: not measured", name)
	case 1-coin.CDF(float64(hits-1)) <= level:
		return finding{Agrees, said, said}
	case coin.CDF(float64(hits)) <= level:
		return finding{Disagrees, said, said}
	}
	return undecided(said, "%s, as chance may have it", said)
}

// correlationInterval returns the interval of Spearman's correlation r of n pairs, by Fisher's z
// with the variance of Bonett and Wright (Psychometrika 65, 2000).
func correlationInterval(r float64, n int) interval {
	// Fisher's variance divides by n − 3, and the transform of ±1 is infinite.
	if n < 4 || math.Abs(r) >= 1 {
		return interval{r, r, r}
	}
	z, deviation := math.Atanh(r), math.Sqrt((1+r*r/2)/float64(n-3))
	margin := deviation * distuv.UnitNormal.Quantile(1-level)
	return interval{r, math.Tanh(z - margin), math.Tanh(z + margin)}
}

// follows reports whether two quantities over widths have a similar shape. It agrees if the rank
// correlation is at least 0.5 and its interval above 0, and disagrees if the interval is below 0.5.
func follows(name string, x, y []float64) finding {
	r := rankCorrelation(x, y)
	if math.IsNaN(r) {
		return undecided("", "%s: no rank correlation", name)
	}

	i := correlationInterval(r, len(x))
	said := fmt.Sprintf("%s: rank correlation %.2f, from %.2f to %.2f",
		name, i.mean, i.low, i.high)
	return finding{verdictOf(r >= 0.5 && i.low > 0, i.high < 0.5), said, said}
}
