package linalg

import (
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/rounding"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Sparse is a matrix of which few entries are other than 0, row by row.
type Sparse struct {
	Rows, Cols int
	Entries    [][]Entry // of each row, each column at most once
}

// Entry is a number in a row.
type Entry struct {
	Col   int
	Value float64
}

const (
	// maxBandNumbers bounds the band of a Gram matrix, in numbers: 512 MiB of float64.
	maxBandNumbers = 64 << 20
	// maxBandWork bounds its Cholesky factorisation, in multiply-adds.
	maxBandWork = 1e10
)

// TopSparse does what [TopSingular] does for a sparse matrix whose Gram matrix of the smaller side
// is a band once that side is put in an order: order[i] is where its row or column i comes. It
// reports false if the band would take more than 512 MiB, or more than some seconds to factorise.
func TopSparse(a Sparse, order []int) (Top, bool) {
	size := 0.0
	for _, row := range a.Entries {
		for _, e := range row {
			size = math.Max(size, math.Abs(e.Value)) // which passes NaNs on
		}
	}

	if !regular(size) {
		return Top{Norm: size, Upper: size}, true
	}

	exponent := scalingExponent(size)
	g, ok := newBandGram(a, order, exponent)
	if !ok {
		return Top{}, false
	}

	// A sparse matrix has no other way to its largest eigenvalue than Lanczos. If that stopped
	// short of it, the shift grows until the proof succeeds.
	theta, _ := lanczosOf(g.n, g.multiply, nil)
	return prove(theta, 8*float64(g.width)*rounding.Unit, exponent, g.certify), true
}

// BandFits says whether TopSparse takes a matrix whose smaller side is n and whose lines along it
// reach so far in the order.
func BandFits(n, reach int) bool {
	width := reach + 1
	return n*width <= maxBandNumbers && float64(n)*float64(width)*float64(width) <= maxBandWork
}

// bandGram is the Gram matrix of the smaller side of a sparse matrix, as a band of its lower
// triangle: entry (i, i−d) is at data[i·width + width−1−d].
type bandGram struct {
	n, width int
	terms    int // most terms in a sum
	data     []float64
}

// newBandGram computes the Gram matrix of 2^−exponent·a.
func newBandGram(a Sparse, order []int, exponent int) (g bandGram, ok bool) {
	if exponent != 0 {
		a = a.scaled(-exponent)
	}

	// G is the sum of ℓᵀℓ over the lines ℓ of the larger side. Two entries of a line meet in G,
	// so the line that reaches furthest makes the band as wide as it is.
	lines, n := a.Entries, a.Cols
	if a.Rows < a.Cols {
		lines, n = transposedEntries(a), a.Rows
	}

	reach, counts := 0, make([]int, n)
	for _, line := range lines {
		low, high := math.MaxInt, 0
		for _, e := range line {
			low, high = min(low, order[e.Col]), max(high, order[e.Col])
			counts[e.Col]++
		}

		reach = max(reach, high-low)
	}

	g = bandGram{
		n:     n,
		width: reach + 1,
		terms: slices.Max(counts),
	}
	if !BandFits(n, reach) {
		return g, false
	}

	g.data = make([]float64, n*g.width)
	for _, line := range lines {
		for _, e := range line {
			i := order[e.Col]
			row := g.data[i*g.width:][:g.width]
			for _, f := range line {
				if j := order[f.Col]; j <= i {
					row[g.width-1-(i-j)] += e.Value * f.Value
				}
			}
		}
	}

	return g, true
}

// scaled returns 2^exponent·a.
func (a Sparse) scaled(exponent int) Sparse {
	b := Sparse{Rows: a.Rows, Cols: a.Cols}
	for _, row := range a.Entries {
		row = slices.Clone(row)
		for i := range row {
			row[i].Value = math.Ldexp(row[i].Value, exponent)
		}
		b.Entries = append(b.Entries, row)
	}
	return b
}

// transposedEntries returns the columns of a, as rows.
func transposedEntries(a Sparse) [][]Entry {
	columns := make([][]Entry, a.Cols)
	for i, row := range a.Entries {
		for _, e := range row {
			columns[e.Col] = append(columns[e.Col], Entry{i, e.Value})
		}
	}
	return columns
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

// symmetric returns a band as BLAS knows it.
func (g bandGram) symmetric(data []float64) blas64.SymmetricBand {
	return blas64.SymmetricBand{
		Uplo:   blas.Lower,
		N:      g.n,
		K:      g.width - 1,
		Stride: g.width,
		Data:   data,
	}
}

// certify proves what [gram.certify] does, for a band: sums in its factorisation have at most width
// terms other than 0, and those of the Gram matrix at most terms.
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
