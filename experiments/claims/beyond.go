package claims

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

var beyondData = []Claim{
	{
		Number:      23,
		Statement:   "Noise on the data hardly changes the lower bound; convex combinations give the larger values",
		Setting:     "the networks of claim 13, x + r·N(0, I), several r, over width",
		Paper:       "barely changes; combinations larger for most widths",
		Rule:        "at the last epochs, for every noise of deviation 0.2 or less: mean over all runs of the bound on noisy points over the lower bound from 0.8 to 1.25; and C_S* at least the bound on noisy points in more than half of the runs, below half disagrees",
		Experiments: []string{"out-of-distribution"},
		recipe:      crossEntropy,
		judge:       noiseHardlyMatters,
	},
	{
		Number:      24,
		Statement:   "At adversarial points the lower bound is much the same; the loss is not",
		Setting:     "CNNs on CIFAR-10 in the paper, attacks of 2-norm 0.5; here MLPs on MNIST1D",
		Paper:       "ratio of lower bounds 0.94 to 1.04; alternative over lower bound 0.79 to 0.83",
		Rule:        "at the last epochs, means over all runs: adversarial over plain lower bound from 0.9 to 1.1, alternative over plain lower bound from 0.6 to 1; adversarial over training loss above 1 by more than 2 standard errors",
		Experiments: []string{"adversarial"},
		judge: func(e Evidence) []finding {
			rs := e.runs("adversarial")
			over := func(metric, of string) spread {
				return rs.of(func(r Run) float64 { return r.last(metric, "") / r.at(of, "", r.epoch(metric, "")) })
			}
			return []finding{
				over(series.AdversarialLowerBound, series.LowerBound).overRuns("adversarial over plain", 0.9, 1.1),
				over(series.AdversarialAltLowerBound, series.LowerBound).overRuns("alternative over plain", 0.6, 1),
				exceeds(over(series.AdversarialLoss, series.TrainLoss), constant(1), "adversarial over training loss"),
			}
		},
	},
}

// overRuns is between, for values of runs that differ in more than their seeds.
func (s spread) overRuns(name string, low, high float64) finding {
	f := between(name, s, low, high)
	f.ours = strings.Replace(f.ours, "seed", "run", 1)
	return f
}

func noiseHardlyMatters(e Evidence) []finding {
	const most = 0.2
	rs := e.runs("out-of-distribution")
	var all []finding
	larger, compared := 0, 0
	for _, noise := range noises(rs) {
		label := "noise=" + noise
		if noiseOf(noise) > most {
			continue
		}
		ratio := rs.of(func(r Run) float64 {
			return r.last(series.NoisyLowerBound, label) / r.at(series.LowerBound, "", r.epoch(series.NoisyLowerBound, label))
		})
		all = append(all, ratio.overRuns("noise "+noise, 0.8, 1.25))
		for _, r := range rs {
			noisy, enlarged := r.last(series.NoisyLowerBound, label), r.last(series.EnlargedLowerBound, "")
			if noisy > 0 && enlarged > 0 && r.epoch(series.NoisyLowerBound, label) == r.epoch(series.EnlargedLowerBound, "") {
				compared++
				if enlarged >= noisy {
					larger++
				}
			}
		}
	}
	if compared == 0 {
		return append(all, undecided("", "combinations and noise of 0.2 or less were not both measured"))
	}
	share := float64(larger) / float64(compared)
	ours := format(100*share) + " % of combinations are larger"
	if share == 0.5 {
		return append(all, undecided(ours, "just half"))
	}
	return append(all, holds(share > 0.5, ours, "C_S* is the larger in %d of %d", larger, compared))
}

// noises are the deviations of the noise that was measured, as their labels have them.
func noises(rs runs) []string {
	var all []string
	for _, r := range rs {
		for _, label := range r.Labels(series.NoisyLowerBound) {
			if noise, ok := strings.CutPrefix(label, "noise="); ok && !slices.Contains(all, noise) {
				all = append(all, noise)
			}
		}
	}
	return all
}

// noiseOf is a deviation as a number, infinite where it is none.
func noiseOf(label string) float64 {
	if v, err := strconv.ParseFloat(label, 64); err == nil {
		return v
	}
	return math.Inf(1)
}
