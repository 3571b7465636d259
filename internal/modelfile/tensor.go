package modelfile

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// tensor is a named array in row-major order.
type tensor struct {
	name   string
	shape  []int
	values []float64
}

// matrix returns the tensor as a matrix. It must have two axes, must not be empty, and must be
// finite.
func (t tensor) matrix() (*mat.Dense, error) {
	if len(t.shape) != 2 || len(t.values) == 0 {
		return nil, fmt.Errorf(
			"%q has shape %s: the weight of a linear layer has two axes, none empty; other layers need an ONNX file",
			t.name,
			shapeString(t.shape),
		)
	}
	if err := t.checkFinite(); err != nil {
		return nil, err
	}
	return mat.NewDense(t.shape[0], t.shape[1], t.values), nil
}

// vector returns the values of the tensor as a vector. They must be finite, and at most one axis
// may be longer than 1.
func (t tensor) vector() ([]float64, error) {
	for _, n := range t.shape {
		if n != 1 && n != len(t.values) || n == 0 {
			return nil, fmt.Errorf(
				"%q has shape %s: a bias has one non-empty axis",
				t.name,
				shapeString(t.shape),
			)
		}
	}
	return t.values, t.checkFinite()
}

// checkFinite returns an error if the tensor contains NaN or an infinity.
func (t tensor) checkFinite() error {
	for i, v := range t.values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%q holds %v at index %v", t.name, v, unravel(i, t.shape))
		}
	}
	return nil
}

// transpose returns the transpose of a matrix.
func (t tensor) transpose() tensor {
	rows, cols := t.shape[0], t.shape[1]
	values := make([]float64, len(t.values))
	for i, v := range t.values {
		values[i%cols*rows+i/cols] = v
	}
	return tensor{t.name, []int{cols, rows}, values}
}

// unravel returns the index of the i-th value of a tensor with the given shape, from 0 on each
// axis.
func unravel(i int, shape []int) []int {
	index := make([]int, len(shape))
	for axis := len(shape) - 1; axis >= 0; axis-- {
		index[axis] = i % shape[axis]
		i /= shape[axis]
	}
	return index
}

// shapeString formats a shape such as 3×4. The shape of a scalar is "scalar", and an unknown size
// is ?.
func shapeString(shape []int) string {
	if len(shape) == 0 {
		return "scalar"
	}
	sizes := make([]string, len(shape))
	for i, n := range shape {
		sizes[i] = fmt.Sprint(n)
		if n < 0 {
			sizes[i] = "?"
		}
	}
	return strings.Join(sizes, "×")
}
