package tracker

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// A lower bound is proved by an evaluation, and evaluations round. The error of a sum of products
// is at most γ times the same sum of absolute values [Higham, Accuracy and Stability of Numerical
// Algorithms, 2002, section 3.1], so a network of absolute values bounds the error of a network;
// lower bounds are lowered by that amount. In a deep network, or one with saturated neurons, that
// may be far more than the actual errors. There [proof] follows the errors through the network at
// one point.
//
// The rule for every lower bound is: if the reserve from the absolute weights is at most
// [keptReserve] of the value, it is subtracted. Otherwise the value is what can be proved at the
// point itself. If nothing can be proved, there is a warning in place of a value.

// errorNetwork returns a network of non-negative weights and biases with values a(x) at |x| and
// Jacobian A such that, for every x, the computed values and Jacobian of net are off by at most
// γ·a(|x|) and γ·A, entry by entry, with γ of roundings(net).
func errorNetwork(net *network.Network) *network.Network {
	abs := &network.Network{}
	for _, l := range net.Layers {
		of := errorLayer(l)
		// The error network of a dense network is dense too, so its map becomes a matrix.
		if net.IsDense() {
			of.Weight, of.Map = of.Map.(network.Dense).M, nil
		}

		abs.Layers = append(abs.Layers, of)
	}

	return abs
}

// errorLayer returns the error network's layer, with a map, for a layer that need not be dense. A
// pool passes on one input of each window, which is at most the sum of the window's inputs.
func errorLayer(l network.Layer) network.Layer {
	slope := l.Lipschitz()
	if l.Pool != nil {
		windows := network.Sparse{
			In:     l.In(),
			Inputs: l.Pool.Windows,
			Values: slices.Repeat([]float64{slope}, l.Out()),
		}
		return network.Layer{Map: windows}
	}

	// Slopes are replaced by their largest magnitude and weights by their magnitudes. φ(0) joins
	// the bias, as
	// |φ(z)| ≤ |φ(0)| + slope·|z|.
	atZero := []float64{0}
	network.Apply(l.Activation, atZero, nil)
	bias := make([]float64, l.Out())
	for i := range bias {
		bias[i] = math.Abs(atZero[0])
		if l.Bias != nil {
			bias[i] += slope * math.Abs(l.Bias[i])
		}
	}

	steepened := func(v float64) float64 { return slope * math.Abs(v) }
	return network.Layer{Map: l.Linear().Mapped(steepened), Bias: bias}
}

// perLayer allows for the roundings of a layer other than its sums: bias, activation and derivative
// (a few units each), scaling by slopes, and the error network's own.
const perLayer = 32

// roundings returns γ for the first k layers of a network.
func roundings(net *network.Network, k int) float64 {
	n := 0
	for _, l := range net.Layers[:k] {
		n += l.In() + l.Out() + perLayer
	}
	return rounding.Gamma(n)
}

// jacobianError bounds the rounding error of the Jacobian of the first k layers, in the Frobenius
// norm, at every point whose features are at most the features of x in magnitude. It is NaN or +Inf
// beyond float64.
func jacobianError(net *network.Network, k int, x []float64) float64 {
	abs := errorNetwork(net.UpTo(k))
	pass := network.NewPass[float64](abs, 1)
	pass.Forward(magnitudes(x), 1)

	// The error network is linear, so its Jacobian is the product of its weights at every point.
	ofProducts := roundings(net, k) * floats.Norm(pass.Jacobian(k), 2)
	return ofProducts + slopeError(net, abs, pass) + underflowError(abs)
}

// underflowError bounds the loss by underflow in the Jacobian of the network whose error network is
// abs. Every entry of a product loses less than the least positive number, which the layers before
// or after it multiply.
func underflowError(abs *network.Network) float64 {
	all, widest := 1.0, abs.In()
	for _, l := range abs.Layers {
		all *= max(l.FrobeniusNorm(), 1)
		widest = max(widest, l.Out())
	}

	entries := float64(len(abs.Layers) * widest * widest)
	return entries * rounding.Subnormal * all
}

// slopeError bounds the part of the error of a Jacobian that comes from slopes taken at inexact
// values. A slope is off by at most its activation's curvature times the error of its argument. Let
// W be the error network's weights, A its Jacobian up to a layer, and E the error of that Jacobian,
// both entry by entry. Then the next layer has W·A and W·E + D·W·(A + E), where D holds the errors
// of the slopes over the largest slope, [slopeDoubt] times the values.
func slopeError(net, abs *network.Network, pass *network.Pass[float64]) float64 {
	if !curved(net.UpTo(len(abs.Layers))) {
		return 0
	}

	size := slopeErrorByNorms
	if net.IsDense() {
		size = slopeErrorByEntries
	}

	const ownRounding = 1 + 1e-6 // far more than the rounding of these sums of positive numbers
	e := ownRounding * size(net, abs, pass)
	if math.IsNaN(e) { // from infinities
		return math.Inf(1)
	}

	return e
}

