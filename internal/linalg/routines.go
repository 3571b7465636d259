//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas"
)

// routines are the BLAS routines of one element type in a library, each by its address, 0 for
// one it lacks.
//
// A method runs its routine and reports that it did. It declines, having touched nothing, what
// the library lacks, what is too small to be worth the call (0.13 µs), and whatever gonum
// might refuse: gonum then does the work, or panics as it always has.
//
// BLAS stores by column and gonum by row, so the library sees the transpose of every matrix:
// Cᵀ = BᵀAᵀ swaps the operands of a product, upper triangles become lower, left becomes right.
type routines[T Float] struct {
	gemmAt, syrkAt, trsmAt, gemvAt, symvAt uintptr
	caller[T]
}

// find looks up the routines by their Fortran names; the prefix is s or d.
func (r *routines[T]) find(s symbols, prefix string) {
	r.gemmAt = s.find(prefix + "gemm_")
	r.syrkAt = s.find(prefix + "syrk_")
	r.trsmAt = s.find(prefix + "trsm_")
	r.gemvAt = s.find(prefix + "gemv_")
	r.symvAt = s.find(prefix + "symv_")
}

// Below these many multiplications gonum is faster (measured against OpenBLAS 0.3.21).
const (
	smallProduct = 512  // of matrices
	smallApply   = 2048 // of a matrix and a vector
)

func (r *routines[T]) gemm(
	tA, tB blas.Transpose,
	m, n, k int,
	alpha T,
	a []T,
	lda int,
	b []T,
	ldb int,
	beta T,
	c []T,
	ldc int,
) bool {
	if r.gemmAt == 0 || m*n*k < smallProduct ||
		!isTranspose(tA) || !isTranspose(tB) ||
		!fitsOp(tA, m, k, lda, len(a)) || !fitsOp(tB, k, n, ldb, len(b)) ||
		!fits(m, n, ldc, len(c)) {
		return false
	}

	// Cᵀ = op(B)ᵀ·op(A)ᵀ: the operands change places, their flags stay.
	r.call(r.gemmAt, arguments[T]{
		flags: [4]byte{flag(tB), flag(tA)},
		sizes: [3]int64{int64(n), int64(m), int64(k)},
		alpha: alpha,
		a:     b,
		lda:   int64(ldb),
		b:     a,
		ldb:   int64(lda),
		beta:  beta,
		c:     c,
		ldc:   int64(ldc),
	})
	return true
}

func (r *routines[T]) syrk(
	ul blas.Uplo,
	t blas.Transpose,
	n, k int,
	alpha T,
	a []T,
	lda int,
	beta T,
	c []T,
	ldc int,
) bool {
	if r.syrkAt == 0 || n*n*k < smallProduct ||
		!isUplo(ul) || !isTranspose(t) ||
		!fitsOp(t, n, k, lda, len(a)) || !fits(n, n, ldc, len(c)) {
		return false
	}

	r.call(r.syrkAt, arguments[T]{
		flags: [4]byte{otherUplo(ul), otherTranspose(t)},
		sizes: [3]int64{int64(n), int64(k)},
		alpha: alpha,
		a:     a,
		lda:   int64(lda),
		beta:  beta,
		c:     c,
		ldc:   int64(ldc),
	})

	return true
}

func (r *routines[T]) trsm(
	s blas.Side,
	ul blas.Uplo,
	t blas.Transpose,
	d blas.Diag,
	m, n int,
	alpha T,
	a []T,
	lda int,
	b []T,
	ldb int,
) bool {
	order := m
	if s == blas.Right {
		order = n
	}

	if r.trsmAt == 0 || m*n*order < smallProduct ||
		!isSide(s) || !isUplo(ul) || !isTranspose(t) || !isDiag(d) ||
		!fits(order, order, lda, len(a)) || !fits(m, n, ldb, len(b)) {
		return false
	}

	// AX = B becomes XᵀAᵀ = Bᵀ: the triangle is on the other side, and the other one.
	r.call(r.trsmAt, arguments[T]{
		flags: [4]byte{otherSide(s), otherUplo(ul), flag(t), byte(d)},
		sizes: [3]int64{int64(n), int64(m)},
		alpha: alpha,
		a:     a,
		lda:   int64(lda),
		b:     b,
		ldb:   int64(ldb),
	})

	return true
}

func (r *routines[T]) gemv(
	t blas.Transpose,
	m, n int,
	alpha T,
	a []T,
	lda int,
	x []T,
	incX int,
	beta T,
	y []T,
	incY int,
) bool {
	lenY, lenX := m, n
	if t != blas.NoTrans {
		lenY, lenX = n, m
	}

	if r.gemvAt == 0 || m*n < smallApply || !isTranspose(t) ||
		!fits(m, n, lda, len(a)) || !fits(lenX, 1, incX, len(x)) || !fits(lenY, 1, incY, len(y)) {
		return false
	}

	r.call(r.gemvAt, arguments[T]{
		flags: [4]byte{otherTranspose(t)},
		sizes: [3]int64{int64(n), int64(m)},
		alpha: alpha,
		a:     a,
		lda:   int64(lda),
		b:     x,
		ldb:   int64(incX),
		beta:  beta,
		c:     y,
		ldc:   int64(incY),
	})

	return true
}

func (r *routines[T]) symv(
	ul blas.Uplo,
	n int,
	alpha T,
	a []T,
	lda int,
	x []T,
	incX int,
	beta T,
	y []T,
	incY int,
) bool {
	if r.symvAt == 0 || n*n < smallApply || !isUplo(ul) ||
		!fits(n, n, lda, len(a)) || !fits(n, 1, incX, len(x)) || !fits(n, 1, incY, len(y)) {
		return false
	}

	r.call(r.symvAt, arguments[T]{
		flags: [4]byte{otherUplo(ul)},
		sizes: [3]int64{int64(n)},
		alpha: alpha,
		a:     a,
		lda:   int64(lda),
		b:     x,
		ldb:   int64(incX),
		beta:  beta,
		c:     y,
		ldc:   int64(incY),
	})

	return true
}

// fits reports whether rows of cols numbers, ld apart, lie within length numbers and all
// sizes within 32 bits.
func fits(rows, cols, ld, length int) bool {
	return rows > 0 && cols > 0 && ld >= cols && rows <= math.MaxInt32 && ld <= math.MaxInt32 &&
		(rows-1)*ld+cols <= length
}

// fitsOp checks, as fits does, an operand A stored so that op(A) is rows×cols.
func fitsOp(t blas.Transpose, rows, cols, ld, length int) bool {
	if t != blas.NoTrans {
		rows, cols = cols, rows
	}
	return fits(rows, cols, ld, length)
}

func isTranspose(t blas.Transpose) bool {
	return t == blas.NoTrans || t == blas.Trans || t == blas.ConjTrans
}

func isUplo(ul blas.Uplo) bool {
	return ul == blas.Upper || ul == blas.Lower
}

func isSide(s blas.Side) bool {
	return s == blas.Left || s == blas.Right
}

func isDiag(d blas.Diag) bool {
	return d == blas.Unit || d == blas.NonUnit
}

func flag(t blas.Transpose) byte {
	if t == blas.NoTrans {
		return 'N'
	}
	return 'T'
}

func otherTranspose(t blas.Transpose) byte {
	if t == blas.NoTrans {
		return 'T'
	}
	return 'N'
}

func otherUplo(ul blas.Uplo) byte {
	if ul == blas.Upper {
		return 'L'
	}
	return 'U'
}

func otherSide(s blas.Side) byte {
	if s == blas.Left {
		return 'R'
	}
	return 'L'
}
