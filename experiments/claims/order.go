package claims

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// orderTolerance is a relative tolerance for the rounding of the mean and the root mean square.
const orderTolerance = 1e-9

// ordered checks every run of every experiment.
func ordered(e Evidence) []finding {
	count := map[string]int{}
	broken := ""
	for _, name := range slices.Sorted(maps.Keys(e)) {
		for _, r := range e.runs(name) {
			for _, pair := range orderedPairs(r) {
				n, exception := pair.checkOrder()
				count[pair.step] += n
				// Only the first exception is shown, but comparisons are counted to the end.
				if exception != "" && broken == "" {
					broken = fmt.Sprintf("%s, run %s: %s", name, r.Header.Run, exception)
				}
			}
		}
	}

	total := 0
	var missing []string
	for _, step := range orderSteps {
		total += count[step]
		if count[step] == 0 {
			missing = append(missing, step)
		}
	}

	ours := fmt.Sprintf("%d comparisons", total)
	if broken != "" {
		return []finding{{Disagrees, ours, broken}}
	}

	if len(missing) > 0 {
		return []finding{
			notRun(ours, "no exception, but never measured: %s", strings.Join(missing, ", ")),
		}
	}

	return []finding{{Agrees, ours, "no exception"}}
}

var orderSteps = []string{"mean ≤ rms", "rms ≤ lower", "lower ≤ C_S*", "C_S* ≤ certified"}

// An orderedPair is two curves, of which the first must not exceed the second.
type orderedPair struct {
	step         string
	small, large *series.Curve
}

// orderedPairs lists the pairs of a run, label by label. The lower bound must be below the
// certified bounds even if C_S* was not measured.
func orderedPairs(r Run) []orderedPair {
	var pairs []orderedPair
	add := func(step, small, large, label string) {
		a, b := r.Curve(small, label), r.Curve(large, label)
		if a != nil && b != nil {
			pairs = append(pairs, orderedPair{step, a, b})
		}
	}

	for _, label := range r.Labels(series.LowerBound) {
		add(orderSteps[0], series.JacobianMean, series.JacobianRMS, label)
		add(orderSteps[1], series.JacobianRMS, series.LowerBound, label)
		// C_S* is computed over combinations of training and test points, not over probes from a
		// file.
		if r.Header.Config["track.probes.from"] != "file" {
			add(orderSteps[2], series.LowerBound, series.EnlargedLowerBound, label)
		}

		for _, metric := range r.Metrics() {
			c := r.Curve(metric, label)
			if c != nil && c.Kind == series.Certified {
				add("lower ≤ certified", series.LowerBound, metric, label)
				add(orderSteps[3], series.EnlargedLowerBound, metric, label)
			}
		}
	}

	return pairs
}

// checkOrder counts the epochs at which both were measured, and describes the first exception.
func (p orderedPair) checkOrder() (n int, exception string) {
	for i, epoch := range p.small.Epochs {
		large, ok := p.large.At(epoch)
		if !ok {
			continue
		}
		n++
		small := p.small.Values[i]
		// The negated comparison counts NaN as an exception.
		if !(small <= large*(1+orderTolerance)) || math.IsInf(small, 0) {
			return n, fmt.Sprintf(
				"%s %g, %s %g at epoch %d",
				p.small.Metric,
				small,
				p.large.Metric,
				large,
				epoch,
			)
		}
	}

	return n, ""
}
