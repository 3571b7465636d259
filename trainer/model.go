package trainer

import (
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// model is the network in training: its layers over one flat parameter vector, and the gradient
// vector of the same layout (for each layer W row by row, then b).
type model[T linalg.Float] struct {
	layers       []*layer[T]
	params, grad []T
	dropout      *dropout[T] // nil if there is none
}

// newModel lays out and initialises a network of the given input and output dimensions.
func newModel[T linalg.Float](c Config, in, out int) *model[T] {
	m := &model[T]{}
	draw := c.Init.drawer(c.Seed)
	widths := append(append([]int{in}, c.Hidden...), out)
	for i := 1; i < len(widths); i++ {
		w, b := draw(widths[i], widths[i-1], c.Bias)
		for _, v := range append(w, b...) {
			m.params = append(m.params, T(v))
		}
		activation := c.Activation
		if i == len(widths)-1 {
			activation = c.Output
		}
		m.layers = append(m.layers, &layer[T]{in: widths[i-1], out: widths[i], activation: activation})
	}
	m.grad = make([]T, len(m.params))
	at := 0
	for _, l := range m.layers {
		size := l.out * l.in
		if c.Bias {
			size += l.out
		}
		l.theta = m.params[at : at+size : at+size]
		at += size
	}
	return m
}

// gradOf is the stretch of the gradient vector that belongs to layer i.
func (m *model[T]) gradOf(i int) []T {
	at := 0
	for _, l := range m.layers[:i] {
		at += len(l.theta)
	}
	return m.grad[at : at+len(m.layers[i].theta)]
}

// network copies the model out of training.
func (m *model[T]) network() *network.Network { return m.networkAt(m.params) }

// networkAt is the network of a parameter vector laid out as the model's.
func (m *model[T]) networkAt(params []T) *network.Network {
	net := &network.Network{}
	for _, l := range m.layers {
		weights := l.out * l.in
		net.Layers = append(net.Layers, network.Layer{
			Weight:     mat.NewDense(l.out, l.in, toFloat64(params[:weights])),
			Bias:       toFloat64(params[weights:len(l.theta)]),
			Activation: l.activation,
		})
		params = params[len(l.theta):]
	}
	return net
}

// toFloat64 copies v in double precision, nil for an empty v.
func toFloat64[T linalg.Float](v []T) []float64 {
	if len(v) == 0 {
		return nil
	}
	w := make([]float64, len(v))
	for i, x := range v {
		w[i] = float64(x)
	}
	return w
}
