package network

import "fmt"

// Backward carries gradients with respect to the outputs back through the network, at the points of
// the last Forward. Each point has m ≥ 1 gradients: g is n·m×K, with the gradients of a point next
// to each other, and is overwritten. For each layer k from L down to 1 visit, unless nil, gets the
// gradients with respect to its pre-activations W_k a_{k−1} + b_k, n·m×out, valid during the call.
// Backward returns the gradients with respect to the inputs, n·m×D.
//
// With m = 1 and the gradient of a loss this is back-propagation; with m = K and the rows of the
// identity, visit gets the Jacobians of the outputs in the pre-activations.
func (p *Pass[T]) Backward(g []T, visit func(k int, delta []T)) []T {
	outs := p.layers[len(p.layers)-1].out
	if p.count == 0 || len(g)%(p.count*outs) != 0 {
		panic(fmt.Sprintf(
			"network: %d numbers are not gradients of %d outputs at %d points", len(g), outs, p.count,
		))
	}

	m := len(g) / (p.count * outs)
	for k := len(p.layers); k >= 1; k-- {
		l := p.layers[k-1]
		if !p.net.Layers[k-1].Activation.IsIdentity() { // whose slopes are 1
			scaleRows(g, l.slopes, p.count, m, l.out)
		}

		if visit != nil {
			visit(k, g)
		}

		// Two buffers alternate: the gradients of layer k are not needed once the gradients of
		// layer k−1 are known.
		before := p.back.next(k, p.count*m*l.in)
		p.carryBack(k-1, g, before, p.count*m, m)
		g = before
	}

	return g
}

// Values returns the values of layer k at the points of the last Forward, n×out. Layer 0 stands for
// the points themselves, which the caller must not have changed.
func (p *Pass[T]) Values(k int) []T {
	if k == 0 {
		return p.input
	}
	l := p.layers[k-1]
	return l.value[:p.count*l.out]
}
