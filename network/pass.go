package network

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// Pass evaluates a network on chunks of points, in float32 or float64. It owns its buffers and
// reuses them from chunk to chunk, so what its methods return is valid until the next call. A
// Pass is not safe for concurrent use; any number of them may share one network.
type Pass[T linalg.Float] struct {
	net     *Network
	layers  []passLayer[T]
	rows    int // capacity, points per chunk
	count   int // points in the chunk last evaluated
	input   []T // the points last evaluated, count×in, owned by the caller
	jac     jacobianBuffers[T]
	back    chainBuffers[T]
	weights weights[T]
	narrow  *narrow // of a Pass[float64]
}

type passLayer[T linalg.Float] struct {
	in, out       int
	value, slopes []T         // rows×out
	chosen        []int32     // rows×out, for a pool: index in the point of each value
	of            operator[T] // for a layer whose map is not a matrix
}

// weights are a network's parameters in the precision of a pass, row-major out×in.
type weights[T linalg.Float] struct {
	w, b   [][]T
	maps   []operator[T] // nil where w is set
	panels *panels       // for JacobianFloat32
}

// NewPass returns a Pass over chunks of at most rows points. The network must not change while it
// is in use; see Load.
func NewPass[T linalg.Float](net *Network, rows int) *Pass[T] {
	p := &Pass[T]{
		net:     net,
		rows:    rows,
		weights: convertWeights[T](net),
	}

	for i, l := range net.Layers {
		size := rows * l.Out()
		layer := passLayer[T]{
			in:     l.In(),
			out:    l.Out(),
			value:  make([]T, size),
			slopes: make([]T, size),
			of:     p.weights.maps[i],
		}

		if l.Pool != nil {
			layer.chosen = make([]int32, size)
		}
		p.layers = append(p.layers, layer)
	}
	return p
}

// Share returns another Pass over the same network that shares its converted weights, for use
// by another goroutine.
func (p *Pass[T]) Share() *Pass[T] {
	q := &Pass[T]{rows: p.rows}
	for _, l := range p.layers {
		l.value, l.slopes = make([]T, len(l.value)), make([]T, len(l.slopes))
		l.chosen = make([]int32, len(l.chosen))
		q.layers = append(q.layers, l)
	}
	q.Follow(p)
	return q
}

// Load makes p evaluate another network, or the same one after a change, with the buffers it has.
// It reports whether it could: the layers must have the same sizes. Passes that share with p must
// call Follow.
func (p *Pass[T]) Load(net *Network) bool {
	same := func(l Layer, q passLayer[T]) bool {
		return l.In() == q.in && l.Out() == q.out && (l.Pool != nil) == (len(q.chosen) > 0)
	}
	if !slices.EqualFunc(net.Layers, p.layers, same) {
		return false
	}
	p.turnTo(net, convertWeights[T](net))
	return true
}

// Follow makes p use the network and weights that other has loaded. Their layer sizes must match.
func (p *Pass[T]) Follow(other *Pass[T]) {
	p.turnTo(other.net, other.weights)
}

func (p *Pass[T]) turnTo(net *Network, w weights[T]) {
	p.net, p.weights = net, w
	for i := range p.layers {
		// Maps have scratch memory that another goroutine may be using.
		p.layers[i].of = nil
		if w.maps[i] != nil {
			p.layers[i].of = w.maps[i].share()
		}
	}

	// Whatever was derived from the old weights is recomputed when it is needed.
	p.jac.made = false
	if p.narrow != nil && p.narrow.pass != nil {
		p.narrow.pass.Load(net)
	}
}

func convertWeights[T linalg.Float](net *Network) weights[T] {
	c := weights[T]{panels: new(panels)}
	for _, l := range net.Layers {
		var w []T
		var of operator[T]
		switch {
		case l.Map != nil:
			of = operatorOf[T](l.Map)
		case l.Pool == nil:
			w = converted[T](contiguous(l.Weight))
		}

		c.w = append(c.w, w)
		c.maps = append(c.maps, of)
		c.b = append(c.b, converted[T](l.Bias))
	}

	return c
}

