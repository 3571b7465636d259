package trainer

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/liptrack/liptrack/internal/linalg"
)

// layerOp is a module as one Gorgonia operation on the input x (n×in) and, if the module has
// parameters, on θ as one vector.
type layerOp[T linalg.Float] struct {
	fusedOp
	layer module[T]
	rows  int
	grad  []T // receives the gradient with respect to θ
	first bool
	trail *trail[T]
	value buffer[T]
}

func newLayerOp[T linalg.Float](l module[T], grad []T, rows int, first bool) *layerOp[T] {
	_, out := l.dims()
	dims := []int{2, 2}
	if len(grad) > 0 {
		dims = []int{2, 1, 2}
	}

	r := l.newTrail(rows)
	return &layerOp[T]{
		fusedOp: newFusedOp("layer", tensor.Shape{rows, out}, dims...),
		layer:   l,
		rows:    rows,
		grad:    grad,
		first:   first,
		trail:   r,
		value:   viewOf(r.value, rows, out),
	}
}

func (o *layerOp[T]) Do(inputs ...G.Value) (G.Value, error) {
	x, err := dataOf[T](inputs[0])
	if err != nil {
		return nil, err
	}

	in, _ := o.layer.dims()
	if len(x) != o.rows*in {
		return nil, fmt.Errorf("layer of %d×%d inputs given %v",
			o.rows, in, inputs[0].Shape())
	}

	o.layer.forward(x, o.trail, o.rows)
	return o.value.tensor, nil
}

// DiffWRT reports which inputs need a gradient: all except the data themselves.
func (o *layerOp[T]) DiffWRT(inputs int) []bool {
	return []bool{!o.first, true}[:inputs]
}

// SymDiff adds an operation that turns the gradient of the output into the gradient of θ, if there
// is any, and, after the first layer, an operation that computes the gradient of the input.
func (o *layerOp[T]) SymDiff(inputs G.Nodes, output, grad *G.Node) (G.Nodes, error) {
	// A pool passes the gradient on and has no parameters.
	if len(o.grad) == 0 {
		input, err := G.ApplyOp(newLayerInputOp(o), output, grad)
		return G.Nodes{input}, err
	}

	theta, err := G.ApplyOp(newLayerThetaOp(o), inputs[0], output, grad)
	if err != nil || o.first {
		return G.Nodes{nil, theta}, err
	}

	// theta is an input so that its operation runs first: it replaces the gradient of the output by
	// the gradient of the pre-activation.
	input, err := G.ApplyOp(newLayerInputOp(o), theta, grad)

	return G.Nodes{input, theta}, err
}

// layerThetaOp computes the gradient of a loss with respect to a layer's θ, from the layer's input,
// its output and the gradient of its output. It overwrites the last with the gradient of the
// pre-activation.
type layerThetaOp[T linalg.Float] struct {
	fusedOp
	of   *layerOp[T]
	grad buffer[T]
}

func newLayerThetaOp[T linalg.Float](o *layerOp[T]) *layerThetaOp[T] {
	return &layerThetaOp[T]{
		fusedOp: newFusedOp("layer∂θ", tensor.Shape{len(o.grad)}, 2, 2, 2, 1),
		of:      o,
		grad:    viewOf(o.grad, len(o.grad)),
	}
}

func (o *layerThetaOp[T]) Do(inputs ...G.Value) (G.Value, error) {
	x, err := dataOf[T](inputs[0])
	if err != nil {
		return nil, err
	}

	delta, err := dataOf[T](inputs[2])
	if err != nil {
		return nil, err
	}

	o.of.layer.backwardTheta(x, delta, o.of.trail, o.grad.data, o.of.rows, 0)
	return o.grad.tensor, nil
}

// layerInputOp computes the gradient of a loss with respect to a layer's input, from the gradient
// of the pre-activation or, if the layer has no parameters, from the gradient of the output.
type layerInputOp[T linalg.Float] struct {
	fusedOp
	of   *layerOp[T]
	grad buffer[T]
}

func newLayerInputOp[T linalg.Float](o *layerOp[T]) *layerInputOp[T] {
	in, _ := o.layer.dims()
	dims := []int{1, 2, 2}
	if len(o.grad) == 0 {
		dims = []int{2, 2, 2}
	}

	return &layerInputOp[T]{
		fusedOp: newFusedOp("layer∂x", tensor.Shape{o.rows, in}, dims...),
		of:      o,
		grad:    newBuffer[T](o.rows, in),
	}
}

func (o *layerInputOp[T]) Do(inputs ...G.Value) (G.Value, error) {
	delta, err := dataOf[T](inputs[1])
	if err != nil {
		return nil, err
	}

	// If the layer has parameters, layerThetaOp has already done this.
	if len(o.of.grad) == 0 {
		o.of.layer.backwardActivation(delta, o.of.trail, o.of.rows)
	}

	o.of.layer.backwardInput(delta, o.grad.data, o.of.trail, o.of.rows)
	return o.grad.tensor, nil
}
