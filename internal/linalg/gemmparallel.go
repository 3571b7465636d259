package linalg

import (
	"iter"

	"github.com/liptrack/liptrack/internal/processors"
)

const (
	// splitFrom is the number of multiply-adds from which a product is worth a second processor:
	// about 80 µs on one.
	splitFrom = 6 << 20
	// narrow is the side of a product below which BLAS gets no faster.
	narrow = 16
)

// splitAt divides the position of every cut. It is the tile size of BLAS kernels, so both parts are
// tiled as the whole would be. In float32 the parts then have the same bits as the whole with
// OpenBLAS's AVX-512 kernels and with gonum. OpenBLAS's AVX2 kernels round differently at the edge
// of a matrix, so no cut through columns keeps the bits. In float64 the last bits may differ too.
const splitAt = 64

// Part is the Rows×Cols block of a product C that begins at row Row and column Col.
type Part struct{ Row, Rows, Col, Cols int }

// Runs returns the index ranges [from, to) of a part in a matrix with leading dimension ld. There
// is only one if the part has whole rows.
func (p Part) Runs(ld int) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		if p.Cols == ld {
			yield(p.Row*ld, (p.Row+p.Rows)*ld)
			return
		}
		for i := p.Row; i < p.Row+p.Rows; i++ {
			if !yield(i*ld+p.Col, i*ld+p.Col+p.Cols) {
				return
			}
		}
	}
}

// Split calls do for the product C (m×n, each element a sum of k terms): once for all of C or, if C
// is large, concurrently for two parts that halve its longer side. The cut depends on the sizes
// alone, so results do not depend on how many processors are free. Other work that do performs on
// its part is parallelised too.
func Split(m, n, k int, do func(Part)) {
	if !Splits(m, n, k) {
		do(Part{0, m, 0, n})
		return
	}

	long := max(m, n)
	half := (long/2 + splitAt - 1) / splitAt * splitAt
	first, second := Part{0, half, 0, n}, Part{half, m - half, 0, n}
	if n > m {
		first, second = Part{0, m, 0, half}, Part{0, m, half, n - half}
	}
	processors.Both(func() { do(first) }, func() { do(second) })
}

// Splits reports whether Split makes two parts.
func Splits(m, n, k int) bool {
	return max(m, narrow)*max(n, narrow)*max(k, narrow) >= splitFrom && max(m, n) >= 2*splitAt
}

// GemmPart computes the part p of what [Gemm] computes, C ← α·op(A)·op(B) + β·C with sums of k
// terms. A, B and C are the whole matrices.
func GemmPart[T Float](
	p Part,
	transA, transB bool,
	k int,
	alpha T,
	a []T,
	lda int,
	b []T,
	ldb int,
	beta T,
	c []T,
	ldc int,
) {
	a, b = rowsFrom(a, p.Row, lda, transA), rowsFrom(b, p.Col, ldb, !transB)
	Gemm(
		transA,
		transB,
		p.Rows,
		p.Cols,
		k,
		alpha,
		a,
		lda,
		b,
		ldb,
		beta,
		c[p.Row*ldc+p.Col:],
		ldc,
	)
}

// rowsFrom returns a matrix with leading dimension ld from row i on, or from column i on if it is
// transposed.
func rowsFrom[T Float](a []T, i, ld int, transposed bool) []T {
	if transposed {
		return a[i:]
	}
	return a[i*ld:]
}
