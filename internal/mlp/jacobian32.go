package mlp

import "math"

// JacobianFloat32 is [Pass.Jacobian] with its products in float32, at half the cost: slopes of this
// pass and weights are rounded to float32, the result is widened again. It differs from Jacobian
// by about √H·6·10⁻⁸ of the norm, H being the largest width; for networks of which [Network.FitsFloat32]
// is false it may overflow or lose everything.
func (p *Pass[T]) JacobianFloat32(k int) []T {
	if p.narrow == nil {
		p.narrow = &narrow[T]{pass: NewPass[float32](p.net, p.rows)}
	}
	q := p.narrow.pass
	q.count = p.count
	for i := range q.layers[:k] {
		convert(q.layers[i].slopes, p.Slopes(i+1))
	}
	j := q.Jacobian(k)
	if cap(p.narrow.wide) < len(j) {
		p.narrow.wide = make([]T, len(j))
	}
	wide := p.narrow.wide[:len(j)]
	convert(wide, j)
	return wide
}

// narrow is what a pass needs for products in float32.
type narrow[T any] struct {
	pass *Pass[float32]
	wide []T
}

// convert writes the values of src to the beginning of dst.
func convert[D, S float32 | float64](dst []D, src []S) {
	for i, v := range src {
		dst[i] = D(v)
	}
}

// FitsFloat32 says whether the products of a Jacobian stay well within the range of float32: those of
// any of the layers' Frobenius norms, and of the activations' slopes, lie between 10⁻²⁰ and 10²⁰.
func (n *Network) FitsFloat32() bool {
	const limit = 20
	high, low := 0.0, 0.0 // decimal logarithms of the largest and the smallest product
	for _, l := range n.Layers {
		var squares float64
		for i := range l.Out() {
			for _, w := range l.Weight.RawRowView(i) {
				squares += w * w
			}
		}
		size := math.Log10(math.Sqrt(squares) * max(l.Activation.Lipschitz(), 1))
		high, low = high+max(size, 0), low+min(size, 0)
	}
	return high < limit && low > -limit
}
