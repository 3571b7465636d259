package linalg

import (
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/liptrack/liptrack/internal/processors"
)

// tile is the side of the blocks into which large matrices are cut, so that processors can share
// the work. It is a constant, so the result does not depend on the number of processors.
const tile = 384

// gram is the Gram matrix of the smaller side of a matrix A: AAᵀ or AᵀA, whichever is smaller. The
// largest eigenvalue of both is σ₁(A)².
type gram struct {
	n    int       // order: the smaller side of A
	k    int       // the larger side of A: the number of products in each element
	data []float64 // n×n, row-major, lower triangle
}

func newGram(a blas64.General) gram {
	g := gram{n: a.Rows, k: a.Cols}
	trans, step := blas.NoTrans, a.Stride // step leads from one vector to the next
	if a.Rows > a.Cols {
		g.n, g.k = a.Cols, a.Rows
		trans, step = blas.Trans, 1
	}

	g.data = takeScratch(g.n * g.n)
	side := tile
	// Matrices this large have enough tiles of twice the side, which multiply faster.
	if g.n >= 4*tile {
		side = 2 * tile
	}

	tiles := lowerTiles(g.n, side)
	processors.Each(len(tiles), func(t int) {
		p := tiles[t]
		x, y, c := a.Data[p.Row*step:], a.Data[p.Col*step:], g.data[p.Row*g.n+p.Col:]
		bi := blas64.Implementation()
		if p.Row == p.Col {
			// Gonum's Dsyrk multiplies the old content by β = 0, and NaN·0 is NaN.
			for r := range p.Rows {
				clear(c[r*g.n : r*g.n+r+1])
			}
			bi.Dsyrk(blas.Lower, trans, p.Rows, g.k, 1, x, a.Stride, 0, c, g.n)
			return
		}

		other := transpose(trans == blas.NoTrans)
		bi.Dgemm(trans, other, p.Rows, p.Cols, g.k, 1, x, a.Stride, y, a.Stride, 0, c, g.n)
	})

	return g
}

// lowerTiles returns blocks of the given side that cover the lower triangle of an n×n matrix.
func lowerTiles(n, side int) []Part {
	var tiles []Part
	for i := 0; i < n; i += side {
		for j := 0; j <= i; j += side {
			tiles = append(tiles, Part{i, min(side, n-i), j, min(side, n-j)})
		}
	}
	return tiles
}

// largestEigenvalue returns the largest eigenvalue of g by reduction to tridiagonal form.
func (g gram) largestEigenvalue() float64 {
	// The reduction overwrites its matrix, and certify still needs g.
	return largestEigenvalue(g.n, slices.Clone(g.data))
}

// largestElement returns the largest magnitude in the lower triangle, or NaN if there is a NaN.
func (g gram) largestElement() float64 {
	size := 0.0
	for i := range g.n {
		size = largestMagnitude(size, g.data[i*g.n:i*g.n+i+1])
	}
	return size
}
