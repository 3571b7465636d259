package linalg

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// The range of eigenvalues of a Gram matrix that lost nothing to overflow or underflow.
const smallestGram, largestGram = 1e-250, 1e250

// SpectralNorms stores in dst the spectral norms of the matrices rows×cols that a holds one after
// another, row-major: len(a) = len(dst)·rows·cols. It takes the square root of the largest
// eigenvalue of each Gram matrix of the rows, which had better be no more than the columns, and
// goes back to the matrix itself where squaring would overflow or underflow. It runs on the
// caller's goroutine.
func SpectralNorms(dst, a []float64, rows, cols int) {
	grams := make([]float64, len(dst)*rows*rows)
	GramSmall(grams, a, len(dst), rows, cols)
	LargestEigenvalues(dst, grams, rows)
	for i, lambda := range dst {
		if lambda >= smallestGram && lambda <= largestGram {
			dst[i] = math.Sqrt(lambda)
			continue
		}
		dst[i] = SpectralNorm(mat.NewDense(rows, cols, a[i*rows*cols:(i+1)*rows*cols]))
	}
}
