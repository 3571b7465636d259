package claims

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/tracker/series"
)

var shareOfNoise = key("data.label_noise")

func noiseMap(e Evidence) []finding {
	rs := e.runs("label-noise")
	alphas, widths := rs.groupBy(shareOfNoise), rs.groupBy(width)
	if len(alphas) < 3 || len(widths) < 3 {
		return lacks("%d shares of noise and %d widths", len(alphas), len(widths))
	}

	// The runs near the threshold are a separate experiment, which may be missing.
	near := e.runs("label-noise-threshold").groupBy(width)
	all := []finding{humps("in width", alphas, width)}
	if len(near) > 0 {
		all = append(all, humps("in α near the threshold", near, shareOfNoise))
	}

	all = append(all, peakMoves(alphas))

	noisiest := alphas[len(alphas)-1].groupBy(width)
	last, peak := noisiest[len(noisiest)-1], noisiest[largestGroup(noisiest)]
	// A maximum at the end is not a peak.
	if last.x == peak.x {
		return append(
			all,
			finding{Disagrees, "", "at the largest α the largest network has the largest bound"},
		)
	}

	share := level / float64(len(noisiest)-1)
	return append(all, exceedsAt(share, "at the largest α the peak over the largest network",
		peak.last(series.LowerBound), last.last(series.LowerBound), leastPeak))
}

// peakMoves tests whether the width of the largest bound grows with the noise.
func peakMoves(alphas []group) finding {
	var shares, peaks []float64
	for _, alpha := range alphas {
		widths := alpha.groupBy(width)
		shares = append(shares, alpha.x)
		peaks = append(peaks, widths[largestGroup(widths)].x)
	}

	said := fmt.Sprintf(
		"peaks at widths %s for α from %s to %s",
		formats(peaks),
		format(shares[0]),
		format(shares[len(shares)-1]),
	)
	correlation := rankCorrelation(shares, peaks)
	// Equal peaks have no ranks to correlate.
	if math.IsNaN(correlation) || correlation == 0 {
		return undecided(said, "the peak does not move with α")
	}

	return holds(
		correlation > 0,
		said,
		"the rank correlation of α and the peak's width is %.2f",
		correlation,
	)
}

// largestGroup returns the index of the group with the largest mean of the lower bound.
func largestGroup(groups []group) int {
	most := 0
	for i, g := range groups {
		if g.mean(series.LowerBound) > groups[most].mean(series.LowerBound) {
			most = i
		}
	}
	return most
}

// humps counts the lines along which the lower bound has an interior peak over x.
func humps(name string, lines []group, x func(Run) float64) finding {
	peaked, against := 0, 0
	for _, line := range lines {
		switch (hump{named: named{name, series.LowerBound}}).judgeGroups(line.groupBy(x)).verdict {
		case Agrees:
			peaked++
		case Disagrees:
			against++
		}
	}

	said := fmt.Sprintf(
		"%s %d of %d have an interior peak, %d are shown to have none",
		name,
		peaked,
		len(lines),
		against,
	)
	// A majority decides, since one line in twenty shows a peak by chance.
	return finding{verdictOf(2*peaked > len(lines), 2*against > len(lines)), said, said}
}

func formats(values []float64) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, format(v))
	}
	return list(texts)
}
