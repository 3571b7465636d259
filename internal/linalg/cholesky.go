package linalg

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/liptrack/liptrack/internal/processors"
)

// Cholesky overwrites the lower triangle of the symmetric n×n matrix a with its Cholesky factor. It
// reports whether it ran to completion, that is, met no pivot ≤ 0. It works tile by tile: the tiles
// of a column in parallel, then the tiles to the right of it. The first of those is the next pivot,
// which is factored in parallel with the others.
func Cholesky(n int, a []float64) bool {
	bi := blas64.Implementation()
	factor := func(k int) bool {
		_, ok := lapack64.Potrf(blas64.Symmetric{
			Uplo:   blas.Lower,
			N:      min(tile, n-k),
			Data:   a[k*n+k:],
			Stride: n,
		})
		return ok
	}

	// Each round finishes the tiles below the pivot, then updates the tiles to their right. The
	// next pivot is the first tile of that update, so it can be factored while the others are still
	// being updated.
	ok := factor(0)
	for k := 0; ok && k+tile < n; k += tile {
		next := k + tile
		processors.Each((n-next+tile-1)/tile, func(t int) {
			i := next + t*tile
			bi.Dtrsm(
				blas.Right,
				blas.Lower,
				blas.Trans,
				blas.NonUnit,
				min(tile, n-i),
				tile,
				1,
				a[k*n+k:],
				n,
				a[i*n+k:],
				n,
			)
		})

		rest := lowerTiles(n-next, tile)
		processors.Each(len(rest), func(t int) {
			p := rest[t]
			i, j := next+p.Row, next+p.Col
			if i == j {
				bi.Dsyrk(
					blas.Lower,
					blas.NoTrans,
					p.Rows,
					tile,
					-1,
					a[i*n+k:],
					n,
					1,
					a[i*n+i:],
					n,
				)
			} else {
				x, y, c := a[i*n+k:], a[j*n+k:], a[i*n+j:]
				bi.Dgemm(blas.NoTrans, blas.Trans, p.Rows, p.Cols, tile, -1, x, n, y, n, 1, c, n)
			}
			// Each returns when all tiles are done, and no other tile writes to ok.
			if t == 0 {
				ok = factor(next)
			}
		})
	}

	return ok
}
