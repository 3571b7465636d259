package bounds

import (
	"github.com/liptrack/liptrack/internal/rounding"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"
)

// ellipsoid contains the differences Δz that a layer's pre-activations can have for two inputs at
// distance 1: Δz = Fu + e with |u| ≤ 1 and |e| ≤ err.
//
// After an activation with slopes a ± b and the next weight W, the difference is W(A·Fu + v) for
// some v with |v_j| ≤ b_j|(Fu)_j|, apart from the contribution of e. A, B and T are the diagonal
// matrices of a, b and any multipliers t > 0. With w = T^−½v,
//
//	|w|² ≤ |T^−½BFu|²,  hence  |w|² + uᵀMu ≤ |u|² ≤ 1  with  M = I − FᵀBT⁻¹BF.
//
// If M = LLᵀ then q = Lᵀu has |w|² + |q|² ≤ 1, and the difference is F′(w, q) with
//
//	F′ = W [ T^½  AFL^−ᵀ ].
//
// The bound on the network is the final ‖F‖ + err. For slopes in [0, β] this is the recursion of Y.
// Xu and S. Sivaranjani (ECLipsE, NeurIPS 2024, arXiv 2404.04375) with FFᵀ = WX⁻¹Wᵀ and T = Λ⁻¹.
// The infimum over all T is LipSDP-Neuron (M. Fazlyab et al., NeurIPS 2019, arXiv 1906.04893). This
// form allows any slopes, including negative ones, and needs only matrices of order d for n > d
// neurons with d inputs.
type ellipsoid struct {
	f   *mat.Dense
	err float64
}

// firstEllipsoid returns the ellipsoid of the first layer. F is W_1 or, if that is smaller, a
// square factor of W_1W_1ᵀ, whose ellipsoid contains that of W_1.
func (c *chain) firstEllipsoid() ellipsoid {
	if c.start == nil {
		w := c.links[0].w
		c.start = &ellipsoid{f: w, err: c.off}
		if out, in := w.Dims(); in > out {
			g := newGram(blas.NoTrans, 1, w)
			if f, ok := g.factor(); ok {
				c.start.f = f
			}
		}
	}
	return *c.start
}

// upperBound returns a number proved to be ≥ |Δz|.
func (e ellipsoid) upperBound() float64 {
	return rounding.AddUp(Two.upperOf(e.f), e.err)
}
