package plots

import "math"

// A powerLaw is the line y = e^Intercept · x^Slope fitted to points of a curve.
type powerLaw struct {
	Slope, Intercept float64
	// R2 is the coefficient of determination in logarithms; NaN for a constant curve.
	R2 float64
	// From and To are the first and the last epoch used, N the number of points between.
	From, To, N int
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
		v := values[i]
		if e < 1 || float64(e) < from || !(v > 0) || math.IsInf(v, 1) {
			continue
		}
		if len(xs) == 0 {
			fit.From = e
		}
		fit.To = e
		xs, ys = append(xs, math.Log(float64(e))), append(ys, math.Log(v))
	}
	fit.N = len(xs)
	if fit.N < 3 {
		return powerLaw{}, false
	}
	fit.Slope, fit.Intercept, fit.R2 = leastSquares(xs, ys)
	return fit, true
}

// at returns the fitted value at an epoch.
func (f powerLaw) at(epoch float64) float64 {
	return math.Exp(f.Intercept + f.Slope*math.Log(epoch))
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

// leastSquares fits ys = slope·xs + intercept. The xs must not be all equal.
func leastSquares(xs, ys []float64) (slope, intercept, r2 float64) {
	mx, my := mean(xs), mean(ys)
	var sxx, sxy, syy float64
	for i := range xs {
		dx, dy := xs[i]-mx, ys[i]-my
		sxx, sxy, syy = sxx+dx*dx, sxy+dx*dy, syy+dy*dy
	}
	slope = sxy / sxx
	intercept = my - slope*mx
	if syy == 0 {
		return slope, intercept, math.NaN()
	}
	return slope, intercept, sxy * sxy / (sxx * syy)
}

func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

// deviation returns the sample standard deviation (n−1), NaN for fewer than two values.
func deviation(xs []float64) float64 {
	m, sum := mean(xs), 0.0
	for _, x := range xs {
		sum += (x - m) * (x - m)
	}
	return math.Sqrt(sum / float64(len(xs)-1))
}
