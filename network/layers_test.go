package network_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
)

// unrolled returns the network with its maps written out as matrices.
func unrolled(net *network.Network) *network.Network {
	other := &network.Network{}
	for _, l := range net.Layers {
		if l.Map != nil {
			l.Weight, l.Map = network.Matrix(l.Map), nil
		}
		other.Layers = append(other.Layers, l)
	}
	return other
}

func points(r *rand.Rand, n, dim int) []float64 {
	x := make([]float64, n*dim)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// Maps and their matrices give the same values and Jacobians in both precisions and in passes that
// share a network. The Jacobians are derivatives.
func TestPassesThroughMaps(t *testing.T) {
	const n = 7
	r := rand.New(rand.NewPCG(1, 1))
	for name, net := range testnet.Layered(r) {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(9, 1)) // the same points in any order of the networks
			if err := net.Validate(); err != nil {
				t.Fatal(err)
			}
			x, depth := points(r, n, net.In()), len(net.Layers)
			pass, twin := network.NewPass[float64](net, n), network.NewPass[float64](unrolled(net), n)
			checkEqual(t, "values", pass.Forward(x, n), twin.Forward(x, n), 1e-12)
			j := append([]float64(nil), pass.Jacobian(depth)...)
			checkEqual(t, "Jacobians", j, twin.Jacobian(depth), 1e-12)
			checkEqual(t, "Jacobians in float32", network.JacobianFloat32(pass, depth), j, 1e-4)

			shared := pass.Share()
			checkEqual(t, "values of a shared pass", shared.Forward(x, n), pass.Outputs(), 0)
			checkEqual(t, "Jacobians of a shared pass", shared.Jacobian(depth), j, 0)

			const h = 1e-6
			d := points(r, n, net.In())
			above, below := append([]float64(nil), x...), append([]float64(nil), x...)
			floats.AddScaled(above, h, d)
			floats.AddScaled(below, -h, d)
			high := append([]float64(nil), shared.Forward(above, n)...)
			low := shared.Forward(below, n)
			for i := range n * net.Out() {
				row := j[i*net.In():][:net.In()]
				want := (high[i] - low[i]) / (2 * h)
				if got := floats.Dot(row, d[i/net.Out()*net.In():][:net.In()]); math.Abs(got-want) > 1e-6 {
					t.Fatalf("derivative of output %d is %v, want %v", i, got, want)
				}
			}

			identity := make([]float64, n*net.Out()*net.Out())
			for i := range n * net.Out() {
				identity[i*net.Out()+i%net.Out()] = 1
			}
			checkEqual(t, "gradients carried back", pass.Backward(identity, nil), j, 1e-12)
		})
	}
}

func checkEqual(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	for i, v := range want {
		if math.Abs(got[i]-v) > tolerance {
			t.Fatalf("%s: entry %d is %v, want %v", what, i, got[i], v)
		}
	}
}

// The product with the Hessian is the derivative of the gradient, also through pools and
// convolutions.
func TestHessianThroughMaps(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	net := testnet.Layered(r)["gelu"]
	x, u, v := points(r, 1, net.In()), points(r, 1, net.Out()), points(r, 1, net.In())
	pass := network.NewPass[float64](net, 1)

	gradient := func(shift float64) []float64 {
		at := append([]float64(nil), x...)
		floats.AddScaled(at, shift, v)
		pass.Forward(at, 1)
		return append([]float64(nil), pass.Backward(append([]float64(nil), u...), nil)...)
	}

	const h = 1e-5
	above, below := gradient(h), gradient(-h)
	pass.Forward(x, 1)
	got := pass.HessianProduct(u, v)

	for i := range got {
		if want := (above[i] - below[i]) / (2 * h); math.Abs(got[i]-want) > 1e-7 {
			t.Errorf("entry %d is %v, want %v", i, got[i], want)
		}
	}
}

// Parameters counts the numbers of kernels, not of matrices, and a residual block is x + body(x).
func TestLayersAreWhatTheySay(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	nets := testnet.Layered(r)
	if got, want := nets["signal"].Parameters(), 3*5+3+4*3*3+4+3*20+3; got != want {
		t.Errorf("%d parameters of convolutions, want %d", got, want)
	}
	if got, want := nets["residual"].Parameters(), 7*12+7+12*7+12+3*12+3; got != want {
		t.Errorf("%d parameters of a residual network, want %d", got, want)
	}

	body := []network.Layer{{
		Weight: mat.NewDense(2, 2, []float64{1, 2, 3, 4}), Bias: []float64{0, 100}, Activation: network.ReLU,
	}}
	block := &network.Network{Layers: network.NewResidual(body, network.Identity)}
	got := network.NewPass[float64](block, 1).Forward([]float64{-1, -10}, 1)
	if want := []float64{-1, 47}; got[0] != want[0] || got[1] != want[1] {
		t.Errorf("x + relu(Wx + b) is %v, want %v", got, want)
	}
}
