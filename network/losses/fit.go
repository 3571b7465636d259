package losses

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/linalg"
)

// Fit describes how well one output of a regression predicts its target.
type Fit struct {
	// MSE is the mean square error, in the square of the target's unit.
	MSE float64
	// R2 is 1 minus the ratio of the mean square error to the variance of the target at the same
	// points: 1 if every prediction is right, 0 if every prediction is the mean. It is NaN if the
	// target is constant.
	R2 float64
}

// AddSquares adds to sums, of length k, the squared error of each output over the rows of out and
// target (n×k).
func AddSquares[T linalg.Float](sums []float64, out, target []T) {
	for i, v := range out {
		d := float64(v) - float64(target[i])
		sums[i%len(sums)] += d * d
	}
}

// Fits returns the fit of each of the K outputs, given the sums of their squared errors over the N
// targets, N×K, and the standard deviation by which each target was divided. If units is nil, no
// target was divided.
func Fits(sums []float64, targets *mat.Dense, units []float64) []Fit {
	n, _ := targets.Dims()
	fits := make([]Fit, len(sums))
	for k, sum := range sums {
		unit := 1.0
		if units != nil {
			unit = units[k]
		}

		mse := sum / float64(n)
		column := mat.Col(nil, k, targets)
		_, variance := stat.PopMeanVariance(column, nil)
		fits[k] = Fit{MSE: mse * unit * unit, R2: 1 - mse/variance}
		if slices.Min(column) == slices.Max(column) {
			fits[k].R2 = math.NaN()
		}
	}

	return fits
}
