package linalg

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/internal/rounding"
)

const (
	// lanczosResidual is the relative residual ‖Gv − θv‖/θ at which Lanczos stops. The error of the
	// eigenvalue is its square over the relative gap to the next eigenvalue: 1e-13 at a gap of
	// 1e-3.
	lanczosResidual = 1e-8
	// lanczosSteps bounds the iterations; a Gaussian 4096×4096 matrix takes 103.
	lanczosSteps = 500
)

// lanczos applies [lanczosOf] to g.
func (g gram) lanczos(start []float64) (theta float64, vector []float64) {
	parts := make([]float64, multiplyParts*g.n)
	return lanczosOf(g.n, func(w, v []float64) {
		g.multiply(w, v, parts)
	}, start)
}

// lanczosOf approximates the largest eigenvalue θ of a positive semidefinite matrix G of order n,
// from below, and its unit eigenvector; multiply writes Gv to w. It uses Lanczos iteration with
// full reorthogonalisation (G. H. Golub and C. F. Van Loan, Matrix Computations, 4th ed. 2013, §
// 10.3). It begins at start or, if start is nil, at a fixed pseudo-random vector.
func lanczosOf(n int, multiply func(w, v []float64), start []float64) (theta float64, vector []float64) {
	bi := blas64.Implementation()
	w := make([]float64, n)
	if start == nil {
		fillPseudoRandom(w)
	} else {
		copy(w, start)
	}

	bi.Dscal(n, 1/math.Sqrt(SumSquares(w)), w, 1)

	var basis, d, e2 []float64 // Q, with the Lanczos vectors as rows, and T = QGQᵀ
	beta2 := 0.0
	for k := 1; ; k++ {
		basis = append(basis, w...)
		e2 = append(e2, beta2)
		q := basis[(k-1)*n:]
		multiply(w, q)

		// The three-term recurrence: Gqₖ minus its components along qₖ and qₖ₋₁ is βqₖ₊₁.
		d = append(d, bi.Ddot(n, q, 1, w, 1))
		bi.Daxpy(n, -d[k-1], q, 1, w, 1)
		if k > 1 {
			bi.Daxpy(n, -math.Sqrt(beta2), basis[(k-2)*n:], 1, w, 1)
		}

		// Rounding brings back components along older vectors, and with them copies of eigenvalues
		// that have converged, so w is orthogonalised against the whole basis again.
		h := make([]float64, k)
		bi.Dgemv(blas.NoTrans, k, n, 1, basis, n, w, 1, 0, h, 1)
		bi.Dgemv(blas.Trans, k, n, -1, basis, n, h, 1, 1, w, 1)
		beta2 = SumSquares(w)

		theta = largestTridiagonal(d, e2)
		s := topVector(d, e2, theta)

		// β·sₖ is the residual ‖Gv − θv‖ of the Ritz vector v = Qᵀs.
		if math.Sqrt(beta2)*s[k-1] <= lanczosResidual*theta || k == lanczosSteps {
			vector = make([]float64, n)
			bi.Dgemv(blas.Trans, k, n, 1, basis, n, s, 1, 0, vector, 1)
			return theta, vector
		}

		bi.Dscal(n, 1/math.Sqrt(beta2), w, 1)
	}
}

// multiplyParts is the number of partial sums of a product with a Gram matrix. It is a constant, so
// the result does not depend on the number of processors.
const multiplyParts = 4

// multiply sets w ← G·v. It reads each tile once, for itself and for its mirror image. The tiles
// are distributed over the partial sums in parts, n numbers each, which are added at the end.
func (g gram) multiply(w, v, parts []float64) {
	n, tiles, bi := g.n, lowerTiles(g.n, tile), blas64.Implementation()
	clear(parts)
	processors.Each(multiplyParts, func(p int) {
		sum := parts[p*n : (p+1)*n]
		for t := p; t < len(tiles); t += multiplyParts {
			rows, cols := tiles[t].Rows, tiles[t].Cols
			i, j := tiles[t].Row, tiles[t].Col
			a := g.data[i*n+j:]
			// A tile on the diagonal is its own mirror image.
			if i == j {
				bi.Dsymv(blas.Lower, rows, 1, a, n, v[i:], 1, 1, sum[i:], 1)
				continue
			}
			bi.Dgemv(blas.NoTrans, rows, cols, 1, a, n, v[j:], 1, 1, sum[i:], 1)
			bi.Dgemv(blas.Trans, rows, cols, 1, a, n, v[i:], 1, 1, sum[j:], 1)
		}
	})

	// The order is fixed, so that the sum has the same bits whichever goroutines computed the
	// parts.
	copy(w, parts[:n])
	for p := 1; p < multiplyParts; p++ {
		bi.Daxpy(n, 1, parts[p*n:], 1, w, 1)
	}
}

// topVector returns the unit eigenvector for the largest eigenvalue theta of a tridiagonal matrix,
// given as in largestTridiagonal with all eᵢ > 0. Elimination leaves qᵢsᵢ = eᵢ₊₁sᵢ₊₁ with pivots qᵢ
// > 0. Back substitution subtracts nothing, so even the tiny last component is accurate.
func topVector(d, e2 []float64, theta float64) []float64 {
	n := len(d)
	s := make([]float64, n)
	pivot := math.Inf(1)
	for i := range n - 1 {
		// In exact arithmetic θ exceeds the eigenvalues of every leading block, so the pivots are
		// positive. θ is rounded, and the lower limit keeps them positive.
		pivot = max(theta-d[i]-e2[i]/pivot, rounding.Unit*theta)
		s[i] = math.Sqrt(e2[i+1]) / pivot
	}

	s[n-1] = 1
	for i := n - 2; i >= 0; i-- {
		s[i] *= s[i+1]
	}

	blas64.Implementation().Dscal(n, 1/math.Sqrt(SumSquares(s)), s, 1)

	return s
}

func fillPseudoRandom(x []float64) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range x {
		x[i] = r.Float64() - 0.5
	}
}

// usable reports whether an iteration in n dimensions can start at v.
func usable(v []float64, n int) bool {
	return len(v) == n && regular(SumSquares(v))
}
