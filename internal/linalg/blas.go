//go:build (linux || darwin) && (amd64 || arm64) && !static

package linalg

import (
	"unsafe"

	"gonum.org/v1/gonum/blas"
	blasgonum "gonum.org/v1/gonum/blas/gonum"
)

// library is gonum's BLAS with the routines that pay replaced by those of a loaded library.
// Each falls through to gonum where the library's routine declines.
type library struct {
	blasgonum.Implementation
	single  routines[float32]
	double  routines[float64]
	sytrdAt uintptr // LAPACK's tridiagonal reduction, 0 if the library has none
}

func newLibrary(s symbols) *library {
	l := &library{sytrdAt: s.find("dsytrd_")}
	l.single.find(s, "s")
	l.double.find(s, "d")
	return l
}

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
	if !l.single.gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
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
	if !l.double.gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc) {
		l.Implementation.Dgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	}
}

func (l *library) Ssyrk(
	ul blas.Uplo,
	t blas.Transpose,
	n, k int,
	alpha float32,
	a []float32,
	lda int,
	beta float32,
	c []float32,
	ldc int,
) {
	if !l.single.syrk(ul, t, n, k, alpha, a, lda, beta, c, ldc) {
		l.Implementation.Ssyrk(ul, t, n, k, alpha, a, lda, beta, c, ldc)
	}
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
	if !l.double.syrk(ul, t, n, k, alpha, a, lda, beta, c, ldc) {
		l.Implementation.Dsyrk(ul, t, n, k, alpha, a, lda, beta, c, ldc)
	}
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
	if !l.double.trsm(s, ul, t, d, m, n, alpha, a, lda, b, ldb) {
		l.Implementation.Dtrsm(s, ul, t, d, m, n, alpha, a, lda, b, ldb)
	}
}

func (l *library) Sgemv(
	t blas.Transpose,
	m, n int,
	alpha float32,
	a []float32,
	lda int,
	x []float32,
	incX int,
	beta float32,
	y []float32,
	incY int,
) {
	if !l.single.gemv(t, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		l.Implementation.Sgemv(t, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
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
	if !l.double.gemv(t, m, n, alpha, a, lda, x, incX, beta, y, incY) {
		l.Implementation.Dgemv(t, m, n, alpha, a, lda, x, incX, beta, y, incY)
	}
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
	if !l.double.symv(ul, n, alpha, a, lda, x, incX, beta, y, incY) {
		l.Implementation.Dsymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
	}
}

// reduce does what reduceByGonum does by LAPACK's dsytrd_: 61 ms at order 1024 where gonum, on the
// same BLAS, takes 1 s (OpenBLAS 0.3.21, one core). Cholesky is not replaced: gonum is as fast
// there.
func (l *library) reduce(n int, a, d, e []float64) {
	if l.sytrdAt == 0 {
		reduceByGonum(n, a, d, e)
		return
	}

	// dsytrd_ takes Fortran's column order: the lower triangle of rows is the upper one of columns.
	// n·32 numbers of work let it use blocked products.
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
