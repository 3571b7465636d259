//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
)

// wrong compares every BLAS routine with gonum's, on integers so small that both are exact and in
// shapes large enough that the library does not decline them. It compares the reduction with its
// known result. It returns the name of the first routine that fails, else "". If the routine exists
// in float32 too, where it is not used, the name covers both.
func (l *library) wrong() (routine string) {
	// All sizes differ, so that swapped sizes are noticed. The leading dimension exceeds each of
	// them.
	const m, n, k, ld = 46, 47, 11, checkStride
	try := func(name string, run func(bi blas.Float64, a, b, c []float64)) {
		if routine == "" && !sameResults[blas.Float64](l, l.Implementation, run) {
			routine = name
		}
	}

	for _, tA := range []blas.Transpose{blas.NoTrans, blas.Trans} {
		for _, tB := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			product := func(bi blas.Float32, a, b, c []float32) {
				bi.Sgemm(tA, tB, m, n, k, 2, a, ld, b, ld, -1, c, ld)
			}
			if routine == "" && !sameResults[blas.Float32](l, l.Implementation, product) {
				routine = "sgemm_"
			}

			try("dgemm_", func(bi blas.Float64, a, b, c []float64) {
				bi.Dgemm(tA, tB, m, n, k, 2, a, ld, b, ld, -1, c, ld)
			})
		}

		try("sgemv_ or dgemv_", func(bi blas.Float64, a, x, y []float64) {
			bi.Dgemv(tA, m, n, 2, a, ld, x, 2, -1, y, 3)
		})

		for _, ul := range []blas.Uplo{blas.Upper, blas.Lower} {
			try("ssyrk_ or dsyrk_", func(bi blas.Float64, a, _, c []float64) {
				bi.Dsyrk(ul, tA, n, k, 2, a, ld, -1, c, ld)
			})
			// With a unit triangle of order k, the solution consists of integers.
			try("dtrsm_", func(bi blas.Float64, a, _, c []float64) {
				bi.Dtrsm(blas.Left, ul, tA, blas.Unit, k, n, 2, a, ld, c, ld)
			})
			try("dtrsm_", func(bi blas.Float64, a, _, c []float64) {
				bi.Dtrsm(blas.Right, ul, tA, blas.Unit, n, k, 2, a, ld, c, ld)
			})
			try("dsymv_", func(bi blas.Float64, a, x, y []float64) {
				bi.Dsymv(ul, n, 2, a, ld, x, 2, -1, y, 3)
			})
		}
	}

	// Last, since the reduction is built on the routines above.
	if routine == "" && l.reducesWrongly() {
		routine = "dsytrd_"
	}

	return routine
}

// checkStride is the leading dimension of the matrices in a check.
const checkStride = 48

// sameResults runs a routine of two BLAS implementations on small integers and reports whether both
// leave the same c.
func sameResults[B any, T Float](ours, theirs B, run func(bi B, a, b, c []T)) bool {
	got, want := integers[T](3), integers[T](3)
	run(ours, integers[T](1), integers[T](2), got)
	run(theirs, integers[T](1), integers[T](2), want)
	return slices.Equal(got, want)
}

// integers returns integers from −3 to 3, enough of them for any operand of a check.
func integers[T Float](seed int) []T {
	x := make([]T, checkStride*checkStride)
	for i := range x {
		x[i] = T((i*i+seed*i)%7 - 3)
	}
	return x
}

// reducesWrongly reports whether the reduction fails on the second-difference matrix of order n,
// whose largest eigenvalue is 2 + 2·cos(π/(n+1)).
func (l *library) reducesWrongly() bool {
	const n = 24
	difference := make([]float64, n*n)
	d, e := make([]float64, n), make([]float64, n)
	for i := range n {
		difference[i*n+i] = 2
		if i > 0 {
			difference[i*n+i-1] = -1
		}
	}
	l.reduce(n, difference, d, e[1:])
	largest := largestTridiagonal(d, squares(e))

	// Written so that a NaN counts as wrong.
	const tolerance = 1e-13 // a few units in the last place of 4
	return !(math.Abs(largest-2-2*math.Cos(math.Pi/(n+1))) < tolerance)
}
