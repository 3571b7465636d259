package network

import (
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// Jacobian returns the Jacobians of the first k layers (k from 1; L for the network) at the points
// of the last Forward: n matrices K×D, row-major, one after another, where K is the width of layer
// k. By the chain rule
//
//	J(x) = D_k W_k D_{k−1} … D_1 W_1,   D_i = diag φ_i′(z_i(x)),
//
// multiplied from the narrower end, all points of the chunk in one matrix product per layer.
func (p *Pass[T]) Jacobian(k int) []T {
	dim, width := p.layers[0].in, p.layers[k-1].out
	switch {
	case !p.net.IsDense():
		return p.jacobianThroughMaps(k)
	// One product with a table that is made once per network beats a chain of small ones.
	case k == 2 && p.rows >= tableRows && p.jac.outerProducts(p, width*dim):
		return p.jacobianByOuterProducts()
	// The chain is multiplied from its narrower end, so all products have few rows.
	case width <= dim || k == 1:
		return p.jacobianFromOutput(k)
	default:
		return p.jacobianFromInput(k)
	}
}

// chainBuffers are two matrices that take the products of a chain alternately.
type chainBuffers[T linalg.Float] [2][]T

// next returns the buffer for step i of the chain, with size values.
func (b *chainBuffers[T]) next(i, size int) []T {
	buf := &b[i%2]
	if cap(*buf) < size {
		*buf = make([]T, size)
	}
	return (*buf)[:size]
}

type jacobianBuffers[T linalg.Float] struct {
	chainBuffers[T]
	// outer is the H×(K·D) table of outer products W_2[:,h] ⊗ W_1[h,:] of a network with one
	// hidden layer.
	outer []T
	made  bool
}

const (
	// maxOuter bounds the table of outer products, in values.
	maxOuter = 4 << 20
	// tableRows is the least chunk size for which the table pays, even if there is only one chunk.
	tableRows = 32
)

// outerProducts makes the table of outer products if it is small enough to pay, and reports whether
// it exists.
func (b *jacobianBuffers[T]) outerProducts(p *Pass[T], size int) bool {
	hidden := p.layers[0].out
	if hidden*size > maxOuter {
		return false
	}

	// The table depends on the weights alone: [Pass.Load] resets made.
	if b.made {
		return true
	}

	b.made = true
	w1, w2 := p.weights.w[0], p.weights.w[1]
	dim, width := p.layers[0].in, p.layers[1].out
	// A pass that loads other weights of the same sizes keeps the memory.
	if cap(b.outer) < hidden*size {
		b.outer = make([]T, hidden*size)
	}

	for h := range hidden {
		for k := range width {
			row := b.outer[h*size+k*dim:][:dim]
			for d := range row {
				row[d] = w2[k*hidden+h] * w1[h*dim+d]
			}
		}
	}

	return true
}

// jacobianByOuterProducts returns J(x) = D_2 Σ_h φ′(z_h) W_2[:,h] ⊗ W_1[h,:], a single product of
// the slopes (n×H) and the table (H×K·D).
func (p *Pass[T]) jacobianByOuterProducts() []T {
	n, hidden := p.count, p.layers[0].out
	size := p.layers[1].out * p.layers[0].in
	j := p.jac.next(0, n*size)
	slopes := p.layers[0].slopes
	linalg.Gemm(false, false, n, size, hidden, 1, slopes, hidden, p.jac.outer, size, 0, j, size)
	p.scaleOutputs(j, 2)
	return j
}

// jacobianFromOutput carries the K rows of every point from layer k down to the input.
func (p *Pass[T]) jacobianFromOutput(k int) []T {
	a := p.jac.next(k, p.count*p.layers[k-1].out*p.layers[k-1].in)
	// All points start from the same W_k; the slopes in front of it make them differ.
	repeat(a, p.weights.w[k-1])
	return p.carryRows(a, k-1, k)
}

// jacobianThroughMaps carries the rows of every point from layer k down, through maps that are not
// matrices and the choices of pools.
func (p *Pass[T]) jacobianThroughMaps(k int) []T {
	n, width := p.count, p.layers[k-1].out
	a := p.jac.next(k+1, n*width*width)
	clear(a)
	// Each point begins with an identity, because maps that are not matrices are applied to rows.
	for r := range n * width {
		a[r*width+r%width] = 1
	}

	return p.carryRows(a, k, k)
}

// carryRows carries the rows of every point from the outputs of layer from down to the input, and
// scales them to the Jacobians of layer k.
func (p *Pass[T]) carryRows(a []T, from, k int) []T {
	n, width := p.count, p.layers[k-1].out
	for i := from - 1; i >= 0; i-- {
		l := p.layers[i]
		// The slopes of layer k itself come last, as factors of whole rows.
		if i < k-1 && !p.net.Layers[i].Activation.IsIdentity() {
			scaleRows(a, l.slopes, n, width, l.out)
		}

		b := p.jac.next(i+1, n*width*l.in)
		p.carryBack(i, a, b, n*width, width)
		a = b
	}

	p.scaleOutputs(a, k)

	return a
}

// jacobianFromInput carries the D columns of every point from the input up to layer k, as rows
// of the transposed Jacobian, and transposes at the end.
func (p *Pass[T]) jacobianFromInput(k int) []T {
	n, dim := p.count, p.layers[0].in
	a := p.jac.next(0, n*dim*p.layers[0].out)
	// All points start from the same W₁ᵀ.
	repeat(a, transpose(p.weights.w[0], p.layers[0].out, dim))
	for i := 1; i < k; i++ {
		l, w := p.layers[i], p.weights.w[i]
		scaleRows(a, p.layers[i-1].slopes, n, dim, l.in)
		b := p.jac.next(i, n*dim*l.out)
		linalg.Gemm(false, true, n*dim, l.out, l.in, 1, a, l.in, w, l.in, 0, b, l.out)
		a = b
	}

	width := p.layers[k-1].out
	j := p.jac.next(k, n*dim*width)
	for i := range n {
		to, from := j[i*dim*width:][:dim*width], a[i*dim*width:][:dim*width]
		transposeInto(to, from, dim, width)
	}

	p.scaleOutputs(j, k)

	return j
}

// scaleOutputs multiplies row r of the Jacobian of each point by the slope of output r of
// layer k.
func (p *Pass[T]) scaleOutputs(j []T, k int) {
	if p.net.Layers[k-1].Activation.IsIdentity() {
		return
	}
	dim := p.layers[0].in
	for r, s := range p.Slopes(k) {
		vec.Scale(j[r*dim:][:dim], s)
	}
}

// scaleRows multiplies each row by the slopes of its point, entry by entry: n points with rows rows
// each, width wide.
func scaleRows[T linalg.Float](a, slopes []T, n, rows, width int) {
	for i := range n {
		s := slopes[i*width:][:width]
		for r := range rows {
			vec.Mul(a[(i*rows+r)*width:][:width], s)
		}
	}
}

// repeat fills a with copies of b.
func repeat[T any](a, b []T) {
	for i := 0; i < len(a); i += len(b) {
		copy(a[i:], b)
	}
}

func transpose[T any](a []T, rows, cols int) []T {
	t := make([]T, len(a))
	transposeInto(t, a, rows, cols)
	return t
}

// transposeInto writes the transpose of the rows×cols matrix a to t, cols×rows.
func transposeInto[T any](t, a []T, rows, cols int) {
	for i := range rows {
		for j := range cols {
			t[j*rows+i] = a[i*cols+j]
		}
	}
}
