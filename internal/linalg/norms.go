package linalg

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// If the largest eigenvalue of a Gram matrix is in this range, it lost nothing to overflow or
// underflow.
const smallestGram, largestGram = 1e-250, 1e250

// SpectralNorms stores in dst the spectral norms of the rows×cols matrices that a holds one after
// another, row-major: len(a) = len(dst)·rows·cols. It takes the square root of the largest
// eigenvalue of the Gram matrix of the rows, so rows should not exceed cols. Where squaring would
// overflow or underflow, it uses SpectralNorm. It runs on the caller's goroutine.
func SpectralNorms(dst, a []float64, rows, cols int) {
	size := rows * cols
	// SIMD lanes compute the first done norms, several at a time, except those set to NaN.
	done := laneNorms(dst, a, rows, cols)
	gram := make([]float64, rows*rows)
	for i := range dst {
		if i < done && !math.IsNaN(dst[i]) {
			continue
		}

		m := a[i*size : (i+1)*size]
		GramSmall(gram, m, 1, rows, cols)
		LargestEigenvalues(dst[i:i+1], gram, rows)
		// Outside this range squares overflowed, underflowed or were NaN.
		lambda := dst[i]
		if lambda >= smallestGram && lambda <= largestGram {
			dst[i] = math.Sqrt(lambda)
			continue
		}

		dst[i] = SpectralNorm(mat.NewDense(rows, cols, m))
	}
}

// laneNorms computes the norms of the first matrices in SIMD lanes, several matrices at a time, and
// returns the number of matrices it has processed. It stores NaN for those that need another
// method. It processes none if the processor or the compiler does not support SIMD.
var laneNorms = func(dst, a []float64, rows, cols int) (done int) {
	return 0
}
