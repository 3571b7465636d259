package tracker

import (
	"math"
	"math/big"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// A neuron whose argument is a small difference of large products has its slope taken at an inexact
// place. The truth is known from the argument in rational arithmetic and the derivative of tanh
// there.
func TestSlopesAtInexactArguments(t *testing.T) {
	tanh, err := network.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	r := generator(21)
	beyond := 0
	for trial := range 200 {
		w := []float64{0.1 + 0.01*r.Float64(), 0}
		w[1] = -w[0] + 1e-9*r.NormFloat64()
		x := []float64{1e9, 1e9}
		net := &network.Network{Layers: []network.Layer{{Weight: mat.NewDense(1, 2, w), Activation: tanh}}}
		pass := network.NewPass[float64](net, 1)
		pass.Forward(x, 1)
		got := pass.Jacobian(1)
		z := math.Tanh(argument(w, x))
		want := []float64{(1 - z*z) * w[0], (1 - z*z) * w[1]}
		off, bound := floats.Distance(got, want, 2), jacobianError(net, 1, x)
		if off > bound {
			t.Errorf("trial %d: the Jacobian is off by %g, more than %g", trial, off, bound)
		}
		if off > roundings(net, 1)*floats.Norm(w, 2) {
			beyond++
		}
	}
	if beyond < 20 {
		t.Errorf("only %d Jacobians are off by more than their products round", beyond)
	}
}

// argument returns w·x, exact except for the last rounding.
func argument(w, x []float64) float64 {
	sum := new(big.Rat)
	for i := range w {
		sum.Add(sum, new(big.Rat).Mul(new(big.Rat).SetFloat64(w[i]), new(big.Rat).SetFloat64(x[i])))
	}
	z, _ := sum.Float64()
	return z
}

// Piecewise linear networks are not affected.
func TestSlopesOfLinesAreExact(t *testing.T) {
	net := randomNetwork(generator(22), network.ReLU, network.LeakyReLU(0.1), true, 1, 5, 8, 3)
	if near, far := jacobianError(net, 2, make([]float64, 5)), jacobianError(net, 2, []float64{1e9, 1, 1, 1, 1}); near != far || near == 0 {
		t.Errorf("bounds %g and %g", near, far)
	}
}
