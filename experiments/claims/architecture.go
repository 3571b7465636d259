package claims

import (
	"math"

	"github.com/liptrack/liptrack/internal/trend"
	"github.com/liptrack/liptrack/tracker/series"
)

var samples = width256.without("data.points")

// leastExponent is the smallest absolute exponent that counts as a rise or a fall.
const leastExponent = 0.05

func initialOverWidth(e Evidence) []finding {
	rs := e.runs("initialisation")
	groups := rs.groupBy(width)
	// The paper's exponents come from widths up to 8192; a smaller range would give another fit.
	if len(groups) < 4 || groups[len(groups)-1].x < 8192 {
		return lacks("too few widths")
	}

	wide := rs.where(func(r Run) bool { return width(r) >= 1024 })
	lower := rs.slopes(width, initialOf(series.LowerBound))
	upper := wide.slopes(width, initialOf(series.UpperProduct))
	all := initial.asInPaper(rs)
	all = append(all, liesWithin("exponent of lower", lower, -0.15, 0.05))

	return append(all, liesWithin("exponent of upper", upper, 0.4, 0.6))
}

func initialOverDepth(e Evidence) []finding {
	rs := e.runs("depth").where(isDeep)
	return overDepth(
		rs,
		initial.asInPaper(rs) == nil,
		initialOf,
		map[string]float64{"upper": 0.30, "lower": -2.52, "mean": -2.84},
	)
}

func trainedOverDepth(e Evidence) []finding {
	rs := e.runs("depth").where(isDeep)
	return overDepth(
		rs,
		crossEntropy.asInPaper(rs) == nil && rs.converged(),
		lastOf,
		map[string]float64{"upper": 3.33, "lower": 2.03, "mean": 1.19},
	)
}

// named is a metric with its name in findings.
type named struct{ name, metric string }

var (
	namedLower    = named{"lower", series.LowerBound}
	namedMean     = named{"mean", series.JacobianMean}
	namedUpper    = named{"upper", series.UpperProduct}
	namedTestLoss = named{"test loss", series.TestLoss}
)

// theThree are the bounds for which the paper gives exponents.
var theThree = []named{namedUpper, namedLower, namedMean}

// overDepth judges the signs of exponents over depth and, in the paper's setting, whether they
// refute the paper's exponents.
func overDepth(
	rs runs,
	inPaper bool,
	value func(metric string) func(Run) float64,
	paper map[string]float64,
) []finding {
	if n := len(rs.groupBy(depth)); n < 4 {
		return lacks("%d depths of 4", n)
	}

	var all []finding
	for _, b := range theThree {
		name := "exponent of " + b.name
		slopes := rs.slopes(depth, value(b.metric))
		// The sign of an exponent can be judged in any setting, its size only in the paper's
		// setting.
		if paper[b.name] > 0 {
			all = append(all, above(name, slopes, leastExponent))
		} else {
			all = append(all, below(name, slopes, -leastExponent))
		}

		if inPaper {
			all = append(all, compatible(name, slopes, paper[b.name]))
		}
	}

	return all
}

func trainedOverPoints(e Evidence) []finding {
	rs := e.runs("samples")
	size := key("data.points")
	if n := len(rs.groupBy(size)); n < 3 {
		return lacks("%d sizes of 3", n)
	}

	inPaper := samples.asInPaper(rs) == nil && rs.converged()
	paper := map[string]float64{"upper": 0.53, "lower": 0.37, "mean": 0.36}
	var all []finding
	for _, b := range theThree {
		name := "exponent of " + b.name
		slopes := rs.slopes(size, lastOf(b.metric))
		all = append(all, liesWithin(name, slopes, leastExponent, 1-leastExponent))
		if inPaper {
			all = append(all, near(name, slopes, paper[b.name], 0.1))
		}
	}

	return all
}

// isDeep reports whether a run has two or more hidden layers.
func isDeep(r Run) bool {
	return depth(r) >= 2
}

// converged reports whether every run ended at the paper's gradient norm.
func (rs runs) converged() bool {
	return len(rs.where(Run.converged)) == len(rs)
}

// converged reports whether a run ended at the paper's gradient norm.
func (r Run) converged() bool {
	return r.last(series.GradNorm, "") <= converged
}

// slopes returns the exponent of a value over x for each seed.
func (rs runs) slopes(x, value func(Run) float64) (slopes spread) {
	for _, ofSeed := range bySeed(rs) {
		// A fit that leaves out points, such as values of 0 or NaN, does not describe all runs of
		// the seed.
		slope, _, n := trend.LogLog(ofSeed.valuesOf(x), ofSeed.valuesOf(value))
		if n < len(ofSeed.runs) {
			slope = math.NaN()
		}
		slopes = append(slopes, slope)
	}
	return slopes
}

// bySeed groups runs by their seeds.
func bySeed(rs runs) []group {
	return rs.groupBy(func(r Run) float64 { return float64(r.Header.Seed) })
}
