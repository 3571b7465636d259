package plots

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/trend"
)

// A powerLaw is the law that a curve follows over epochs.
type powerLaw struct {
	trend.Law
	// From and To are the first and the last epoch fitted.
	From, To int
}

// fitPowerLaw fits log y = Slope · log x + Intercept by ordinary least squares over the last
// half of the logarithm of the epochs, from √(first·last) to last, where first ≥ 1 is the
// first epoch measured: the transient of early training is left out, as in Khromov & Singh
// (ICLR 2024). Every measured point in the range weighs the same; those that are not positive
// and finite are skipped. ok is false for fewer than three points.
func fitPowerLaw(epochs []int, values []float64) (fit powerLaw, ok bool) {
	first, last := firstPositive(epochs), 0
	if len(epochs) > 0 {
		last = epochs[len(epochs)-1]
	}
	from := math.Sqrt(float64(first) * float64(last))
	var xs, ys []float64
	for i, e := range epochs {
		if e < 1 || float64(e) < from || !(values[i] > 0) || math.IsInf(values[i], 1) {
			continue
		}
		if len(xs) == 0 {
			fit.From = e
		}
		fit.To = e
		xs, ys = append(xs, float64(e)), append(ys, values[i])
	}
	if len(xs) < 3 {
		return powerLaw{}, false
	}
	fit.Law = trend.Fit(xs, ys)
	return fit, true
}

// firstPositive returns the first epoch from 1 on, 0 where there is none.
func firstPositive(epochs []int) int {
	for _, e := range epochs {
		if e > 0 {
			return e
		}
	}
	return 0
}

func mean(xs []float64) float64 { return stat.Mean(xs, nil) }

// deviation returns the sample standard deviation (n−1), NaN for fewer than two values.
func deviation(xs []float64) float64 { return stat.StdDev(xs, nil) }
