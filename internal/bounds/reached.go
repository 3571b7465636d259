package bounds

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// reached returns a number proved to be ≤ the norm of the Jacobian at a point x of net, a piecewise
// linear network with linear outputs whose chain is c. It is 0 if a pre-activation is so near to 0
// that its sign is uncertain.
func (c *chain) reached(net *network.Network, x []float64) float64 {
	at := centre{x, make([]float64, len(x))}
	jacobian := approx{m: c.links[0].w}
	for i, l := range net.Layers {
		at = at.throughLayer(l)
		if i+1 == len(net.Layers) {
			break
		}

		slopes, off, ok := at.slopes(l.Activation, jacobian)
		if !ok {
			return 0
		}

		// The contribution of unknown slopes reaches the next weight as part of the Jacobian's
		// error.
		jacobian.err = rounding.AddUp(jacobian.err, off)
		jacobian = c.links[i+1].times(slopes, jacobian, Two)
		at = at.activated(l, mappedVector(slopes, math.Abs))
	}

	lower := spectralNormLower(jacobian.m) - jacobian.err
	if !(lower > 0) {
		return 0
	}

	return math.Nextafter(math.Ldexp(lower, c.exponent), 0)
}

// slopes returns the slopes of an activation at the pre-activations c, whose Jacobian is given. If
// a unit's row of the Jacobian is 0, its slope matters only for the Jacobian's error; off is the
// error that this adds. ok is false if a sign is uncertain.
func (c centre) slopes(a network.Activation, jacobian approx) (slopes []float64, off float64, ok bool) {
	slopes = make([]float64, len(c.value))
	negative := negativeSlope(a)
	for j, z := range c.value {
		switch {
		case negative == 1 || z > c.err[j]:
			slopes[j] = 1
		case z < -c.err[j]:
			slopes[j] = negative
		case floats.Norm(jacobian.m.RawRowView(j), 1) == 0:
			slopes[j] = negative
			off = rounding.MulUp(rounding.AddUp(1, math.Abs(negative)), jacobian.err)
		default:
			return nil, 0, false
		}
	}
	return slopes, off, true
}

// spectralNormLower returns a number proved to be ≤ ‖a‖: uᵀ·a·v for an approximate first pair of
// singular vectors, divided by their lengths.
func spectralNormLower(a *mat.Dense) float64 {
	u, v := linalg.SingularPair(a)
	if u == nil {
		return 0
	}

	var av mat.VecDense
	av.MulVec(a, mat.NewVecDense(len(v), v))
	value := floats.Dot(u, av.RawVector().Data)

	lengths := rounding.MulUp(rounding.Norm2Up(u), rounding.Norm2Up(v))
	terms := len(u) + len(v) + 4
	relative := 2 * rounding.Gamma(terms)
	off := rounding.SumUp(relative*Two.ofMagnitudes(a)*lengths, terms)

	// uᵀav/(|u||v|) ≤ ‖a‖ for any u and v, so the proof does not need exact singular vectors.
	return math.Nextafter((value-off)/lengths, 0) * (1 - 4*rounding.Unit)
}
