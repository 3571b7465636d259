package bounds

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
)

// Norm is the vector norm, of inputs and outputs alike, in which a Lipschitz constant is meant.
type Norm int

const (
	// Two is the Euclidean norm; a matrix has its largest singular value as operator norm.
	Two Norm = iota
	// One is the sum of magnitudes; a matrix has its largest column sum of magnitudes.
	One
	// Inf is the largest magnitude; a matrix has its largest row sum of magnitudes.
	Inf
)

// upper returns a number proved to be ≥ ‖a‖.
func (n Norm) upper(a *mat.Dense) float64 {
	if n == Two {
		return linalg.SpectralNormUpper(a)
	}
	return n.ofMagnitudes(a)
}

// ofMagnitudes returns a number proved to be ≥ ‖|a|‖, the norm of the matrix of magnitudes; in the
// 2-norm, Frobenius stands in for it.
func (n Norm) ofMagnitudes(a *mat.Dense) float64 {
	rows, cols := a.Dims()
	switch n {
	case One:
		return rounding.Up(mat.Norm(a, 1) * (1 + rounding.Gamma(rows+1)))
	case Inf:
		return rounding.Up(mat.Norm(a, math.Inf(1)) * (1 + rounding.Gamma(cols+1)))
	}
	return rounding.Up(linalg.FrobeniusNorm(a) * (1 + rounding.Gamma(rows*cols+4)))
}
