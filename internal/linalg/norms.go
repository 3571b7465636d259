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
	size := rows * cols
	// Lanes take the first matrices, several at a time; what they leave is NaN or beyond done.
	done := laneNorms(dst, a, rows, cols)
	gram := make([]float64, rows*rows)
	for i := range dst {
		if i < done && !math.IsNaN(dst[i]) {
			continue
		}

		m := a[i*size : (i+1)*size]
		GramSmall(gram, m, 1, rows, cols)
		LargestEigenvalues(dst[i:i+1], gram, rows)
		// Outside this range squares overflowed, underflowed or were no numbers.
		lambda := dst[i]
		if lambda >= smallestGram && lambda <= largestGram {
			dst[i] = math.Sqrt(lambda)
			continue
		}

		dst[i] = SpectralNorm(mat.NewDense(rows, cols, m))
	}
}

// laneNorms stores the norms of as many of the first matrices as it takes, several at a time, in
// dst, with NaN for those it leaves to others, and says how many it has taken. It takes none where
// the processor or the compiler has no lanes.
var laneNorms = func(dst, a []float64, rows, cols int) (done int) {
	return 0
}
