//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"unsafe"

	"gonum.org/v1/gonum/blas"
	blasgonum "gonum.org/v1/gonum/blas/gonum"
)

// library is gonum's BLAS, with the routines that pay replaced by those of a loaded library. Each
// is given by its address, or 0 if the library lacks it. The only float32 routine is the matrix
// product.
//
// A method falls back to gonum if the library lacks the routine, if the operands are too small to
// be worth the call (0.13 µs), and for any arguments that gonum might reject. Gonum then does the
// work, or panics as it always has.
//
// BLAS stores matrices by column and gonum by row, so the library sees every matrix transposed: Cᵀ
// = BᵀAᵀ swaps the operands of a product, upper triangles become lower, left becomes right.
type library struct {
	blasgonum.Implementation
	sgemmAt, dgemmAt, dsyrkAt, dtrsmAt, dgemvAt, dsymvAt uintptr

	sytrdAt uintptr // LAPACK's tridiagonal reduction
	single  caller[float32]
	double  caller[float64]
}

func newLibrary(s symbols) *library {
	return &library{
		sgemmAt: s.findSymbol("sgemm_"),
		dgemmAt: s.findSymbol("dgemm_"),
		dsyrkAt: s.findSymbol("dsyrk_"),
		dtrsmAt: s.findSymbol("dtrsm_"),
		dgemvAt: s.findSymbol("dgemv_"),
		dsymvAt: s.findSymbol("dsymv_"),
		sytrdAt: s.findSymbol("dsytrd_"),
	}
}

// Below this number of multiplications gonum is faster (measured against OpenBLAS 0.3.21).
const (
	smallProduct = 512  // matrix times matrix
	smallApply   = 2048 // matrix times vector
)

