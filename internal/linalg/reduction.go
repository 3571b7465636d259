package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas"
	lapackgonum "gonum.org/v1/gonum/lapack/gonum"
)

// smallOrder is the largest order that tridiagonalise accepts.
const smallOrder = 64

// tridiagonalise reduces the symmetric n×n matrix a, n ≤ smallOrder, to a similar tridiagonal
// matrix with diagonal d and squared off-diagonals e2, where e2[i] couples i−1 and i. It reads the
// lower triangle of a and overwrites it.
//
// From the last row up, a reflection annihilates row i to the left of the subdiagonal. This is
// Householder's method in the order of EISPACK's tred1 (R. S. Martin, C. Reinsch and J. H.
// Wilkinson, Numer. Math. 11, 1968), in which every loop runs along a row.
func tridiagonalise(n int, a, d, e2 []float64) {
	var buffer [smallOrder]float64
	for i := n - 1; i > 0; i-- {
		u, p := a[i*n:i*n+i], buffer[:i]
		d[i] = a[i*n+i]
		var rest float64
		for _, x := range u[:i-1] {
			rest += x * x
		}

		last := u[i-1]
		e2[i] = rest + last*last
		// Nothing to annihilate; for a row of zeros, inverse would be 1/0.
		if rest == 0 {
			continue
		}

		// norm takes the sign of the last element, so that last + norm does not cancel.
		norm := math.Copysign(math.Sqrt(e2[i]), last)
		u[i-1] = last + norm
		inverse := 1 / (e2[i] + last*norm) // the reflection is I − inverse·uuᵀ

		// Step 3 of the package comment: p becomes Au and then q.
		multiplySymmetric(n, a, u, p)
		var up float64
		for j, x := range p {
			up += x * u[j]
		}

		c := up * inverse / 2
		for j := range p {
			p[j] = (p[j] - c*u[j]) * inverse
		}

		subtractRankTwo(n, a, u, p)
	}

	d[0], e2[0] = a[0], 0
}

// multiplySymmetric sets p ← A·u, where A is the leading block of a of order len(u).
func multiplySymmetric(n int, a, u, p []float64) {
	for j, uj := range u {
		row := a[j*n : j*n+j]
		left, pLeft := u[:len(row)], p[:len(row)]
		sum := a[j*n+j] * uj
		for l, x := range row {
			sum += x * left[l]
			pLeft[l] += x * uj
		}
		p[j] = sum
	}
}

// subtractRankTwo sets A ← A − uqᵀ − quᵀ, where A is the leading block of a of order len(u).
func subtractRankTwo(n int, a, u, q []float64) {
	for j, uj := range u {
		row := a[j*n : j*n+j+1]
		left, qLeft, qj := u[:len(row)], q[:len(row)], q[j]
		for l := range row {
			row[l] -= uj*qLeft[l] + qj*left[l]
		}
	}
}

// reduce does what tridiagonalise does, for any order, but returns the n−1 off-diagonals themselves
// in e. It uses gonum's LAPACK or the one that UseBLAS loaded.
var reduce = reduceByGonum

func reduceByGonum(n int, a, d, e []float64) {
	var impl lapackgonum.Implementation
	var size [1]float64
	impl.Dsytrd(blas.Lower, n, a, n, d, e, nil, size[:], -1) // queries the optimal length of work
	work := make([]float64, int(size[0]))
	impl.Dsytrd(blas.Lower, n, a, n, d, e, make([]float64, n-1), work, len(work))
}