// contiguous returns the elements of w without gaps between rows.
func contiguous(w *mat.Dense) []float64 {
	if m := w.RawMatrix(); m.Stride == m.Cols {
		return m.Data
	}
	return mat.DenseCopyOf(w).RawMatrix().Data
}

// converted returns x in the precision T: x itself if it already has that type.
func converted[T linalg.Float](x []float64) []T {
	if same, ok := any(x).([]T); ok {
		return same
	}
	y := make([]T, len(x))
	for i, v := range x {
		y[i] = T(v)
	}
	return y
}

// Forward evaluates the network at the n points x, n×D row-major, and returns the outputs, n×K. It
// panics if n exceeds the chunk size.
func (p *Pass[T]) Forward(x []T, n int) []T {
	if n > p.rows {
		panic(fmt.Sprintf("network: chunk of %d points in a pass of %d", n, p.rows))
	}

	p.count, p.input = n, x
	for i, l := range p.layers {
		z := l.value[:n*l.out]
		if pool := p.net.Layers[i].Pool; pool != nil {
			forwardPool(pool, x, z, l.chosen, n)
		} else {
			p.affine(i, z, x, n)
		}

		p.activate(i, z, l.slopes[:n*l.out], n)
		x = z
	}

	return x
}

// Outputs returns the outputs at the points of the last Forward, n×K.
func (p *Pass[T]) Outputs() []T {
	return p.Values(len(p.layers))
}

// Slopes returns the activation derivatives of layer k (from 1) at the points of the last
// Forward, n×out.
func (p *Pass[T]) Slopes(k int) []T {
	l := p.layers[k-1]
	return l.slopes[:p.count*l.out]
}

// activate applies the activation of layer i (from 0) to n rows, except to the values that pass
// through.
func (p *Pass[T]) activate(i int, z, slopes []T, n int) {
	l := p.net.Layers[i]
	if l.Through == 0 {
		Apply(l.Activation, z, slopes)
		return
	}

	out := p.layers[i].out
	for r := range n {
		row, slope := z[r*out:(r+1)*out], slopes[r*out:(r+1)*out]
		active := out - l.Through
		Apply(l.Activation, row[:active], slope[:active])
		Apply(Identity, row[active:], slope[active:])
	}
}

// carry sets y ← xWᵀ, n×out, for layer i (from 0); for a pool it applies the choice that the
// forward pass made.
func (p *Pass[T]) carry(i int, x, y []T, n int) {
	l := p.layers[i]
	switch pool := p.net.Layers[i].Pool; {
	case pool != nil:
		choose(pool, x, y, l.chosen, n)
	case l.of != nil:
		l.of.forward(x, y, n)
	default:
		linalg.Gemm(false, true, n, l.out, l.in, 1, x, l.in, p.weights.w[i], l.in, 0, y, l.out)
	}
}

// carryBack sets x ← yW for layer i (from 0): n rows, m for each point.
func (p *Pass[T]) carryBack(i int, y, x []T, n, m int) {
	l := p.layers[i]
	switch pool := p.net.Layers[i].Pool; {
	case pool != nil:
		adjointPool(pool, y, x, l.chosen, n, m)
	case l.of != nil:
		l.of.adjoint(y, x, n)
	default:
		linalg.Gemm(false, false, n, l.in, l.out, 1, y, l.out, p.weights.w[i], l.in, 0, x, l.in)
	}
}

// affine sets z ← xWᵀ + b, n×out, for layer i (from 0), which must not be a pool.
func (p *Pass[T]) affine(i int, z, x []T, n int) {
	if of := p.layers[i].of; of != nil {
		of.forward(x, z, n)
		bias := p.weights.b[i]
		if len(bias) == 0 {
			return
		}

		for from := 0; from < len(z); from += len(bias) {
			vec.Add(z[from:from+len(bias)], bias)
		}
		return
	}

	// The bias is copied to z before the product, which adds to it by β. This saves a pass over z.
	in, out := p.layers[i].in, p.layers[i].out
	bias, beta := p.weights.b[i], T(0)
	if len(bias) > 0 {
		beta = 1
		for from := 0; from < len(z); from += out {
			copy(z[from:from+out], bias)
		}
	}

	linalg.Gemm(false, true, n, out, in, 1, x, in, p.weights.w[i], in, beta, z, out)
}
