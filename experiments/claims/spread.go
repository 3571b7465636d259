package claims

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"
)

// spread is a value of each of several runs that differ in their seeds.
type spread []float64

func (s spread) mean() float64 { return stat.Mean(s, nil) }

// deviation is the standard deviation over seeds, unbiased variance; 0 for one seed.
func (s spread) deviation() float64 {
	if len(s) < 2 {
		return 0
	}
	return stat.StdDev(s, nil)
}

// standardError is that of the mean.
func (s spread) standardError() float64 {
	return s.deviation() / math.Sqrt(float64(len(s)))
}

// finite says that there are values and all are numbers.
func (s spread) finite() bool {
	return len(s) > 0 && !slices.ContainsFunc(s, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// String is "mean ± standard deviation (n seeds)".
func (s spread) String() string {
	switch {
	case len(s) == 0:
		return "–"
	case len(s) == 1:
		return format(s[0]) + " (1 seed)"
	}
	return fmt.Sprintf("%s ± %s (%d seeds)", format(s.mean()), strconv.FormatFloat(s.deviation(), 'g', 2, 64), len(s))
}

// format writes four digits.
func format(v float64) string {
	if a := math.Abs(v); v == math.Trunc(v) && a < 1e7 || a >= 1000 && a < 1e7 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// near says whether a mean is within a relative tolerance of the paper's value. Beyond it, a claim
// disagrees only if two standard errors do not bridge the rest.
func near(name string, ours spread, paper, tolerance float64) finding {
	room := tolerance * math.Abs(paper)
	f := between(name, ours, paper-room, paper+room)
	if ours.finite() {
		f.why = fmt.Sprintf("%s is %.2g %% from %s", name, 100*math.Abs(ours.mean()/paper-1), format(paper))
	}
	return f
}

// between says whether a mean lies in an interval; outside, a claim disagrees only if two standard
// errors do not reach into it.
func between(name string, ours spread, low, high float64) finding {
	said := name + " " + ours.String()
	if !ours.finite() {
		return undecided("", "%s is not measured, or not finite", name)
	}
	mean, margin := ours.mean(), 2*ours.standardError()
	f := finding{Disagrees, said, fmt.Sprintf("%s is %s, not from %s to %s", name, format(mean), format(low), format(high))}
	switch {
	case mean >= low && mean <= high:
		f = finding{Agrees, said, fmt.Sprintf("%s is from %s to %s", name, format(low), format(high))}
	case mean >= low-margin && mean <= high+margin:
		f.verdict = Undecided
	}
	return f
}

// exceeds says whether a is above b by more than two standard errors of their difference; it
// disagrees where b is above a by as much. It takes two seeds of each.
func exceeds(a, b spread, what string) finding {
	said := fmt.Sprintf("%s: %v against %v", what, a, b)
	switch sign := compare(a, b); {
	case !a.finite() || !b.finite():
		return undecided(said, "%s: not measured, or not finite", what)
	case len(a) < 2 || len(b) < 2:
		return undecided(said, "%s: one seed has no spread to judge by", what)
	case sign > 0:
		return finding{Agrees, said, what + " holds by more than 2 standard errors"}
	case sign < 0:
		return finding{Disagrees, said, what + ": the opposite, by more than 2 standard errors"}
	}
	return undecided(said, "%s: within 2 standard errors", what)
}

// compare is the sign of the difference of two means, 0 within two standard errors.
func compare(a, b spread) int {
	difference := a.mean() - b.mean()
	margin := 2 * math.Hypot(a.standardError(), b.standardError())
	switch {
	case difference > margin:
		return 1
	case difference < -margin:
		return -1
	}
	return 0
}

// constant is a spread of so many equal values: a number to compare with.
func constant(v float64) spread { return spread{v, v} }

// rankCorrelation is Spearman's, NaN for fewer than three pairs or where one side is constant.
func rankCorrelation(x, y []float64) float64 {
	if len(x) < 3 {
		return math.NaN()
	}
	return stat.Correlation(ranks(x), ranks(y), nil)
}

// ranks gives equal values the mean of their ranks.
func ranks(x []float64) []float64 {
	r := make([]float64, len(x))
	for i, v := range x {
		for _, w := range x {
			switch {
			case w < v:
				r[i]++
			case w == v:
				r[i] += 0.5
			}
		}
	}
	return r
}
