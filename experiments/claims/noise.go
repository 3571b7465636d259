package claims

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

var labelNoise = []Claim{{
	Number:      25,
	Statement:   "With label noise the lower bound rises and falls, over width and over the noise; large networks fit noise more smoothly",
	Setting:     "CNNs on CIFAR-10 in the paper, widths × share α of swapped labels; here MLPs on MNIST1D",
	Paper:       "non-monotone in width for each α, and in α for each width; the turning point moves to larger networks as α grows (shown as a map)",
	Rule:        "lower bounds at the last epochs. In width: in more than half of the α the largest interior mean exceeds both ends by more than 2 standard errors. In α: for a third of the widths or more, likewise. The width of the largest bound and α have a positive rank correlation. At the largest α the largest network is below the peak by more than 2 standard errors. A part whose opposite holds disagrees",
	Experiments: []string{"label-noise"},
	judge:       noiseMap,
}}

func noiseMap(e Evidence) []finding {
	rs := e.runs("label-noise")
	alphas, widths := rs.by(key("data.label_noise")), rs.by(width)
	if len(alphas) < 3 || len(widths) < 3 {
		return []finding{undecided("", "%d shares of noise and %d widths", len(alphas), len(widths))}
	}
	var shares, peaks []float64
	for _, alpha := range alphas {
		byWidth := alpha.by(width)
		peak := largest(byWidth)
		shares, peaks = append(shares, alpha.x), append(peaks, byWidth[peak].x)
	}
	all := []finding{
		humps("in width", alphas, width, 0.5),
		humps("in α", widths, key("data.label_noise"), 1./3),
	}
	correlation := rankCorrelation(shares, peaks)
	said := fmt.Sprintf("peaks at widths %s for α from %s to %s", formats(peaks), format(shares[0]), format(shares[len(shares)-1]))
	switch {
	case math.IsNaN(correlation) || correlation == 0:
		all = append(all, undecided(said, "the peak does not move with α"))
	default:
		all = append(all, holds(correlation > 0, said, "the rank correlation of α and the peak's width is %.2f", correlation))
	}
	noisiest := alphas[len(alphas)-1].by(width)
	last, peak := noisiest[len(noisiest)-1], noisiest[largest(noisiest)]
	if last.x == peak.x {
		return append(all, finding{Disagrees, "", "at the largest α the largest network has the largest bound"})
	}
	return append(all, exceeds(peak.last(series.LowerBound, ""), last.last(series.LowerBound, ""), "at the largest α the peak over the largest network"))
}

// largest is the index of the group with the largest mean of the lower bound.
func largest(groups []group) int {
	most := 0
	for i, g := range groups {
		if g.last(series.LowerBound, "").mean() > groups[most].last(series.LowerBound, "").mean() {
			most = i
		}
	}
	return most
}

// humps counts along how many lines the lower bound has an interior peak over x; it disagrees if
// more lines than 1 − share have none, for sure.
func humps(name string, lines []group, x func(Run) float64, share float64) finding {
	clear, against := 0, 0
	for _, line := range lines {
		groups := line.by(x)
		f := hump(groups, name, series.LowerBound, func(g group) float64 { return math.NaN() }, false)
		switch {
		case f.verdict == Disagrees:
			against++
		case peaked(groups):
			clear++
		}
	}
	said := fmt.Sprintf("%s %d of %d have an interior peak", name, clear, len(lines))
	have, without := float64(clear)/float64(len(lines)), float64(against)/float64(len(lines))
	switch {
	case have > share || have == share && share < 0.5:
		return finding{Agrees, said, said}
	case without > 1-share:
		return finding{Disagrees, said, fmt.Sprintf("%s %d of %d have their largest value at an end", name, against, len(lines))}
	}
	return undecided(said, "%s", said)
}

// peaked says whether the largest interior mean exceeds both ends by more than two standard errors.
func peaked(groups []group) bool {
	if len(groups) < 3 {
		return false
	}
	interior := groups[1 : len(groups)-1]
	top := interior[largest(interior)].last(series.LowerBound, "")
	for _, end := range []group{groups[0], groups[len(groups)-1]} {
		if exceeds(top, end.last(series.LowerBound, ""), "").verdict != Agrees {
			return false
		}
	}
	return true
}

func formats(values []float64) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, format(v))
	}
	return list(texts)
}
