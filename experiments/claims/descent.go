package claims

import (
	"fmt"
	"math"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

const descentRule = "at the last epochs: at some interior width whose number of parameters p is within a factor 3 of the threshold, the mean over seeds exceeds those of the " +
	"smallest and of the largest width by more than 2 standard errors, "

var doubleDescent = []Claim{
	{
		Number:      13,
		Statement:   "Under cross-entropy bounds and test loss show double descent over width",
		Setting:     "one hidden layer of 16 to 131,072 units, SGD 0.005 to gradient norm 0.01, 4 seeds",
		Paper:       "rise to the threshold p ≈ n (width 80) and fall; the upper bound rises again at large widths",
		Rule:        descentRule + "and it is the largest of all widths; for lower, mean, upper and test loss each, with the threshold p = n. Where widths reach 16,384, the upper bound of the largest exceeds the least beyond the peak likewise. Undecided unless the largest width fits the training points (accuracy 0.99)",
		Experiments: []string{"double-descent"},
		recipe:      crossEntropy,
		judge: func(e Evidence) []finding {
			groups := e.runs("double-descent").by(parameters)
			all := fitted(groups)
			points := func(g group) float64 { return g.runs[0].number("data.points") }
			for _, m := range descending {
				all = append(all, hump(groups, m.name, m.metric, points, true))
			}
			return append(all, risesAgain(groups)...)
		},
	},
	{
		Number:      14,
		Statement:   "Under the square loss too, near p ≈ nK; the variance carries it",
		Setting:     "LeakyOutput networks of 16 to 65,536 units, SGD 0.001, 4 seeds",
		Paper:       "peak near p ≈ nK (width 800); variance has the shape, bias nearly constant",
		Rule:        descentRule + "for lower, upper and test loss, with the threshold p = nK, and the test loss is largest there; of the fall of variance and bias from that width to the largest, variance makes two thirds or more. Undecided unless the largest width fits the training points (accuracy 0.99), or without ensembles",
		Experiments: []string{"double-descent-mse"},
		recipe:      squareLoss,
		judge: func(e Evidence) []finding {
			groups := e.runs("double-descent-mse").by(parameters)
			all := append(fitted(groups),
				hump(groups, "lower", series.LowerBound, outputs, false),
				hump(groups, "upper", series.UpperProduct, outputs, false),
				hump(groups, "test loss", series.TestLoss, outputs, true))
			return append(all, varianceFalls(e["double-descent-mse"].Ensembles))
		},
	},
}

// descending are the quantities of the paper's double descent.
var descending = []struct{ name, metric string }{
	{"lower", series.LowerBound}, {"mean", series.JacobianMean}, {"upper", series.UpperProduct}, {"test loss", series.TestLoss},
}

// parameters is p.
func parameters(r Run) float64 { return r.number("model.parameters") }

// outputs is nK, the number of training points times classes.
func outputs(g group) float64 {
	return g.runs[0].number("data.points") * g.runs[0].number("data.classes")
}

// fitted is nil if the largest group fits its training points.
func fitted(groups []group) []finding {
	if len(groups) < 3 {
		return []finding{undecided("", "%d widths", len(groups))}
	}
	largest := groups[len(groups)-1]
	if accuracy := largest.last(series.TrainAccuracy, ""); !(accuracy.mean() >= 0.99) {
		return []finding{undecided("", "not trained long enough: training accuracy %s at p = %s", accuracy, largest.value)}
	}
	return nil
}

// hump looks for the rule's peak over groups in ascending order of parameters, and, if it must be, the
// largest of all. It disagrees where the largest interior mean is below the larger end by more than
// two standard errors, or where the rule's peak is and the largest is elsewhere by as much.
func hump(groups []group, name, metric string, threshold func(group) float64, largest bool) finding {
	if len(groups) < 3 {
		return undecided("", "%s: no interior width", name)
	}
	values := make([]spread, len(groups))
	for i, g := range groups {
		values[i] = g.last(metric, "")
		if !values[i].finite() {
			return undecided("", "%s is not measured, or not finite, at p = %s", name, g.value)
		}
		if len(values[i]) < 2 {
			return undecided("", "%s has one seed at p = %s", name, g.value)
		}
	}
	top, inside := 0, 0
	for i, v := range values[:len(values)-1] {
		if i == 0 {
			continue
		}
		if top == 0 || v.mean() > values[top].mean() {
			top = i
		}
		ratio := groups[i].x / threshold(groups[i])
		if ratio >= 1./3 && ratio <= 3 && (inside == 0 || v.mean() > values[inside].mean()) {
			inside = i
		}
	}
	first, last := values[0], values[len(values)-1]
	end := first
	if last.mean() > first.mean() {
		end = last
	}
	if compare(end, values[top]) > 0 {
		return finding{Disagrees, "", fmt.Sprintf("%s has no interior peak: %s at an end, at most %s within", name, end, values[top])}
	}
	if inside == 0 {
		return undecided("", "%s: no width within a factor 3 of the threshold", name)
	}
	said := fmt.Sprintf("%s %s → %s at p = %s → %s", name, format(first.mean()), values[inside], groups[inside].value, format(last.mean()))
	switch {
	case compare(values[inside], first) <= 0 || compare(values[inside], last) <= 0:
		return undecided(said, "the peak of %s is within 2 standard errors of an end", name)
	case largest && compare(values[top], values[inside]) > 0:
		return finding{Disagrees, said, fmt.Sprintf("%s is larger at p = %s, away from the threshold", name, groups[top].value)}
	}
	return finding{Agrees, said, name + " peaks at the threshold"}
}

// risesAgain looks at the upper bound of the largest width, if that is large.
func risesAgain(groups []group) []finding {
	if len(groups) < 3 {
		return nil
	}
	last := groups[len(groups)-1]
	if w := width(last.runs[0]); !(w >= 16384) {
		return []finding{{Agrees, "", "its second rise is not judged: the widest is " + format(w)}}
	}
	least := last
	for _, g := range groups[len(groups)/2:] {
		if g.last(series.UpperProduct, "").mean() < least.last(series.UpperProduct, "").mean() {
			least = g
		}
	}
	return []finding{exceeds(last.last(series.UpperProduct, ""), least.last(series.UpperProduct, ""), "upper at the largest width over its least after the peak")}
}

// varianceFalls compares how variance and bias fall from the threshold to the largest network.
func varianceFalls(ensembles []*series.Table) finding {
	rs := make(runs, len(ensembles))
	for i, t := range ensembles {
		rs[i] = Run{Table: t, State: ended[0]}
	}
	groups := rs.by(parameters)
	peak := -1
	for i, g := range groups {
		ratio := g.x / outputs(g)
		if i > 0 && i < len(groups)-1 && ratio >= 1./3 && ratio <= 3 &&
			(peak < 0 || g.last(series.Variance, "").mean() > groups[peak].last(series.Variance, "").mean()) {
			peak = i
		}
	}
	if peak < 0 {
		return undecided("", "no ensembles at the threshold and beyond")
	}
	last := groups[len(groups)-1]
	fall := func(metric string) float64 {
		return groups[peak].last(metric, "").mean() - last.last(metric, "").mean()
	}
	variance, bias := fall(series.Variance), fall(series.Bias)
	share := variance / (math.Abs(variance) + math.Abs(bias))
	said := fmt.Sprintf("from p = %s to %s variance falls by %s, bias by %s", groups[peak].value, last.value, format(variance), format(bias))
	if math.IsNaN(share) {
		return undecided("", "variance or bias is not measured, or not finite")
	}
	return holds(share >= 2./3, said, "variance makes %.0f %% of it", 100*share)
}

// list joins names with "and".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
