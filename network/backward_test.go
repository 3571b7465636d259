package network

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
)

// Given the rows of the identity, Backward returns the Jacobian at each point. The gradients it
// shows for layer k, times W_k and the Jacobian of the layers before, give the same Jacobian.
func TestBackwardOfTheIdentityIsTheJacobian(t *testing.T) {
	const points = 3
	eachRandomNetwork(40, func(r *rand.Rand, net *Network) {
		x := normals(r, points*net.In())
		p := NewPass[float64](net, points)
		p.Forward(x, points)
		outs := net.Out()
		shown := len(net.Layers)

		got := p.Backward(slices.Repeat(identityMatrix(outs), points), func(k int, delta []float64) {
			if k != shown || len(delta) != points*outs*net.Layers[k-1].Out() {
				t.Errorf("%s: shown %d numbers of layer %d, want layer %d", describe(net), len(delta), k, shown)
			}
			shown--
		})

		checkClose(t, describe(net), got, naiveJacobians(net, x, len(net.Layers)), tolerance64)
	})
}

// TestBackwardByFiniteDifferences takes the gradient of Σ over points of ⟨c, f(x)⟩ with respect to
// every parameter, δᵀa and δ, against central differences.
func TestBackwardByFiniteDifferences(t *testing.T) {
	const points = 4
	r := newRand(5)
	for _, a := range everyActivation {
		net := testNetwork(r, []int{3, 6, 5, 2}, true, func() Activation { return a })
		x, c := normals(r, points*3), normals(r, points*2)
		p := NewPass[float64](net, points)
		p.Forward(x, points)

		p.Backward(slices.Clone(c), func(k int, delta []float64) {
			l, before := net.Layers[k-1], p.Values(k-1)
			weights, bias := make([]float64, l.Out()*l.In()), make([]float64, l.Out())
			for n := range points {
				for i := range l.Out() {
					d := delta[n*l.Out()+i]
					floats.AddScaled(weights[i*l.In():][:l.In()], d, before[n*l.In():][:l.In()])
					bias[i] += d
				}
			}

			for what, pair := range map[string][2][]float64{"weights": {weights, l.Weight.RawMatrix().Data}, "biases": {bias, l.Bias}} {
				want := numericGradient(net, x, c, pair[1])
				checkClose(t, fmt.Sprintf("%v: %s of layer %d", a, what, k), pair[0], want, 1e-6)
			}
		})
	}
}

// numericGradient differentiates ⟨c, f(x)⟩ with respect to some parameters of the network.
func numericGradient(net *Network, x, c, parameters []float64) []float64 {
	at := slices.Clone(parameters)
	defer copy(parameters, at)
	n := len(x) / net.In()
	return fd.Gradient(nil, func(v []float64) float64 {
		copy(parameters, v)
		return floats.Dot(c, NewPass[float64](net, n).Forward(x, n))
	}, at, &fd.Settings{Formula: fd.Central, Step: 1e-6})
}
