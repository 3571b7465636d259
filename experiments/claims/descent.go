package claims

import (
	"fmt"
	"math"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// descending are the quantities that show double descent in the paper.
var descending = []named{namedLower, namedMean, namedUpper, namedTestLoss}

// leastPeak is the ratio by which a peak must stand out from either end.
const leastPeak = 1.1

func descends(e Evidence) []finding {
	groups := e.runs("double-descent").groupBy(parameters)
	all := fitted(groups)
	for _, m := range descending {
		all = append(all, hump{m, points, true}.judgeGroups(groups))
	}
	return append(all, risesAgain(groups)...)
}

func descendsByVariance(e Evidence) []finding {
	groups := e.runs("double-descent-mse").groupBy(parameters)
	all := fitted(groups)
	return append(all,
		hump{namedLower, outputs, false}.judgeGroups(groups),
		hump{namedUpper, outputs, false}.judgeGroups(groups),
		hump{namedTestLoss, outputs, true}.judgeGroups(groups),
		varianceFalls(e["double-descent-mse"].Ensembles),
	)
}

// parameters returns p.
func parameters(r Run) float64 {
	return r.numberOf("model.parameters")
}

// points returns n.
func points(g group) float64 {
	return g.runs[0].numberOf("data.points")
}

// outputs returns nK, the number of training points times the number of classes.
func outputs(g group) float64 {
	return points(g) * g.runs[0].numberOf("data.classes")
}

// fitted returns nil if the largest group fits its training points.
func fitted(groups []group) []finding {
	if len(groups) < 3 {
		return lacks("%d widths", len(groups))
	}
	largest := groups[len(groups)-1]
	// A network that does not fit its data is left of the threshold, whatever its width.
	accuracy := largest.last(series.TrainAccuracy)
	if !(accuracy.mean() >= 0.99) {
		return lacks(
			"not trained long enough: training accuracy %s at p = %s",
			accuracy,
			largest.value,
		)
	}

	return nil
}

// hump describes a peak of a metric over groups in ascending order of x.
type hump struct {
	named
	// threshold returns the x that must be within a factor 3 of the peak; nil if the peak may be
	// anywhere inside.
	threshold func(group) float64
	// largest means that no other inner value may exceed the peak.
	largest bool
}

// inReach reports whether a group is within a factor 3 of the threshold.
func (h hump) inReach(g group) bool {
	if h.threshold == nil {
		return true
	}
	ratio := g.x / h.threshold(g)
	return ratio >= 1./3 && ratio <= 3
}

// judgeGroups judges the groups. Since the peak is the largest of several means, each test gets its
// share of the level.
func (h hump) judgeGroups(groups []group) finding {
	if len(groups) < 3 {
		return notRun("", "%s: no interior point", h.name)
	}

	values := make([]spread, len(groups))

	// The peak may be at a group that cannot be judged.
	for i, g := range groups {
		values[i] = g.last(h.metric)
		f, ok := judgeable(h.name+" at "+g.value, values[i].logarithms())
		if !ok {
			f.ours = ""
			return f
		}
	}

	inner := len(groups) - 2
	top, _ := hump{named: h.named}.peakOf(groups)
	peak, candidates := h.peakOf(groups)

	// A peak must stand out from the higher end.
	first, last := values[0], values[inner+1]
	end := first
	if last.mean() > first.mean() {
		end = last
	}

	if f := exceedsAt(level/float64(inner), h.name, end, values[top], 1); f.verdict == Agrees {
		return finding{
			Disagrees,
			"",
			fmt.Sprintf(
				"%s has no interior peak: %s at an end, at most %s within",
				h.name,
				end,
				values[top],
			),
		}
	}

	if peak == 0 {
		return notRun("", "%s: nothing within a factor 3 of the threshold", h.name)
	}

	said := fmt.Sprintf(
		"%s %s → %s at %s → %s",
		h.name,
		format(first.mean()),
		values[peak],
		groups[peak].value,
		format(last.mean()),
	)
	share := level / float64(candidates)
	for _, end := range []spread{first, last} {
		f := exceedsAt(share, h.name+": peak against an end", values[peak], end, leastPeak)
		if f.verdict != Agrees {
			return finding{f.verdict, said, f.why}
		}
	}

	// The largest of several means exceeds a given one by chance alone, hence the share of the
	// level.
	if h.largest &&
		exceedsAt(level/float64(inner), h.name, values[top], values[peak], 1).verdict == Agrees {
		return finding{
			Disagrees,
			said,
			fmt.Sprintf("%s is larger at %s, away from the threshold",
				h.name, groups[top].value),
		}
	}

	return finding{Agrees, said, h.name + " peaks inside"}
}

// peakOf returns the index of the largest mean among the inner groups within reach of the
// threshold, and the number of these groups. Both are 0 if there are none.
func (h hump) peakOf(groups []group) (peak, candidates int) {
	for i := 1; i < len(groups)-1; i++ {
		if !h.inReach(groups[i]) {
			continue
		}

		candidates++
		if peak == 0 || groups[i].mean(h.metric) > groups[peak].mean(h.metric) {
			peak = i
		}
	}

	return peak, candidates
}

// risesAgain tests the second rise of the upper bound, provided that the largest width is large
// enough.
func risesAgain(groups []group) []finding {
	if len(groups) < 3 {
		return nil
	}

	last := groups[len(groups)-1]
	if w := width(last.runs[0]); !(w >= 16384) {
		return []finding{{
			Agrees,
			"",
			"its second rise is not judged: the widest is " + format(w),
		}}
	}

	beyond := groups[len(groups)/2 : len(groups)-1]
	least := last
	for _, g := range beyond {
		if g.mean(series.UpperProduct) < least.mean(series.UpperProduct) {
			least = g
		}
	}

	share := level / float64(len(beyond))
	return []finding{exceedsAt(share, "upper at the largest width over its least after the peak",
		last.last(series.UpperProduct), least.last(series.UpperProduct), 1)}
}

// varianceFalls compares how variance and bias fall from the threshold to the largest network.
func varianceFalls(ensembles []*series.Table) finding {
	rs := make(runs, len(ensembles))
	for i, t := range ensembles {
		rs[i] = Run{Table: t, State: stateConverged}
	}

	// Each ensemble is a group of its own, since its series already has the variance.
	groups := rs.groupBy(parameters)
	peak, candidates := hump{named{"variance", series.Variance}, outputs, false}.peakOf(groups)
	if candidates == 0 {
		return notRun("", "no ensembles at the threshold and beyond")
	}

	last := groups[len(groups)-1]
	fall := func(metric string) float64 {
		return groups[peak].mean(metric) - last.mean(metric)
	}

	variance, bias := fall(series.Variance), fall(series.Bias)
	share := variance / (math.Abs(variance) + math.Abs(bias))
	if math.IsNaN(share) {
		return undecided("", "variance or bias is not measured, or not finite")
	}

	said := fmt.Sprintf("from p = %s to %s variance falls by %s, bias by %s",
		groups[peak].value, last.value, format(variance), format(bias))
	return holds(share >= 2./3, said, "variance makes %.0f %% of it", 100*share)
}

// list joins names with commas and "and".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
