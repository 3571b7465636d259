package linalg

import (
	"fmt"
	"math"
)

// LargestEigenvalues stores in dst the largest eigenvalue of each of the symmetric n×n matrices
// that grams holds one after another, row-major: len(grams) = len(dst)·n². It reads the lower
// triangles only and overwrites grams. The error is below 1e-14·‖G‖₂ at n = 10 and grows like n.
// A matrix with a NaN gives NaN, else one with an infinity +Inf.
//
// It runs on the caller's goroutine: split the matrices over several. It allocates nothing while
// n ≤ 64. A Gram matrix of order 10 takes 0.8 µs.
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
// a, row-major, of which it reads the lower triangle: below n = 512 as LargestEigenvalues does,
// from there from below by Lanczos, whose relative error is about 1e-16 over the relative gap to
// the next eigenvalue.
func LargestOfSemidefinite(n int, a []float64) float64 {
	g := gram{n: n, data: a}
	if n < lanczosFrom {
		return g.largest()
	}

	// NaN, infinities and extreme scales take the way that handles them.
	size := g.largestElement()
	if !regular(size) || scalingExponent(size) != 0 {
		return g.largest()
	}
	value, _ := g.lanczos(nil)
	return value
}

// largestEigenvalue returns the largest eigenvalue of the symmetric n×n matrix a, of which it reads
// the lower triangle and which it overwrites.
func largestEigenvalue(n int, a []float64) float64 {
	size := gram{n: n, data: a}.largestElement()
	if !regular(size) {
		return size
	}
	// A power of 2 scales exactly.
	exponent := scalingExponent(size)
	if exponent != 0 {
		ldexpAll(a, -exponent)
	}
	return math.Ldexp(largestOf(n, a), exponent)
}

// ldexpAll multiplies numbers by 2^exponent.
func ldexpAll(x []float64, exponent int) {
	for i, v := range x {
		x[i] = math.Ldexp(v, exponent)
	}
}

// largestOf does what largestEigenvalue does for elements whose squares neither overflow nor
// vanish.
func largestOf(n int, a []float64) float64 {
	switch {
	case n == 1:
		return a[0]
	case n == 2:
		// The larger root of the characteristic polynomial, written so that nothing cancels.
		half := (a[0] - a[3]) / 2
		return a[3] + half + math.Sqrt(half*half+a[2]*a[2])
	// Sweeps have thousands of such matrices: the work space stays on the stack.
	case n <= smallOrder:
		var d, e2 [smallOrder]float64
		tridiagonalise(n, a, d[:n], e2[:n])
		return largestTridiagonal(d[:n], e2[:n])
	}

	d, e := make([]float64, n), make([]float64, n)
	reduce(n, a, d, e[1:])

	return largestTridiagonal(d, squares(e))
}

// largestMagnitude returns the largest |xᵢ|, and at least size ≥ 0. It is NaN if one of them is:
// the bits of magnitudes are ordered as they are, with NaN above infinity.
func largestMagnitude(size float64, x []float64) float64 {
	const sign = 1 << 63
	bits := math.Float64bits(size)
	for _, v := range x {
		bits = max(bits, math.Float64bits(v)&^sign)
	}
	return math.Float64frombits(bits)
}

// scalingExponent returns the binary exponent of size if sums of fourth powers of such numbers
// might leave the range of float64, else 0.
func scalingExponent(size float64) int {
	const safe = 100
	_, exponent := math.Frexp(size)
	if exponent < -safe || exponent > safe {
		return exponent
	}
	return 0
}
