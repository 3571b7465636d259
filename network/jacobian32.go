package network

import (
	"math"

	"github.com/liptrack/liptrack/internal/vec"
)

// JacobianFloat32 returns [Pass.Jacobian] with products in float32, at half the cost or less. It
// rounds the slopes of the pass and the weights to float32 and widens the result. It differs from
// Jacobian by about √H·6·10⁻⁸ of the norm, where H is the largest width; if [Network.FitsFloat32]
// is false, it may overflow or underflow to 0.
func JacobianFloat32(p *Pass[float64], k int) []float64 {
	if p.narrow == nil {
		p.narrow = &narrow{}
	}

	j := p.narrow.product(p, k)
	if cap(p.narrow.wide) < len(j) {
		p.narrow.wide = make([]float64, len(j))
	}

	wide := p.narrow.wide[:len(j)]
	vec.Widen(wide, j)
	return wide
}

// narrow is what a pass needs for products in float32.
type narrow struct {
	pass      *Pass[float32] // for products by BLAS
	selection *selection
	wide      []float64
}

// product returns the Jacobian of the first k layers in float32.
func (n *narrow) product(p *Pass[float64], k int) []float32 {
	if selects(p, k) {
		return n.selection.product(p)
	}

	if n.pass == nil {
		n.pass = NewPass[float32](p.net, p.rows)
	}

	// Slopes and choices are taken from the pass in float64, so both precisions are on the same
	// linear pieces.
	q := n.pass
	q.count = p.count
	for i := range q.layers[:k] {
		for j, s := range p.Slopes(i + 1) {
			q.layers[i].slopes[j] = float32(s)
		}

		copy(q.layers[i].chosen, p.layers[i].chosen)
	}

	return q.Jacobian(k)
}

// FitsFloat32 reports whether the products of a Jacobian stay well within the range of float32: all
// products of the layers' Frobenius norms and the activations' slopes are between 10⁻²⁰ and 10²⁰.
func (n *Network) FitsFloat32() bool {
	const limit = 20
	high, low := 0.0, 0.0 // decimal logarithms of the largest and the smallest product
	for _, l := range n.Layers {
		if l.Pool != nil {
			// Choices of a pool do not make the entries of a product larger.
			continue
		}
		size := math.Log10(l.FrobeniusNorm() * max(l.Activation.Lipschitz(), 1))
		high, low = high+max(size, 0), low+min(size, 0)
	}
	return high < limit && low > -limit
}
