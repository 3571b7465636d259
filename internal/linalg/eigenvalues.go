package linalg

import (
	"fmt"
	"math"
)

// LargestEigenvalues stores in dst the largest eigenvalue of each of the symmetric n×n matrices
// that grams holds one after another, row-major: len(grams) = len(dst)·n². It reads only the lower
// triangles and overwrites grams. The error is below 1e-14·‖G‖₂ at n = 10 and grows like n. The
// result is NaN for a matrix with a NaN, else +Inf for one with an infinity.
//
// It runs on the caller's goroutine; to use several, split the matrices among them. It allocates
// nothing if n ≤ 64. A Gram matrix of order 10 takes 0.8 µs.
func LargestEigenvalues(dst, grams []float64, n int) {
	if len(grams) != len(dst)*n*n {
		panic(fmt.Sprintf("linalg: %d numbers are not %d matrices of order %d",
			len(grams), len(dst), n))
	}
	for i := range dst {
		dst[i] = largestEigenvalue(n, grams[i*n*n:(i+1)*n*n])
	}
}

// LargestOfSemidefinite approximates the largest eigenvalue of the positive semidefinite n×n matrix
// a, row-major, and reads only its lower triangle. Below n = 512 it does what LargestEigenvalues
// does. From there on it uses Lanczos, which converges from below; its relative error is about
// 1e-16 over the relative gap to the next eigenvalue.
func LargestOfSemidefinite(n int, a []float64) float64 {
	g := gram{n: n, data: a}
	if n < lanczosFrom {
		return g.largestEigenvalue()
	}

	// Leave NaN, infinities and extreme scales to the method that handles them.
	size := g.largestElement()
	if !regular(size) || scalingExponent(size) != 0 {
		return g.largestEigenvalue()
	}
	value, _ := g.lanczos(nil)
	return value
}

// largestEigenvalue returns the largest eigenvalue of the symmetric n×n matrix a. It reads the
// lower triangle and overwrites a.
func largestEigenvalue(n int, a []float64) float64 {
	size := gram{n: n, data: a}.largestElement()
	if !regular(size) {
		return size
	}
	// Scaling by a power of 2 is exact.
	exponent := scalingExponent(size)
	if exponent != 0 {
		ldexpAll(a, -exponent)
	}
	return math.Ldexp(largestOf(n, a), exponent)
}

// ldexpAll multiplies each element of x by 2^exponent.
func ldexpAll(x []float64, exponent int) {
	for i, v := range x {
		x[i] = math.Ldexp(v, exponent)
	}
}

// largestOf does what largestEigenvalue does for elements whose squares neither overflow nor
// underflow.
func largestOf(n int, a []float64) float64 {
	switch {
	case n == 1:
		return a[0]
	case n == 2:
		// The larger root of the characteristic polynomial, written to avoid cancellation.
		half := (a[0] - a[3]) / 2
		return a[3] + half + math.Sqrt(half*half+a[2]*a[2])
	// Sweeps have thousands of such matrices, so the workspace stays on the stack.
	case n <= smallOrder:
		var d, e2 [smallOrder]float64
		tridiagonalise(n, a, d[:n], e2[:n])
		return largestTridiagonal(d[:n], e2[:n])
	}

	d, e := make([]float64, n), make([]float64, n)
	reduce(n, a, d, e[1:])

	return largestTridiagonal(d, squares(e))
}

// largestMagnitude returns the maximum of size ≥ 0 and all |xᵢ|, or NaN if one of them is NaN. It
// compares bits, which are ordered like the magnitudes, with NaN above infinity.
func largestMagnitude(size float64, x []float64) float64 {
	const sign = 1 << 63
	bits := math.Float64bits(size)
	for _, v := range x {
		bits = max(bits, math.Float64bits(v)&^sign)
	}
	return math.Float64frombits(bits)
}

// scalingExponent returns the binary exponent of size if sums of fourth powers of numbers that
// large might leave the range of float64, else 0.
func scalingExponent(size float64) int {
	const safe = 100
	_, exponent := math.Frexp(size)
	if exponent < -safe || exponent > safe {
		return exponent
	}
	return 0
}
