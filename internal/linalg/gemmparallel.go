package linalg

import (
	"iter"

	"github.com/liptrack/liptrack/internal/processors"
)

const (
	// splitFrom is the number of multiply-adds from which a product is worth a second processor:
	// some 80 µs on one.
	splitFrom = 6 << 20
	// narrow is the side of a product below which BLAS is no faster.
	narrow = 16
)

// splitAt is what the place where a product is cut is a multiple of: the tiles of BLAS kernels, so
// that both parts are tiled as the whole would be. In float32 that gives the bits of the whole on
// OpenBLAS's kernels for AVX-512 and on gonum's. Its kernels for AVX2 round elsewhere at the edge
// of what they are given, and no cut through columns keeps the bits; in float64 the last bits may
// differ too.
const splitAt = 64

// Part is a block of a product C: Rows×Cols from row Row and column Col on.
type Part struct{ Row, Rows, Col, Cols int }

// Runs returns the stretches, from an index to before another, in which a part lies where rows are
// ld apart: one if it has whole rows.
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

// Split calls do for the product C (m×n, each element a sum of k terms): once for the whole or, if
// it is large, at once for two parts that cut its longer side. Where it cuts depends on the sizes
// alone, so results do not depend on how many processors are free. What do does to its part beside
// the product is shared out too.
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

// Splits says whether Split makes two parts.
func Splits(m, n, k int) bool {
	return max(m, narrow)*max(n, narrow)*max(k, narrow) >= splitFrom && max(m, n) >= 2*splitAt
}

// GemmPart computes the part of [Gemm], C ← α·op(A)·op(B) + β·C with sums of k terms, that lies in
// p.
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
	Gemm(transA, transB, p.Rows, p.Cols, k, alpha, a, lda, b, ldb, beta, c[p.Row*ldc+p.Col:], ldc)
}

// rowsFrom returns the part of a matrix, stored with stride ld, from row i on; from column i on if
// transposed.
func rowsFrom[T Float](a []T, i, ld int, transposed bool) []T {
	if transposed {
		return a[i:]
	}
	return a[i*ld:]
}
