package trainer

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// maskOp is x ↦ mask ∘ x as a Gorgonia operation on x (n×k). To the graph the mask is a constant,
// but its contents change from run to run. The gradient is the same operation.
type maskOp[T linalg.Float] struct {
	fusedOp
	mask       []T
	rows, cols int
	value      buffer[T]
}

func newMaskOp[T linalg.Float](mask []T, rows, cols int) *maskOp[T] {
	return &maskOp[T]{
		fusedOp: newFusedOp("mask", tensor.Shape{rows, cols}, 2, 2),
		mask:    mask,
		rows:    rows,
		cols:    cols,
		value:   newBuffer[T](rows, cols),
	}
}

func (o *maskOp[T]) Do(inputs ...G.Value) (G.Value, error) {
	x, err := dataOf[T](inputs[0])
	if err != nil {
		return nil, err
	}

	if len(x) != o.rows*o.cols {
		return nil, fmt.Errorf("mask of %d×%d given %v", o.rows, o.cols, inputs[0].Shape())
	}

	// The result gets its own memory: the backward pass needs the values before the mask.
	copy(o.value.data, x)
	vec.Mul(o.value.data, o.mask)
	return o.value.tensor, nil
}

// DiffWRT reports that the input needs a gradient.
func (o *maskOp[T]) DiffWRT(int) []bool {
	return []bool{true}
}

// SymDiff masks the gradient of the output.
func (o *maskOp[T]) SymDiff(_ G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(newMaskOp(o.mask, o.rows, o.cols), grad)
	return G.Nodes{d}, err
}
