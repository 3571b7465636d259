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
// lower bounds are lowered by as much. In a deep network, or one of saturated neurons, that may be
// far more than the errors really made: there [proof] follows them through the network at one
// point.
//
// The rule for every lower bound is: the reserve of the absolute weights is kept while it is at
// most [keptReserve] of the value; else the value is what can be proved at the point itself; and
// where nothing is proved there is no value, but a warning.

// errorNetwork returns a network of non-negative weights and biases with values a(x) at |x| and
// Jacobian A such that, for every x, the computed values and Jacobian of net are off by at most
// γ·a(|x|) and γ·A, entry by entry, with γ of roundings(net).
func errorNetwork(net *network.Network) *network.Network {
	abs := &network.Network{}
	for _, l := range net.Layers {
		of := errorLayer(l)
		// As a plain matrix, for the error network of a dense one is dense too.
		if net.IsDense() {
			of.Weight, of.Map = of.Map.(network.Dense).M, nil
		}

		abs.Layers = append(abs.Layers, of)
	}

	return abs
}

// errorLayer returns the error network's layer, with a map, for one that need not be dense. A pool
// passes on one of the inputs of a window, which is at most their sum.
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

	// Slopes are replaced by their largest magnitude and weights by theirs. φ(0) joins the bias, as
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
// norm, at every point whose features are at most those of x in magnitude. It is NaN or +Inf beyond
// float64.
func jacobianError(net *network.Network, k int, x []float64) float64 {
	abs := errorNetwork(net.UpTo(k))
	pass := network.NewPass[float64](abs, 1)
	pass.Forward(magnitudes(x), 1)

	// The error network is linear, so its Jacobian is the product of its weights at every point.
	ofProducts := roundings(net, k) * floats.Norm(pass.Jacobian(k), 2)
	return ofProducts + slopeError(net, abs, pass) + underflowError(abs)
}

// underflowError bounds what underflow takes from the Jacobian that abs is the error network of:
// less than the least number in every entry of a product, which the layers before or after it
// multiply.
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
// values: a slope is off by at most its activation's curvature times the error of its argument.
// With W the error network's weights, A and E its Jacobian and that one's error up to a layer, both
// entry by entry, the next layer's are W·A and W·E + D·W·(A + E), D being the errors of the slopes
// over the largest slope, [slopeDoubt] times the values.
func slopeError(net, abs *network.Network, pass *network.Pass[float64]) float64 {
	if !curved(net.UpTo(len(abs.Layers))) {
		return 0
	}

	size := slopeErrorByNorms
	if net.IsDense() {
		size = slopeErrorByEntries
	}

	const ownRounding = 1 + 1e-6 // far more than that of these sums of positive numbers
	e := ownRounding * size(net, abs, pass)
	if math.IsNaN(e) { // of infinities
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
// the error of its argument. The error network's weights hold λ as a factor, so its value is at
// least λ times the magnitudes that its argument is a sum of, and the argument is off by at most
// γ·value/λ. The weights in slopeError hold the slope λ too: relative to it the error is
// c·γ·value/λ².
func slopeDoubt(net *network.Network, i int) float64 {
	a := net.Layers[i].Activation
	return a.Curvature() / (a.Lipschitz() * a.Lipschitz()) * roundings(net, i+1)
}

// slopeErrorByNorms bounds the same by norms in place of entries, for networks whose matrices
// may be too large to write out: ‖A‖_F ≤ √D·Π‖W‖ to begin with, and ‖W‖₂ ≤ √(‖W‖₁‖W‖∞).
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
// be reached there. Where the bound for all points would take more than a small part of it, the
// errors are bounded anew as they arise at x. Without a proof it returns NaN and the reason.
func surelyReached(net *network.Network, norm float64, x []float64) (lower float64, warning string) {
	k := len(net.Layers)
	lower = norm - jacobianError(net, k, x)
	if norm == 0 || lower >= norm*(1-keptReserve) && !math.IsInf(norm, 1) {
		return max(lower, 0), ""
	}

	// The reserve for all points is too coarse here: bound the errors really made at x.
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
