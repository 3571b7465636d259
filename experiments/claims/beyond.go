package claims

import (
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

func attackHardlyMatters(e Evidence) []finding {
	rs := e.runs("adversarial")
	over := func(metric, to string) spread {
		return rs.valuesOf(ratioOf(lastOf(metric), besideLast(to, metric, "")))
	}

	attacked := rs.last(series.AdversarialLoss)
	trained := rs.valuesOf(besideLast(series.TrainLoss, series.AdversarialLoss, ""))
	loss := exceeds("adversarial over training loss", attacked, trained, 2)
	return []finding{
		liesWithin(
			"adversarial over plain",
			over(series.AdversarialLowerBound, series.LowerBound),
			0.9,
			1.1,
		).overRuns(),
		liesWithin(
			"alternative over plain",
			over(series.AdversarialAltLowerBound, series.LowerBound),
			0.6,
			1,
		).overRuns(),
		loss.overRuns(),
	}
}

// besideLast returns the value of a metric at the last epoch at which another one was measured with
// a label.
func besideLast(metric, other, label string) func(Run) float64 {
	return func(r Run) float64 { return r.valueAt(metric, "", r.lastEpoch(other, label)) }
}

// overRuns rewrites a finding whose values come from runs that differ in more than their seeds.
func (f finding) overRuns() finding {
	f.ours = strings.ReplaceAll(f.ours, "seeds)", "runs)")
	return f
}

func noiseHardlyMatters(e Evidence) []finding {
	const most = 0.2
	rs := e.runs("out-of-distribution")
	var labels []string
	var all []finding
	// The claim does not cover larger deviations.
	for _, noise := range noises(rs, most) {
		label := "noise=" + noise
		labels = append(labels, label)
		noisy := func(r Run) float64 { return r.last(series.NoisyLowerBound, label) }
		ratio := rs.valuesOf(ratioOf(
			noisy,
			besideLast(series.LowerBound, series.NoisyLowerBound, label),
		))

		all = append(all, liesWithin("noise "+noise, ratio, 0.8, 1.25).overRuns())
	}

	// Compare the set C_S* with the noisy points where both were measured.
	larger, compared := 0, 0
	for _, r := range rs {
		noisy, enlarged := r.largestNoisy(labels), r.last(series.EnlargedLowerBound, "")
		if noisy > 0 && enlarged > 0 {
			compared++
			if enlarged >= noisy {
				larger++
			}
		}
	}

	if compared == 0 {
		return append(
			all,
			lacks("combinations and noise of 0.2 or less were not both measured")...,
		)
	}

	return append(all, majority("combinations are larger", larger, compared))
}

// largestNoisy returns the largest bound on noisy points. It is NaN unless all were measured at the
// last epoch of C_S*.
func (r Run) largestNoisy(labels []string) float64 {
	largest := 0.0
	for _, label := range labels {
		largest = max(
			largest,
			r.valueAt(series.NoisyLowerBound, label, r.lastEpoch(series.EnlargedLowerBound, "")),
		)
	}
	return largest
}

// noises lists the measured deviations of the noise up to the largest one, as written in the
// labels.
func noises(rs runs, largest float64) []string {
	var all []string
	for _, r := range rs {
		for _, label := range r.Labels(series.NoisyLowerBound) {
			noise, ok := strings.CutPrefix(label, "noise=")
			v, err := strconv.ParseFloat(noise, 64)
			if ok && err == nil && !(v > largest) && !slices.Contains(all, noise) {
				all = append(all, noise)
			}
		}
	}
	return all
}
