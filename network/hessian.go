package network

import (
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
)

// HessianProduct returns, at each of the n points of the last Forward, H·v for the Hessian H of ⟨u,
// f⟩ in the inputs: the gradient of u·J(x)·v, which for the singular vectors u and v of σ₁(J(x)) is
// the gradient of σ₁. u is n×K, v and the result are n×D. For a piecewise linear network it is 0.
//
// Tangents ȧ = J·v are carried forward, then gradients of ⟨u, ȧ⟩ with respect to tangents and
// values backward: forward-over-reverse differentiation [Pearlmutter, Fast exact multiplication by
// the Hessian, 1994].
func (p *Pass[T]) HessianProduct(u, v []T) []T {
	n := p.count

	// Forward: ż = W·ȧ, and ȧ = φ′(z)·ż. The pre-activations z are recomputed, because a pass keeps
	// only values and slopes.
	bends := make([][]T, len(p.layers)) // φ″(z)·ż of each layer
	tangent := v
	for i, l := range p.layers {
		z, dz := make([]T, n*l.out), make([]T, n*l.out)
		if p.net.Layers[i].Pool != nil {
			choose(p.net.Layers[i].Pool, p.Values(i), z, l.chosen, n)
		} else {
			p.affine(i, z, p.Values(i), n)
		}

		p.carry(i, tangent, dz, n)
		p.bend(i, z, n)
		// z is no longer needed; from here on it holds φ″(z)·ż.
		for j, bend := range z {
			z[j] = bend * dz[j]
			dz[j] *= l.slopes[j]
		}

		bends[i], tangent = z, dz
	}

	// Backward: a tangent φ′(z)·ż depends on z through φ′ too, which adds φ″(z)·ż times its
	// gradient to the gradient with respect to z.
	ofTangent, ofValue := u, make([]T, len(u))
	for i := len(p.layers) - 1; i >= 0; i-- {
		l := p.layers[i]
		byTangent, byValue := make([]T, n*l.out), make([]T, n*l.out) // with respect to ż and z
		for j, slope := range l.slopes[:n*l.out] {
			byTangent[j] = slope * ofTangent[j]
			byValue[j] = slope*ofValue[j] + bends[i][j]*ofTangent[j]
		}

		ofTangent, ofValue = make([]T, n*l.in), make([]T, n*l.in)
		// Both are carried back by the same linear map.
		p.carryBack(i, byTangent, ofTangent, n, 1)
		p.carryBack(i, byValue, ofValue, n, 1)
	}

	return ofValue
}

// bend replaces n rows of pre-activations of layer i (from 0) by second derivatives, which are 0
// for values that pass through.
func (p *Pass[T]) bend(i int, z []T, n int) {
	l, out := p.net.Layers[i], p.layers[i].out
	secondDerivatives(l.Activation, z)
	// The shortcuts of residual blocks have no curvature.
	for r := range n {
		clear(z[(r+1)*out-l.Through : (r+1)*out])
	}
}

// secondDerivatives replaces each z by φ″(z), which is 0 between the kinks of a piecewise linear
// activation.
func secondDerivatives[T linalg.Float](a Activation, z []T) {
	f := curvatures[a.kind]
	for i, v := range z {
		z[i] = 0
		if f != nil {
			z[i] = T(f(float64(v)))
		}
	}
}

// curvatures holds the second derivatives of the activations in smooth.
var curvatures = map[activationKind]func(z float64) float64{
	tanh: func(z float64) float64 {
		t := math.Tanh(z)
		return -2 * t * (1 - t*t)
	},
	sigmoid: func(z float64) float64 {
		s := logistic(z)
		return s * logistic(-z) * (1 - 2*s)
	},
	gelu: func(z float64) float64 {
		density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) // φ″ = (2 − z²)·density
		return density * (2 - z*z)
	},
	silu: func(z float64) float64 {
		s := logistic(z)
		return s * logistic(-z) * (2 + z*(1-2*s))
	},
	softplus: func(z float64) float64 { return logistic(z) * logistic(-z) },
}
