package linalg

import (
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/rounding"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Entry is a nonzero element in a line (a row or a column) of a sparse matrix.
type Entry struct {
	At    int // its index in the line
	Value float64
}

const (
	// maxBandNumbers bounds the size of the band of a Gram matrix, in numbers: 512 MiB of float64.
	maxBandNumbers = 64 << 20
	// maxBandWork bounds its Cholesky factorisation, in multiply-adds.
	maxBandWork = 1e10
)

// TopSparse does what [TopSingular] does, for a sparse matrix. The matrix is given by its rows or
// columns, whichever are more numerous. These lines have length n, the smaller side, and must be
// ordered so that the Gram matrix of that side is a band matrix. TopSparse overwrites them.
// [BandFits] reports whether the band is narrow enough.
func TopSparse(lines [][]Entry, n int) Top {
	size := 0.0
	for _, line := range lines {
		for _, e := range line {
			size = math.Max(size, math.Abs(e.Value)) // which propagates NaN
		}
	}

	if !regular(size) {
		return Top{Norm: size, Upper: size}
	}

	exponent := scalingExponent(size)
	for _, line := range lines {
		for i := range line {
			line[i].Value = math.Ldexp(line[i].Value, -exponent)
		}
	}

	// Lanczos is the only method for sparse matrices. If it stopped below the largest eigenvalue,
	// the shift grows until the proof succeeds.
	g := newBandGram(lines, n)
	theta, _ := lanczosOf(n, g.multiply, nil)
	return prove(theta, 8*float64(g.width)*rounding.Unit, exponent, g.certify)
}

// BandFits reports whether TopSparse can take a matrix of which n is the smaller side and reach the
// largest distance between two entries of a line. Otherwise the band would take more than 512 MiB,
// or more than a few seconds to factorise.
func BandFits(n, reach int) bool {
	width := reach + 1
	return n*width <= maxBandNumbers && float64(n)*float64(width)*float64(width) <= maxBandWork
}

// bandGram is the Gram matrix of the smaller side of a sparse matrix, stored as the band of its
// lower triangle: entry (i, i−d) is at data[i·width + width−1−d].
type bandGram struct {
	n, width int
	terms    int // the largest number of terms in a sum
	data     []float64
}

// newBandGram computes the Gram matrix of lines of length n, the sum of ℓᵀℓ over the lines ℓ.
func newBandGram(lines [][]Entry, n int) bandGram {
	// Every two entries of a line contribute to an element, so the line that reaches furthest
	// determines the width of the band.
	reach, counts := 0, make([]int, n)
	for _, line := range lines {
		low, high := math.MaxInt, 0
		for _, e := range line {
			low, high = min(low, e.At), max(high, e.At)
			counts[e.At]++
		}

		reach = max(reach, high-low)
	}

	g := bandGram{
		n:     n,
		width: reach + 1,
		terms: slices.Max(counts),
		data:  make([]float64, n*(reach+1)),
	}
	for _, line := range lines {
		for _, e := range line {
			row := g.data[e.At*g.width:][:g.width]
			for _, f := range line {
				if f.At <= e.At {
					row[g.width-1-(e.At-f.At)] += e.Value * f.Value
				}
			}
		}
	}

	return g
}

// multiply sets w ← G·v.
func (g bandGram) multiply(w, v []float64) {
	blas64.Sbmv(
		1,
		g.symmetric(g.data),
		blas64.Vector{N: g.n, Inc: 1, Data: v},
		0,
		blas64.Vector{N: g.n, Inc: 1, Data: w},
	)
}

// symmetric returns data as a BLAS band matrix.
func (g bandGram) symmetric(data []float64) blas64.SymmetricBand {
	return blas64.SymmetricBand{
		Uplo:   blas.Lower,
		N:      g.n,
		K:      g.width - 1,
		Stride: g.width,
		Data:   data,
	}
}

// certify does what [gram.certify] does, for a band: sums in its factorisation have at most width
// nonzero terms, and sums in the Gram matrix have at most g.terms.
func (g bandGram) certify(shift float64) (bound float64, ok bool) {
	m := make([]float64, len(g.data))
	var traceG, traceM float64
	for i := range g.n {
		row := g.data[i*g.width:][:g.width]
		for d, v := range row {
			m[i*g.width+d] = -v
		}

		diagonal := row[g.width-1]
		m[(i+1)*g.width-1] = shift - diagonal
		traceG += diagonal
		traceM += shift - diagonal
	}

	// The rest is as in [gram.certify], with fewer terms in each sum.
	if _, ok := lapack64.Pbtrf(g.symmetric(m)); !ok {
		return 0, false
	}

	gammaG, gammaM := rounding.Gamma(g.terms+2), rounding.Gamma(g.width+2) // two more for scaling, which may underflow

	return certified(shift, gammaG, traceG, gammaM, traceM), true
}
