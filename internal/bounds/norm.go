package bounds

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
)

// Norm is the vector norm, for inputs and outputs alike, in which a Lipschitz constant is measured.
type Norm int

const (
	// Two is the Euclidean norm; the operator norm of a matrix is its largest singular value.
	Two Norm = iota
	// One is the sum of magnitudes; the operator norm of a matrix is its largest column sum of
	// magnitudes.
	One
	// Inf is the largest magnitude; the operator norm of a matrix is its largest row sum of
	// magnitudes.
	Inf
)

// upperOf returns a number proved to be ≥ ‖a‖.
func (n Norm) upperOf(a *mat.Dense) float64 {
	if n == Two {
		return linalg.SpectralNormUpper(a)
	}
	return n.ofMagnitudes(a)
}

// ofMagnitudes returns a number proved to be ≥ ‖|a|‖, the norm of the matrix of magnitudes; in the
// 2-norm it uses the Frobenius norm instead.
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
