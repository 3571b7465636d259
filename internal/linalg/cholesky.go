package linalg

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// cholesky overwrites the lower triangle of the symmetric n×n matrix a by its Cholesky factor
// and reports whether it ran to completion, that is met no pivot ≤ 0. The factor is computed
// tile by tile: tiles of a column at once, then those to the right of it.
func cholesky(n int, a []float64) bool {
	bi := blas64.Implementation()
	for k := 0; k < n; k += tile {
		size := min(tile, n-k)
		pivot := a[k*n+k:]
		if _, ok := lapack64.Potrf(blas64.Symmetric{Uplo: blas.Lower, N: size, Data: pivot, Stride: n}); !ok {
			return false
		}
		next := k + size
		parallel((n-next+tile-1)/tile, func(t int) {
			i := next + t*tile
			bi.Dtrsm(blas.Right, blas.Lower, blas.Trans, blas.NonUnit, min(tile, n-i), size, 1, pivot, n, a[i*n+k:], n)
		})
		rest := lowerTiles(n - next)
		parallel(len(rest), func(t int) {
			i, j := next+rest[t].i, next+rest[t].j
			rows, cols := min(tile, n-i), min(tile, n-j)
			if i == j {
				bi.Dsyrk(blas.Lower, blas.NoTrans, rows, size, -1, a[i*n+k:], n, 1, a[i*n+i:], n)
				return
			}
			bi.Dgemm(blas.NoTrans, blas.Trans, rows, cols, size, -1, a[i*n+k:], n, a[j*n+k:], n, 1, a[i*n+j:], n)
		})
	}
	return true
}
