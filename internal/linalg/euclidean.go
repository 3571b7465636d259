package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// SumSquares returns Σ xᵢ², accumulated in float64 for both element types.
func SumSquares[T Float](x []T) float64 {
	switch x := any(x).(type) {
	case []float32:
		return blas32.Implementation().Dsdot(len(x), x, 1, x, 1)
	case []float64:
		return blas64.Implementation().Ddot(len(x), x, 1, x, 1)
	}
	return 0
}

// EuclideanNorm returns ‖x‖₂ with n+2 rounding errors at most and no intermediate overflow. It is 0
// only if all of x is 0.
func EuclideanNorm(x []float64) float64 {
	if sum := SumSquares(x); accurateSum(sum) {
		return math.Sqrt(sum)
	}
	return floats.Norm(x, 2)
}

// FrobeniusNorm returns ‖A‖_F, the EuclideanNorm of all elements.
func FrobeniusNorm(a *mat.Dense) float64 {
	rows, _ := a.Dims()
	sum := 0.0
	for i := range rows {
		sum += SumSquares(a.RawRowView(i))
	}
	if accurateSum(sum) {
		return math.Sqrt(sum)
	}
	return mat.Norm(a, 2)
}

// ColumnNorms returns the EuclideanNorm of each column.
func ColumnNorms(a *mat.Dense) []float64 {
	rows, cols := a.Dims()
	norms := make([]float64, cols)
	for i := range rows {
		for j, x := range a.RawRowView(i) {
			norms[j] += x * x
		}
	}

	// Only columns that overflowed or underflowed are computed again, the slow way.
	for j, sum := range norms {
		if accurateSum(sum) {
			norms[j] = math.Sqrt(sum)
		} else {
			norms[j] = floats.Norm(mat.Col(nil, j, a), 2)
		}
	}

	return norms
}

// accurateSum reports whether a sum of squares lost nothing to overflow and nothing significant to
// underflow.
func accurateSum(sum float64) bool {
	const least = 0x1p-900
	return sum >= least && sum <= math.MaxFloat64
}
