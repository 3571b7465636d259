package query

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/trend"
)

// Mean returns the mean of values, NaN if there are none.
func Mean(values []float64) float64 {
	return stat.Mean(values, nil)
}

// Deviation returns the sample standard deviation (n−1) of values, NaN for fewer than two.
func Deviation(values []float64) float64 {
	return stat.StdDev(values, nil)
}

// Spread returns the mean of values and the mean minus and plus one standard deviation. If all
// values are positive but low would not be, low is the smallest value, since a logarithmic axis
// shows positive numbers only. A single value has no spread: low and high are NaN.
func Spread(values []float64) (center, low, high float64) {
	center, deviation := Mean(values), Deviation(values)
	low = center - deviation
	least := slices.Min(values)
	if low <= 0 && least > 0 {
		low = least
	}
	return center, low, center + deviation
}

// LeastFitted is the least number of points to which a law is fitted, since fewer may lie near a
// line by chance.
const LeastFitted = 5

// A PowerLaw is a power law that a curve follows between two epochs.
type PowerLaw struct {
	trend.Law
	From, To int
}

// FitPowerLaw fits log y = Slope · log x + Intercept by ordinary least squares over the last half
// of the logarithm of the epochs, from √(first·last) to last, where first ≥ 1 is the first epoch
// measured: the transient of early training is left out, as in Khromov & Singh (ICLR 2024). Every
// measured point in the range has the same weight; those that are not positive and finite are
// skipped. ok is false for fewer than LeastFitted points.
func FitPowerLaw(epochs []int, values []float64) (fit PowerLaw, ok bool) {
	if len(epochs) == 0 {
		return PowerLaw{}, false
	}

	from := math.Sqrt(float64(firstPositive(epochs)) * float64(epochs[len(epochs)-1]))

	var xs, ys []float64
	for i, e := range epochs {
		if e < 1 || float64(e) < from || !(values[i] > 0) || math.IsInf(values[i], 1) {
			continue
		}

		// The law is drawn where it was fitted, not where the range would begin.
		if len(xs) == 0 {
			fit.From = e
		}

		fit.To = e
		xs = append(xs, float64(e))
		ys = append(ys, values[i])
	}

	if len(xs) < LeastFitted {
		return PowerLaw{}, false
	}

	fit.Law = trend.Fit(xs, ys)

	return fit, true
}

// firstPositive returns the first epoch that is at least 1, or 0 if there is none.
func firstPositive(epochs []int) int {
	i := slices.IndexFunc(epochs, func(e int) bool { return e > 0 })
	if i < 0 {
		return 0
	}
	return epochs[i]
}
