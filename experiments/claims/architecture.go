package claims

import (
	"math"

	"github.com/liptrack/liptrack/internal/trend"
	"github.com/liptrack/liptrack/tracker/series"
)

var (
	anyWidth = initial
	depths   = crossEntropy
	samples  = join(width256, recipe{}).without("data.points")
)

var architecture = []Claim{
	{
		Number:      16,
		Statement:   "At initialisation the lower bound hardly depends on width, the upper grows like its root",
		Setting:     "one hidden layer of 16 to 16,384 units and more, epoch 0",
		Paper:       "seed 42: lower 0.64 → 0.37; upper ∝ √width",
		Rule:        "exponents over width of two seeds or more, widths to 8,192 at least: lower over all widths between −0.15 and 0.05, upper from width 1,024 on within 0.1 of 0.5",
		Experiments: []string{"initialisation"},
		recipe:      anyWidth,
		judge: func(e Evidence) []finding {
			rs := e.runs("initialisation")
			groups := rs.by(width)
			if len(groups) < 4 || groups[len(groups)-1].x < 8192 || len(bySeed(rs)) < 2 {
				return []finding{undecided("", "too few widths or seeds")}
			}
			var wide runs
			for _, g := range groups {
				if g.x >= 1024 {
					wide = append(wide, g.runs...)
				}
			}
			first := func(metric string) func(Run) float64 {
				return func(r Run) float64 { return r.at(metric, "", 0) }
			}
			lower, _ := rs.slopes(width, first(series.LowerBound))
			upper, _ := wide.slopes(width, first(series.UpperProduct))
			return append(anyWidth.comparable(rs),
				between("exponent of lower", lower, -0.15, 0.05), between("exponent of upper", upper, 0.4, 0.6))
		},
	},
	{
		Number:      17,
		Statement:   "At initialisation lower and mean fall with depth, the upper bound rises",
		Setting:     "1 to 5 hidden layers of 64 units, epoch 0, exponents from depth 2 on",
		Paper:       "exponents: upper 0.30, lower −2.52, mean −2.84",
		Rule:        "least squares on logarithmic axes over depths 2 to 5, a fit for each seed. In the paper's setting: each exponent within 0.15 of its. In another: only the signs, by more than 2 standard errors",
		Experiments: []string{"depth"},
		recipe:      depths,
		judge: func(e Evidence) []finding {
			rs := e.runs("depth").deep()
			value := func(metric string) func(Run) float64 {
				return func(r Run) float64 { return r.at(metric, "", 0) }
			}
			return slopesOver(rs, depth, value, initial, nil, []exponent{
				{"upper", series.UpperProduct, 0.30, 0.15, 0}, {"lower", series.LowerBound, -2.52, 0.15, 0}, {"mean", series.JacobianMean, -2.84, 0.15, 0}}, 4)
		},
	},
	{
		Number:      18,
		Statement:   "After training all bounds rise with depth",
		Setting:     "as claim 17, trained to gradient norm 0.01",
		Paper:       "exponents: upper 3.33, lower 2.03, mean 1.19",
		Rule:        "as claim 17 at the last epochs. In the paper's setting and with every run at gradient norm 0.0105 or below: each exponent within 25 % of its. Otherwise only the signs, by more than 2 standard errors",
		Experiments: []string{"depth"},
		recipe:      depths,
		judge: func(e Evidence) []finding {
			rs := e.runs("depth").deep()
			return slopesOver(rs, depth, lastOf, depths, rs, []exponent{
				{"upper", series.UpperProduct, 3.33, 0.83, 0}, {"lower", series.LowerBound, 2.03, 0.51, 0}, {"mean", series.JacobianMean, 1.19, 0.30, 0}}, 4)
		},
	},
	{
		Number:      19,
		Statement:   "The bounds grow with the number of training points, less than in proportion",
		Setting:     "FF_ReLU_256 on 100, 500, 1,000 and 4,000 points, to gradient norm 0.01",
		Paper:       "exponents: upper 0.53, lower 0.37, mean 0.36; R² above 0.96",
		Rule:        "a fit over n for each seed, three sizes or more. In the paper's setting and with every run at gradient norm 0.0105 or below: each exponent within 0.1 of its. Otherwise only that each is above 0 and below 1, by more than 2 standard errors",
		Experiments: []string{"samples"},
		recipe:      samples,
		judge: func(e Evidence) []finding {
			rs := e.runs("samples")
			return slopesOver(rs, key("data.points"), lastOf, samples, rs, []exponent{
				{"upper", series.UpperProduct, 0.53, 0.1, 1}, {"lower", series.LowerBound, 0.37, 0.1, 1}, {"mean", series.JacobianMean, 0.36, 0.1, 1}}, 3)
		},
	},
}

// exponent is the paper's of a metric with an absolute tolerance, and below which it is to be in any
// setting, 0 for no such bound.
type exponent struct {
	name, metric     string
	value, tolerance float64
	below            float64
}

func lastOf(metric string) func(Run) float64 {
	return func(r Run) float64 { return r.last(metric, "") }
}

// deep are the runs of two hidden layers or more.
func (rs runs) deep() runs {
	var some runs
	for _, r := range rs {
		if depth(r) >= 2 {
			some = append(some, r)
		}
	}
	return some
}

// slopesOver compares exponents over x with the paper's where the setting is the paper's and, of the
// runs to have converged, all have; and else judges their signs.
func slopesOver(rs runs, x func(Run) float64, value func(metric string) func(Run) float64, setting recipe, converged runs, want []exponent, sizes int) []finding {
	if n := len(rs.by(x)); n < sizes {
		return []finding{undecided("", "%d values of %d on the axis", n, sizes)}
	}
	why := ""
	for _, f := range setting.comparable(rs) {
		why = f.why
	}
	for _, r := range converged {
		if g := r.last(series.GradNorm, ""); !(g <= 0.0105) && why == "" {
			why = "judged by sign: gradient norm " + format(g) + " at the end of run " + r.Header.Run
		}
	}
	var all []finding
	for _, w := range want {
		slopes, _ := rs.slopes(x, value(w.metric))
		name := "exponent of " + w.name
		if why == "" {
			all = append(all, near(name, slopes, w.value, w.tolerance/math.Abs(w.value)))
			continue
		}
		signed, floor := slopes, constant(0)
		if w.value < 0 {
			signed, floor = constant(0), slopes
		}
		f := exceeds(signed, floor, "sign of the "+name)
		f.ours = name + " " + slopes.String()
		all = append(all, f)
		if w.below > 0 {
			f := exceeds(constant(w.below), slopes, name+" below "+format(w.below))
			f.ours = ""
			all = append(all, f)
		}
	}
	if why != "" {
		all = append(all, finding{Agrees, "", why})
	}
	return all
}

// slopes are exponents of a value over x, one for each seed.
func (rs runs) slopes(x, value func(Run) float64) (slopes, fits spread) {
	for _, of := range bySeed(rs) {
		slope, r2, n := trend.LogLog(of.of(x), of.of(value))
		if n < len(of.runs) {
			slope = math.NaN()
		}
		slopes, fits = append(slopes, slope), append(fits, r2)
	}
	return slopes, fits
}

// bySeed groups runs by their seeds.
func bySeed(rs runs) []group {
	return rs.by(func(r Run) float64 { return float64(r.Header.Seed) })
}
