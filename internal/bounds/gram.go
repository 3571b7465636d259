package bounds

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
)

// gram is a positive semidefinite matrix known up to rounding.
type gram struct {
	a   blas64.Symmetric // lower triangle
	err float64          // bounds the 2-norm of the difference between the exact matrix and a
}

// newGram returns alpha·xxᵀ, or alpha·xᵀx if t is blas.Trans. An element is a sum of k products; 6
// more roundings account for alpha and the entries of x. The errors are at most γ|x||x|ᵀ [Higham,
// eq. (3.13)], whose norm is at most γ‖x‖²_F, and ‖x‖²_F is the trace.
func newGram(t blas.Transpose, alpha float64, x *mat.Dense) gram {
	m := x.RawMatrix()
	n, k := m.Rows, m.Cols
	if t == blas.Trans {
		n, k = k, n
	}

	g := gram{a: newSymmetric(n)}
	blas64.Syrk(t, alpha, m, 0, g.a)

	gamma := rounding.Gamma(k + 6)
	g.err = rounding.Outward(gamma / (1 - gamma) * g.trace())

	return g
}

// diagonalGram returns the diagonal matrix with entries v_j².
func diagonalGram(v []float64) gram {
	g := gram{a: newSymmetric(len(v))}
	for j, x := range v {
		g.a.Data[j*len(v)+j] = x * x
	}
	g.err = rounding.Outward(2 * rounding.Unit * g.trace())
	return g
}

func newSymmetric(n int) blas64.Symmetric {
	return blas64.Symmetric{
		N:      n,
		Stride: n,
		Data:   make([]float64, n*n),
		Uplo:   blas.Lower,
	}
}

func (g *gram) trace() float64 {
	sum := 0.0
	for i := range g.a.N {
		sum += g.a.Data[i*g.a.N+i]
	}
	return sum
}

// largestEigenvalue returns an approximation to the largest eigenvalue.
func (g *gram) largestEigenvalue() float64 {
	return linalg.LargestOfSemidefinite(g.a.N, g.a.Data)
}

// factor returns an F such that FFᵀ − G is positive semidefinite, where G is the exact matrix. F is
// the Cholesky factor of a + ηI, where η exceeds the errors of a, of the factorisation and of the
// diagonal. It fails only on numbers out of range, because a matrix that far from singular always
// has a factor [Higham, Theorem 10.7]. It overwrites a.
func (g *gram) factor() (f *mat.Dense, ok bool) {
	n, trace := g.a.N, g.trace()
	eta := rounding.Outward(g.err + 2*choleskyError(n, trace) + 4*rounding.Unit*trace)
	for i := range n {
		g.a.Data[i*n+i] += eta
	}

	l, ok := lapack64.Potrf(g.a)
	if !ok {
		return nil, false
	}

	// LAPACK does not touch the entries above the diagonal.
	for i := range n {
		clear(l.Data[i*n+i+1 : (i+1)*n])
	}

	return mat.NewDense(n, n, l.Data), true
}

// choleskyError bounds ‖LLᵀ − a‖₂ for the computed Cholesky factor L of a matrix a with the given
// order and trace: |LLᵀ − a| ≤ γ/(1 − γ)·√(aᵢᵢaⱼⱼ) with γ = γₙ₊₁, for any order of sums and blocks
// [Higham, Theorems 10.3 and 10.5]; n+2 allows for division implemented as multiplication by the
// reciprocal.
func choleskyError(n int, trace float64) float64 {
	return rounding.Gamma(n+2) / (1 - rounding.Gamma(n+2)) * trace
}
