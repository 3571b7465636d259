package network

import (
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Outline returns a dense layer that has sizes but no weights, so that it takes no memory however
// large it is. A network with such layers serves computations that depend on sizes alone. It must
// not be evaluated.
func Outline(in, out int, a Activation) Layer {
	weightless := new(mat.Dense)
	weightless.SetRawMatrix(blas64.General{Rows: out, Cols: in, Stride: in})
	return Layer{Weight: weightless, Activation: a}
}
