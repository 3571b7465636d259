package trainer

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/internal/linalg"
)

// linearOp is a layer, φ(x Wᵀ + b), as one Gorgonia operation of the inputs x (n×in) and θ (the
// layer's weights and biases as one vector).
type linearOp[T linalg.Float] struct {
	fusedOp
	layer *layer[T]
	rows  int
	grad  []T // where the gradient with respect to θ goes
	first bool
	value buffer[T]
	slope []T
}

func newLinearOp[T linalg.Float](l *layer[T], grad []T, rows int, first bool) *linearOp[T] {
	return &linearOp[T]{
		fusedOp: newFusedOp("linear", tensor.Shape{rows, l.out}, 2, 1, 2),
		layer:   l, rows: rows, grad: grad, first: first,
		value: newBuffer[T](rows, l.out), slope: l.newSlope(rows),
	}
}

func (o *linearOp[T]) Do(inputs ...G.Value) (G.Value, error) {
	x, err := floats[T](inputs[0])
	if err != nil {
		return nil, err
	}
	if len(x) != o.rows*o.layer.in {
		return nil, fmt.Errorf("linear layer of %d×%d inputs given %v", o.rows, o.layer.in, inputs[0].Shape())
	}
	o.layer.forward(x, o.value.data, o.slope, o.rows)
	return o.value.tensor, nil
}

// DiffWRT says that the data themselves need no gradient.
func (o *linearOp[T]) DiffWRT(int) []bool { return []bool{!o.first, true} }

// SymDiff adds one operation that turns the gradient of the output into that of θ, and, past
// the first layer, one that gives the gradient of the input.
func (o *linearOp[T]) SymDiff(inputs G.Nodes, output, grad *G.Node) (G.Nodes, error) {
	theta, err := G.ApplyOp(newLinearThetaOp(o), inputs[0], output, grad)
	if err != nil || o.first {
		return G.Nodes{nil, theta}, err
	}
	// theta comes first among the inputs: its operation leaves the gradient of the
	// pre-activation in place of that of the output.
	input, err := G.ApplyOp(newLinearInputOp(o), theta, grad)
	return G.Nodes{input, theta}, err
}

// linearThetaOp is the gradient of a loss with respect to a layer's θ, from its input, its output and
// the gradient of its output, which it overwrites with the gradient of the pre-activation.
type linearThetaOp[T linalg.Float] struct {
	fusedOp
	of   *linearOp[T]
	grad buffer[T]
}

func newLinearThetaOp[T linalg.Float](o *linearOp[T]) *linearThetaOp[T] {
	return &linearThetaOp[T]{
		fusedOp: newFusedOp("linear∂θ", tensor.Shape{len(o.grad)}, 2, 2, 2, 1),
		of:      o, grad: viewOf(o.grad, len(o.grad)),
	}
}

func (o *linearThetaOp[T]) Do(inputs ...G.Value) (G.Value, error) {
	x, err := floats[T](inputs[0])
	if err != nil {
		return nil, err
	}
	delta, err := floats[T](inputs[2])
	if err != nil {
		return nil, err
	}
	o.of.layer.backwardTheta(x, delta, o.of.value.data, o.of.slope, o.grad.data, o.of.rows, 0)
	return o.grad.tensor, nil
}

// linearInputOp is the gradient of a loss with respect to a layer's input, from that of its
// pre-activation.
type linearInputOp[T linalg.Float] struct {
	fusedOp
	of   *linearOp[T]
	grad buffer[T]
}

func newLinearInputOp[T linalg.Float](o *linearOp[T]) *linearInputOp[T] {
	return &linearInputOp[T]{
		fusedOp: newFusedOp("linear∂x", tensor.Shape{o.rows, o.layer.in}, 1, 2, 2),
		of:      o, grad: newBuffer[T](o.rows, o.layer.in),
	}
}

func (o *linearInputOp[T]) Do(inputs ...G.Value) (G.Value, error) {
	delta, err := floats[T](inputs[1])
	if err != nil {
		return nil, err
	}
	o.of.layer.backwardInput(delta, o.grad.data, o.of.rows)
	return o.grad.tensor, nil
}