func (l *library) Sgemm(
	tA, tB blas.Transpose,
	m, n, k int,
	alpha float32,
	a []float32,
	lda int,
	b []float32,
	ldb int,
	beta float32,
	c []float32,
	ldc int,
) {
	if !l.single.gemm(l.sgemmAt, tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		l.Implementation.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

func (l *library) Dgemm(
	tA, tB blas.Transpose,
	m, n, k int,
	alpha float64,
	a []float64,
	lda int,
	b []float64,
	ldb int,
	beta float64,
	c []float64,
	ldc int,
) {
	if !l.double.gemm(l.dgemmAt, tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		l.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

// gemm runs the library's routine and returns true. If the call is better left to gonum, it changes
// nothing and returns false.
func (c *caller[T]) gemm(
	routine uintptr,
	tA, tB blas.Transpose,
	m, n, k int,
	alpha T,
	a []T,
	lda int,
	b []T,
	ldb int,
	beta T,
	to []T,
	ldTo int,
) bool {
	if routine == 0 || m*n*k < smallProduct ||
		!isTranspose(tA) || !isTranspose(tB) ||
		!fitsOp(tA, m, k, lda, len(a)) || !fitsOp(tB, k, n, ldb, len(b)) ||
		!fits(m, n, ldTo, len(to)) {
		return false
	}

	// Cᵀ = op(B)ᵀ·op(A)ᵀ: the operands are swapped, and each keeps its flag.
	c.call(routine, arguments[T]{
		flags: [4]byte{flag(tB), flag(tA)},
		sizes: [3]int64{int64(n), int64(m), int64(k)},
		alpha: alpha,
		a:     b,
		lda:   int64(ldb),
		b:     a,
		ldb:   int64(lda),
		beta:  beta,
		c:     to,
		ldc:   int64(ldTo),
	})

	return true
}

func (l *library) Dsyrk(
	ul blas.Uplo,
	t blas.Transpose,
	n, k int,
	alpha float64,
	a []float64,
	lda int,
	beta float64,
	c []float64,
	ldc int,
) {
	if l.dsyrkAt == 0 || n*n*k < smallProduct ||
		!isUplo(ul) || !isTranspose(t) ||
		!fitsOp(t, n, k, lda, len(a)) || !fits(n, n, ldc, len(c)) {
		l.Implementation.Dsyrk(ul, t, n, k, alpha, a, lda, beta, c, ldc)
		return
	}

	l.double.call(l.dsyrkAt, arguments[float64]{
		flags: [4]byte{otherUplo(ul), otherTranspose(t)},
		sizes: [3]int64{int64(n), int64(k)},
		alpha: alpha,
		a:     a,
		lda:   int64(lda),
		beta:  beta,
		c:     c,
		ldc:   int64(ldc),
	})
}

func (l *library) Dtrsm(
	s blas.Side,
	ul blas.Uplo,
	t blas.Transpose,
	d blas.Diag,
	m, n int,
	alpha float64,
	a []float64,
	lda int,
	b []float64,
	ldb int,
) {
	order := m
	if s == blas.Right {
		order = n
	}

	if l.dtrsmAt == 0 || m*n*order < smallProduct ||
		!isEither(s, blas.Left, blas.Right) || !isUplo(ul) ||
		!isTranspose(t) || !isEither(d, blas.Unit, blas.NonUnit) ||
		!fits(order, order, lda, len(a)) || !fits(m, n, ldb, len(b)) {
		l.Implementation.Dtrsm(s, ul, t, d, m, n, alpha, a, lda, b, ldb)
		return
	}

	// AX = B becomes XᵀAᵀ = Bᵀ: the triangular matrix moves to the other side, and upper becomes
	// lower.
	l.double.call(l.dtrsmAt, arguments[float64]{
		flags: [4]byte{opposite(s, blas.Left, blas.Right), otherUplo(ul), flag(t), byte(d)},
		sizes: [3]int64{int64(n), int64(m)},
		alpha: alpha,
		a:     a,
		lda:   int64(lda),
		b:     b,
		ldb:   int64(ldb),
	})
}

func (l *library) Dgemv(
	t blas.Transpose,
	m, n int,
	alpha float64,
	a []float64,
	lda int,
	x []float64,
	incX int,
	beta float64,
	y []float64,
	incY int,
) {
	lenY, lenX := m, n
	if t != blas.NoTrans {
		lenY, lenX = n, m
	}

	if l.dgemvAt == 0 || m*n < smallApply || !isTranspose(t) ||
		!fits(m, n, lda, len(a)) || !fits(lenX, 1, incX, len(x)) || !fits(lenY, 1, incY, len(y)) {
		l.Implementation.Dgemv(t, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}

	l.double.call(l.dgemvAt, arguments[float64]{
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
}

func (l *library) Dsymv(
	ul blas.Uplo,
	n int,
	alpha float64,
	a []float64,
	lda int,
	x []float64,
	incX int,
	beta float64,
	y []float64,
	incY int,
) {
	if l.dsymvAt == 0 || n*n < smallApply || !isUplo(ul) ||
		!fits(n, n, lda, len(a)) || !fits(n, 1, incX, len(x)) || !fits(n, 1, incY, len(y)) {
		l.Implementation.Dsymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}

	l.double.call(l.dsymvAt, arguments[float64]{
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
}

// reduce does what reduceByGonum does, with LAPACK's dsytrd_. It takes 61 ms at order 1024, where
// gonum takes 1 s on the same BLAS (OpenBLAS 0.3.21, one core). Cholesky is not replaced, because
// gonum's is as fast.
func (l *library) reduce(n int, a, d, e []float64) {
	if l.sytrdAt == 0 {
		reduceByGonum(n, a, d, e)
		return
	}

	// dsytrd_ expects column-major order, in which our lower triangle is the upper one. A workspace
	// of n·32 numbers lets it use blocked products.
	const block = 32
	uplo, order, info := otherUplo(blas.Lower), int64(n), int64(0)
	tau := make([]float64, n)
	work, words := make([]float64, block*n), int64(block*n)
	call(
		l.sytrdAt,
		unsafe.Pointer(&uplo),
		unsafe.Pointer(&order),
		unsafe.Pointer(&a[0]),
		unsafe.Pointer(&order),
		unsafe.Pointer(&d[0]),
		unsafe.Pointer(&e[0]),
		unsafe.Pointer(&tau[0]),
		unsafe.Pointer(&work[0]),
		unsafe.Pointer(&words),
		unsafe.Pointer(&info),
	)
}
