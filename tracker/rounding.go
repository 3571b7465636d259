package tracker

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// A lower bound is proved by an evaluation, and evaluations round. The error of a sum of products
// is at most γ times the same sum of absolute values [Higham, Accuracy and Stability of
// Numerical Algorithms, 2002, section 3.1], so a network of absolute values bounds the error of a
// network; lower bounds are lowered by as much.

// errorNetwork is a network of non-negative weights and biases with values a(x) at |x| and Jacobian
// A such that, for every x, the computed values and Jacobian of net are off by at most γ·a(|x|)
// and γ·A, entry by entry, with γ of roundings(net).
func errorNetwork(net *network.Network) *network.Network {
	abs := &network.Network{}
	for _, l := range net.Layers {
		slope := l.Activation.Lipschitz()
		atZero := []float64{0}
		network.Apply(l.Activation, atZero, nil)
		w := mat.DenseCopyOf(l.Weight)
		for row := range l.Out() {
			for i, v := range w.RawRowView(row) {
				w.RawRowView(row)[i] = slope * math.Abs(v)
			}
		}
		bias := make([]float64, l.Out())
		for i := range bias {
			bias[i] = math.Abs(atZero[0])
			if l.Bias != nil {
				bias[i] += slope * math.Abs(l.Bias[i])
			}
		}
		abs.Layers = append(abs.Layers, network.Layer{Weight: w, Bias: bias})
	}
	return abs
}

// unit is the roundoff unit of float64.
const unit = 0x1p-53

// perLayer allows for the roundings of a layer beyond those of its sums: bias, activation and
// derivative (a few units each), scaling by slopes, and the error network's own.
const perLayer = 32

// roundings is γ for the first k layers of a network.
func roundings(net *network.Network, k int) float64 {
	n := 0
	for _, l := range net.Layers[:k] {
		n += l.In() + l.Out() + perLayer
	}
	return float64(n) * unit / (1 - float64(n)*unit)
}

// jacobianError bounds the rounding error of the Jacobian of the first k layers, in the Frobenius norm, at
// every point whose features are at most those of x in magnitude.
func jacobianError(net *network.Network, k int, x []float64) float64 {
	abs := errorNetwork(net.UpTo(k))
	pass := network.NewPass[float64](abs, 1)
	pass.Forward(magnitudes(x), 1)
	return roundings(net, k)*floats.Norm(pass.Jacobian(k), 2) + slopeError(net, abs, pass)
}

// slopeError bounds the part of the error of a Jacobian that comes from slopes taken at inexact values:
// a slope is off by at most its activation's curvature times the error of its argument. With
// A and E the Jacobian of the error network and its error up to a layer, both entry by entry,
// the next layer's are W·A and W·E + D·W·(A + E), D being the relative errors of its slopes.
func slopeError(net, abs *network.Network, pass *network.Pass[float64]) float64 {
	if !curved(net.UpTo(len(abs.Layers))) {
		return 0
	}
	a := mat.NewDense(net.In(), net.In(), nil)
	for i := range net.In() {
		a.Set(i, i, 1)
	}
	e := mat.NewDense(net.In(), net.In(), nil)
	for i, l := range abs.Layers {
		activation := net.Layers[i].Activation
		relative := activation.Curvature() / (activation.Lipschitz() * activation.Lipschitz()) * roundings(net, i+1)
		var wa, we mat.Dense
		wa.Mul(l.Weight, a)
		we.Mul(l.Weight, e)
		for unit, value := range pass.Values(i + 1) {
			d := relative * value // the values of the error network are over those of its arguments times the slope
			floats.AddScaled(we.RawRowView(unit), d, we.RawRowView(unit))
			floats.AddScaled(we.RawRowView(unit), d, wa.RawRowView(unit))
		}
		a, e = &wa, &we
	}
	const ownRounding = 1 + 1e-6 // far more than that of these sums of positive numbers
	size := ownRounding * mat.Norm(e, 2)
	if math.IsNaN(size) { // of infinities
		return math.Inf(1)
	}
	return size
}

// curved says whether the slopes of a network depend on more than the signs of its arguments: if not, the error of
// its Jacobian is the same at every point.
func curved(net *network.Network) bool {
	return slices.ContainsFunc(net.Layers, func(l network.Layer) bool { return l.Activation.Curvature() > 0 })
}

// magnitudes are the absolute values of x.
func magnitudes(x []float64) []float64 {
	abs := make([]float64, len(x))
	for d, v := range x {
		abs[d] = math.Abs(v)
	}
	return abs
}

// valueErrors bounds, for each of n points, the rounding error of the network's values in the
// 2-norm.
func valueErrors(net *network.Network, x []float64, n int) []float64 {
	dim := net.In()
	pass := network.NewPass[float64](errorNetwork(net), 1)
	bounds := make([]float64, n)
	for i := range bounds {
		abs := magnitudes(x[i*dim : (i+1)*dim])
		bounds[i] = roundings(net, len(net.Layers)) * floats.Norm(pass.Forward(abs, 1), 2)
	}
	return bounds
}
