package trainer

import (
	"slices"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// model is the network in training: its modules over one flat parameter vector, and a gradient
// vector with the same layout (for a dense layer: W row by row, then b).
type model[T linalg.Float] struct {
	layers       []module[T]
	params, grad []T
	dropout      *dropout[T] // nil if there is none
}

// newModel lays out and initialises a network for points of the given shape.
func newModel[T linalg.Float](c Config, in conv.Shape, classes int) (*model[T], error) {
	stages, err := c.stages(in, classes)
	if err != nil {
		return nil, err
	}

	m := &model[T]{layers: newModules[T](stages)}
	// All layers draw from one generator, in order, as PyTorch's modules do when they are
	// constructed.
	draw := c.Init.drawer(c.Seed)
	var sizes []int
	for _, l := range m.layers {
		theta := l.draw(draw)
		sizes = append(sizes, len(theta))
		for _, v := range theta {
			m.params = append(m.params, T(v))
		}
	}

	// The capacity of each slice ends with it, so that no append in one module overwrites the next
	// module's parameters.
	m.grad = make([]T, len(m.params))
	rest := m.params
	for i, l := range m.layers {
		l.settle(rest[:sizes[i]:sizes[i]])
		rest = rest[sizes[i]:]
	}

	return m, nil
}

// copied returns a copy of the model that shares no memory with it and has no dropout.
func (m *model[T]) copied() *model[T] {
	other := &model[T]{params: slices.Clone(m.params), grad: make([]T, len(m.grad))}
	rest := other.params
	// A clone keeps the layout of its module, so it only needs its slice of the new vector.
	for _, l := range m.layers {
		size := len(l.params())
		own := l.clone()
		own.settle(rest[:size:size])
		other.layers = append(other.layers, own)
		rest = rest[size:]
	}

	return other
}

// dims returns the numbers of inputs and outputs of the network.
func (m *model[T]) dims() (in, out int) {
	in, _ = m.layers[0].dims()
	_, out = m.layers[len(m.layers)-1].dims()
	return in, out
}

// denseLayers returns the modules of a network whose layers are all dense.
func (m *model[T]) denseLayers() []*layer[T] {
	dense := make([]*layer[T], len(m.layers))
	for i, l := range m.layers {
		dense[i] = l.(*layer[T])
	}
	return dense
}

// gradOf returns the part of the gradient vector that belongs to layer i.
func (m *model[T]) gradOf(i int) []T {
	from := 0
	for _, l := range m.layers[:i] {
		from += len(l.params())
	}
	return m.grad[from : from+len(m.layers[i].params())]
}

// network returns a copy of the model as a network for measuring.
func (m *model[T]) network() *network.Network {
	return m.networkAt(m.params)
}

// networkAt returns the network with the given parameters, laid out like the model's.
func (m *model[T]) networkAt(params []T) *network.Network {
	layers, _ := measuredAll(m.layers, params)
	return &network.Network{Layers: layers}
}

// measuredAll returns the layers and names of consecutive modules whose parameters follow one
// another in params.
func measuredAll[T linalg.Float](modules []module[T], params []T) (layers []network.Layer, names []string) {
	for _, m := range modules {
		size := len(m.params())
		made, called := m.measured(params[:size])
		layers = append(layers, made...)
		names = append(names, called...)
		params = params[size:]
	}
	return layers, names
}

// toFloat64 returns a copy of v in double precision, or nil if v is empty.
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
