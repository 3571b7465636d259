package tracker

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"liptrack/internal/mlp"
)

// A lower bound is proved by an evaluation, and evaluations round. The error of a sum of products
// is at most γ times the same sum of absolute values [Higham, Accuracy and Stability of
// Numerical Algorithms, 2002, section 3.1], so a network of absolute values bounds the error of a
// network; lower bounds are lowered by as much.

// errorNetwork is a network of non-negative weights and biases with values a(x) at |x| and Jacobian
// A such that, for every x, the computed values and Jacobian of net are off by at most γ·a(|x|)
// and γ·A, entry by entry, with γ of roundings(net).
func errorNetwork(net *mlp.Network) *mlp.Network {
	abs := &mlp.Network{}
	for _, l := range net.Layers {
		slope := l.Activation.Lipschitz()
		atZero := []float64{0}
		mlp.Apply(l.Activation, atZero, nil)
		var w mat.Dense
		w.Apply(func(_, _ int, v float64) float64 { return slope * math.Abs(v) }, l.Weight)
		bias := make([]float64, l.Out())
		for i := range bias {
			bias[i] = math.Abs(atZero[0])
			if l.Bias != nil {
				bias[i] += slope * math.Abs(l.Bias[i])
			}
		}
		abs.Layers = append(abs.Layers, mlp.Layer{Weight: &w, Bias: bias})
	}
	return abs
}

// unit is the roundoff unit of float64.
const unit = 0x1p-53

// perLayer allows for the roundings of a layer beyond those of its sums: bias, activation and
// derivative (a few units each), scaling by slopes, and the error network's own.
const perLayer = 32

// roundings is γ for the first k layers of a network.
func roundings(net *mlp.Network, k int) float64 {
	n := 0
	for _, l := range net.Layers[:k] {
		n += l.In() + l.Out() + perLayer
	}
	return float64(n) * unit / (1 - float64(n)*unit)
}

// jacobianError bounds the rounding error of the Jacobian of the first k layers at any point, in the
// Frobenius norm.
func jacobianError(net *mlp.Network, k int) float64 {
	pass := mlp.NewPass[float64](errorNetwork(net.UpTo(k)), 1)
	pass.Forward(make([]float64, net.In()), 1)
	return roundings(net, k) * floats.Norm(pass.Jacobian(k), 2)
}

// valueErrors bounds, for each of n points, the rounding error of the network's values in the
// 2-norm.
func valueErrors(net *mlp.Network, x []float64, n int) []float64 {
	abs := make([]float64, net.In())
	pass := mlp.NewPass[float64](errorNetwork(net), 1)
	bounds := make([]float64, n)
	for i := range bounds {
		for d, v := range x[i*len(abs) : (i+1)*len(abs)] {
			abs[d] = math.Abs(v)
		}
		bounds[i] = roundings(net, len(net.Layers)) * floats.Norm(pass.Forward(abs, 1), 2)
	}
	return bounds
}
