//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	blasgonum "gonum.org/v1/gonum/blas/gonum"
)

// wrong compares every BLAS routine with gonum's on integers so small that both are exact, in
// shapes large enough that none is declined, and the reduction with what is known of its result.
// It returns the name of the first that fails, else "".
func (l *library) wrong() string {
	var g blasgonum.Implementation
	for _, tA := range []blas.Transpose{blas.NoTrans, blas.Trans} {
		for _, tB := range []blas.Transpose{blas.NoTrans, blas.Trans} {
			if !sameProduct(tA, tB, l.Sgemm, g.Sgemm) {
				return "sgemm_"
			}
			if !sameProduct(tA, tB, l.Dgemm, g.Dgemm) {
				return "dgemm_"
			}
		}

		if !sameApply(tA, l.Sgemv, g.Sgemv) || !sameApply(tA, l.Dgemv, g.Dgemv) {
			return "sgemv_ or dgemv_"
		}

		for _, ul := range []blas.Uplo{blas.Upper, blas.Lower} {
			if !sameSquare(ul, tA, l.Ssyrk, g.Ssyrk) || !sameSquare(ul, tA, l.Dsyrk, g.Dsyrk) {
				return "ssyrk_ or dsyrk_"
			}
			for _, side := range []blas.Side{blas.Left, blas.Right} {
				if !l.sameSolve(side, ul, tA) {
					return "dtrsm_"
				}
			}
			if !l.sameSymmetricApply(ul) {
				return "dsymv_"
			}
		}
	}

	// Last, since the reduction is built on the routines above.
	if l.reducesWrongly() {
		return "dsytrd_"
	}

	return ""
}

// Sizes of the checks: distinct, so that a swapped size shows, and in a stride wider than each.
const checkM, checkN, checkK, checkStride = 46, 47, 11, 48

// integers returns numbers from −3 to 3, as many as any operand of a check needs.
func integers[T Float](seed int) []T {
	x := make([]T, checkStride*checkStride)
	for i := range x {
		x[i] = T((i*i+seed*i)%7 - 3)
	}
	return x
}

// Signatures of routines that both element types have.
type (
	product[T Float] = func(
		tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int,
	)
	square[T Float] = func(ul blas.Uplo, t blas.Transpose, n, k int, alpha T, a []T, lda int, beta T, c []T, ldc int)
	apply[T Float]  = func(
		t blas.Transpose, m, n int, alpha T, a []T, lda int, x []T, incX int, beta T, y []T, incY int,
	)
)

func sameProduct[T Float](tA, tB blas.Transpose, ours, theirs product[T]) bool {
	a, b := integers[T](1), integers[T](2)
	got, want := integers[T](3), integers[T](3)
	ours(tA, tB, checkM, checkN, checkK, 2, a, checkStride, b, checkStride, -1, got, checkStride)
	theirs(tA, tB, checkM, checkN, checkK, 2, a, checkStride, b, checkStride, -1, want, checkStride)
	return slices.Equal(got, want)
}

func sameSquare[T Float](ul blas.Uplo, t blas.Transpose, ours, theirs square[T]) bool {
	a := integers[T](1)
	got, want := integers[T](3), integers[T](3)
	ours(ul, t, checkN, checkK, 2, a, checkStride, -1, got, checkStride)
	theirs(ul, t, checkN, checkK, 2, a, checkStride, -1, want, checkStride)
	return slices.Equal(got, want)
}

func sameApply[T Float](t blas.Transpose, ours, theirs apply[T]) bool {
	a, x := integers[T](1), integers[T](2)
	got, want := integers[T](3), integers[T](3)
	ours(t, checkM, checkN, 2, a, checkStride, x, 2, -1, got, 3)
	theirs(t, checkM, checkN, 2, a, checkStride, x, 2, -1, want, 3)
	return slices.Equal(got, want)
}

func (l *library) sameSymmetricApply(ul blas.Uplo) bool {
	a, x := integers[float64](1), integers[float64](2)
	got, want := integers[float64](3), integers[float64](3)
	l.Dsymv(ul, checkN, 2, a, checkStride, x, 2, -1, got, 3)
	l.Implementation.Dsymv(ul, checkN, 2, a, checkStride, x, 2, -1, want, 3)
	return slices.Equal(got, want)
}

// sameSolve solves with a unit triangle of order checkK, where the solution is made of integers.
func (l *library) sameSolve(s blas.Side, ul blas.Uplo, t blas.Transpose) bool {
	m, n := checkK, checkN
	if s == blas.Right {
		m, n = n, m
	}
	a := integers[float64](1)
	got, want := integers[float64](3), integers[float64](3)
	l.Dtrsm(s, ul, t, blas.Unit, m, n, 2, a, checkStride, got, checkStride)
	l.Implementation.Dtrsm(s, ul, t, blas.Unit, m, n, 2, a, checkStride, want, checkStride)
	return slices.Equal(got, want)
}

// reducesWrongly tries the reduction on the second difference of order n, whose largest eigenvalue
// is 2 + 2·cos(π/(n+1)).
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
