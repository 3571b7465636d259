// Package trend fits power laws to measured points, which are straight lines on logarithmic axes.
package trend

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// A Law is the line y = e^Intercept · x^Slope, straight on logarithmic axes.
type Law struct {
	Slope, Intercept float64
	// R2 is the coefficient of determination of log y; NaN if y is constant.
	R2 float64
	// N is the number of points that were fitted.
	N int
}

// Fit fits log y = Slope · log x + Intercept by ordinary least squares. Pairs with a number that is
// not positive and finite are skipped; all others have the same weight. Slope, Intercept and R2 are
// NaN if fewer than two pairs remain or all of them have the same x. Fit panics if x and y differ
// in length.
func Fit(x, y []float64) Law {
	if len(x) != len(y) {
		panic("trend: x and y differ in length")
	}

	var xs, ys []float64
	for i := range x {
		if positive(x[i]) && positive(y[i]) {
			xs = append(xs, math.Log(x[i]))
			ys = append(ys, math.Log(y[i]))
		}
	}

	law := Law{math.NaN(), math.NaN(), math.NaN(), len(xs)}
	if law.N < 2 || floats.Max(xs) == floats.Min(xs) {
		return law
	}

	law.Intercept, law.Slope = stat.LinearRegression(xs, ys, nil, false)
	if floats.Max(ys) > floats.Min(ys) {
		law.R2 = stat.RSquared(xs, ys, nil, law.Intercept, law.Slope)
	}

	return law
}

// At returns the fitted value at x.
func (l Law) At(x float64) float64 {
	return math.Exp(l.Intercept + l.Slope*math.Log(x))
}

// LogLog returns the slope of log y over log x by ordinary least squares, the coefficient of
// determination and the number of points that were fitted; see [Fit].
func LogLog(x, y []float64) (slope, r2 float64, n int) {
	l := Fit(x, y)
	return l.Slope, l.R2, l.N
}

func positive(v float64) bool {
	return v > 0 && !math.IsInf(v, 1)
}