// slopeErrorByEntries returns the Frobenius norm of slopeError's E, computed entry by entry.
func slopeErrorByEntries(net, abs *network.Network, pass *network.Pass[float64]) float64 {
	// A begins as the identity, E as 0.
	a := identityMatrix(net.In())
	e := mat.NewDense(net.In(), net.In(), nil)
	for i, l := range abs.Layers {
		doubt := slopeDoubt(net, i)
		var wa, we mat.Dense
		wa.Mul(l.Weight, a)
		we.Mul(l.Weight, e)
		for unit, value := range pass.Values(i + 1) {
			d := doubt * value
			floats.AddScaled(we.RawRowView(unit), d, we.RawRowView(unit))
			floats.AddScaled(we.RawRowView(unit), d, wa.RawRowView(unit))
		}

		a, e = &wa, &we
	}

	return mat.Norm(e, 2)
}

// slopeDoubt returns the error of the slopes of layer i (from 0) over λ, the largest slope, for
// each unit of the error network's value. With the curvature c, a slope is off by at most c times
// the error of its argument. The error network's weights contain the factor λ, so its value is at
// least λ times the sum of the magnitudes in its argument, and the argument is off by at most
// γ·value/λ. The weights in slopeError also contain λ, so relative to λ the error is c·γ·value/λ².
func slopeDoubt(net *network.Network, i int) float64 {
	a := net.Layers[i].Activation
	return a.Curvature() / (a.Lipschitz() * a.Lipschitz()) * roundings(net, i+1)
}

// slopeErrorByNorms bounds the same norm by norms of matrices in place of entries, for networks
// whose matrices may be too large to write out: ‖A‖_F ≤ √D·Π‖W‖ for the Jacobian, and ‖W‖₂ ≤
// √(‖W‖₁‖W‖∞).
func slopeErrorByNorms(net, abs *network.Network, pass *network.Pass[float64]) float64 {
	a, e := math.Sqrt(float64(net.In())), 0.0
	ones := func(n int) []float64 {
		return slices.Repeat([]float64{1}, n)
	}
	for i, l := range abs.Layers {
		rows, columns := make([]float64, l.Out()), make([]float64, l.In())
		l.Linear().Apply(ones(l.In()), rows, 1)
		l.Linear().Adjoint(ones(l.Out()), columns, 1)
		norm := math.Sqrt(floats.Max(rows) * floats.Max(columns))

		d := slopeDoubt(net, i) * floats.Max(pass.Values(i+1))
		a, e = norm*a, norm*(e+d*(a+e))
	}

	return e
}

// curved reports whether the slopes of a network depend on more than the signs of the
// pre-activations. If not, the error of its Jacobian is the same at every point.
func curved(net *network.Network) bool {
	bends := func(l network.Layer) bool {
		return l.Activation.Curvature() > 0
	}
	return slices.ContainsFunc(net.Layers, bends)
}

// magnitudes returns the absolute values of x.
func magnitudes(x []float64) []float64 {
	abs := make([]float64, len(x))
	for d, v := range x {
		abs[d] = math.Abs(v)
	}
	return abs
}

// valueErrors bounds, for each of n points, the rounding error of the network's values in the
// 2-norm, from a network of absolute weights.
func valueErrors(net *network.Network, x []float64, n int) []float64 {
	dim := net.In()
	pass := network.NewPass[float64](errorNetwork(net), 1)
	bounds := make([]float64, n)
	for i := range bounds {
		abs := magnitudes(x[i*dim : (i+1)*dim])
		values := floats.Norm(pass.Forward(abs, 1), 2)
		bounds[i] = roundings(net, len(net.Layers))*values + rounding.Tiny
	}
	return bounds
}

// keptReserve is the largest fraction of a lower bound that the rounding bounds for all points may
// take. Beyond it the errors are bounded at the point itself.
const keptReserve = 0x1p-20

// swallowed is the warning on a lower bound that cannot be given.
const swallowed = "no lower bound is proved: the rounding errors may be as large as the value"

// surelyReached lowers a norm of the network's Jacobian, computed at x, to a norm that is proved to
// be reached there. If the bound for all points would take more than a small part of it, the actual
// errors at x are bounded. Without a proof it returns NaN and the reason.
func surelyReached(net *network.Network, norm float64, x []float64) (lower float64, warning string) {
	k := len(net.Layers)
	lower = norm - jacobianError(net, k, x)
	if norm == 0 || lower >= norm*(1-keptReserve) && !math.IsInf(norm, 1) {
		return max(lower, 0), ""
	}

	// The reserve for all points is too coarse here, so bound the actual errors at x.
	lower = max(lowerOrZero(lower), provedNorm(net, k, Norm2, x))
	if lower == 0 {
		return math.NaN(), swallowed
	}
	return lower, ""
}

// lowerOrZero returns a lower bound on a norm, 0 if there is none.
func lowerOrZero(lower float64) float64 {
	if !(lower > 0) {
		return 0
	}
	return lower
}
