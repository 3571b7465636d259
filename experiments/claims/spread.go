package claims

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/tracker/series/query"
)

// spread holds one value of each of several runs that differ in their seeds.
type spread []float64

func (s spread) mean() float64 { return query.Mean(s) }

// deviation returns the standard deviation over seeds, from the unbiased variance; 0 for one seed.
func (s spread) deviation() float64 {
	if len(s) < 2 {
		return 0
	}
	return query.Deviation(s)
}

// variance returns the square of the standard error of the mean.
func (s spread) variance() float64 {
	return s.deviation() * s.deviation() / float64(len(s))
}

// finite reports whether there are values and all of them are finite.
func (s spread) finite() bool {
	isUnfit := func(v float64) bool { return !query.Finite(v) }
	return len(s) > 0 && !slices.ContainsFunc(s, isUnfit)
}

// logarithms returns the logarithm of every value, NaN for negative ones.
func (s spread) logarithms() spread {
	logs := make(spread, len(s))
	for i, v := range s {
		logs[i] = math.Log(v)
	}
	return logs
}

// String returns "mean ± standard deviation (n seeds)".
func (s spread) String() string {
	switch {
	case len(s) == 0:
		return "–"
	case len(s) == 1:
		return format(s[0]) + " (1 seed)"
	}
	deviation := strconv.FormatFloat(s.deviation(), 'g', 2, 64)
	return fmt.Sprintf("%s ± %s (%d seeds)", format(s.mean()), deviation, len(s))
}

// format formats a number with four digits.
func format(v float64) string {
	whole := v == math.Trunc(v)
	// Whole and large numbers are written in full: epochs and widths are not measurements.
	size := math.Abs(v)
	if size < 1e7 && (whole || size >= 1000) {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// rankCorrelation returns Spearman's correlation, NaN for fewer than three pairs or if one side is
// constant.
func rankCorrelation(x, y []float64) float64 {
	if len(x) < 3 {
		return math.NaN()
	}
	return stat.Correlation(ranks(x), ranks(y), nil)
}

// ranks returns the ranks of the values; equal values get the mean of their ranks.
func ranks(x []float64) []float64 {
	r := make([]float64, len(x))
	for i, v := range x {
		// Each equal value, including the value itself, counts half, which gives ties their mean
		// rank.
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
