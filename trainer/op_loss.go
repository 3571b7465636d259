package trainer

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network/losses"
)

// lossOp is the mean loss of a batch as one Gorgonia operation on the outputs (n×k) and the targets
// (n×k, one-hot for classes). Cross-entropy combines log-softmax and negative log-likelihood, which
// is stable for any logits. Do also computes the gradient.
type lossOp[T linalg.Float] struct {
	fusedOp
	loss       losses.Objective
	rows, outs int
	grad       buffer[T]
	mean       float64 // of the last batch
}

func newLossOp[T linalg.Float](l losses.Objective, rows, outs int) *lossOp[T] {
	return &lossOp[T]{
		fusedOp: newFusedOp(l.Loss.String(), tensor.ScalarShape(), 2, 2, 0),
		loss:    l,
		rows:    rows,
		outs:    outs,
		grad:    newBuffer[T](rows, outs),
	}
}

func (o *lossOp[T]) Do(inputs ...G.Value) (G.Value, error) {
	out, err := dataOf[T](inputs[0])
	if err != nil {
		return nil, err
	}

	target, err := dataOf[T](inputs[1])
	if err != nil {
		return nil, err
	}

	if len(out) != o.rows*o.outs || len(target) != len(out) {
		return nil, fmt.Errorf("%v of %d×%d outputs given %v and targets %v",
			o.loss.Loss, o.rows, o.outs, inputs[0].Shape(), inputs[1].Shape())
	}

	n := float64(o.rows)
	o.mean = losses.Sum(o.loss, out, target, o.grad.data, o.outs, T(1/n)) / n

	return scalar[T](o.mean), nil
}

func scalar[T linalg.Float](v float64) G.Value {
	if _, ok := any(T(0)).(float32); ok {
		return G.NewF32(float32(v))
	}
	return G.NewF64(v)
}

// DiffWRT reports that the outputs need a gradient and the targets do not.
func (o *lossOp[T]) DiffWRT(int) []bool {
	return []bool{true, false}
}

// SymDiff adds the operation that returns the gradient computed by Do.
func (o *lossOp[T]) SymDiff(_ G.Nodes, output, grad *G.Node) (G.Nodes, error) {
	d, err := G.ApplyOp(newLossGradOp(o), output, grad)
	return G.Nodes{d, nil}, err
}

// lossGradOp is the gradient of the mean loss with respect to the outputs. Its inputs, the loss and
// the unit seed of the differentiation, only make it run after the loss.
type lossGradOp[T linalg.Float] struct {
	fusedOp
	of *lossOp[T]
}

func newLossGradOp[T linalg.Float](o *lossOp[T]) *lossGradOp[T] {
	shape := tensor.Shape{o.rows, o.outs}
	return &lossGradOp[T]{fusedOp: newFusedOp(o.name+"∂", shape, 0, 0, 2), of: o}
}

func (o *lossGradOp[T]) Do(...G.Value) (G.Value, error) {
	return o.of.grad.tensor, nil
}
