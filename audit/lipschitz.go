package audit

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// scaleNetwork returns the network as a function of u, where x′ = x + D·u. Slopes do not change,
// and the first weight becomes W·D, rounded and multiplied by 2^exponent. The exponent is 0 unless
// W·D would overflow or underflow. If the first layer is not a matrix, D is put before it as a
// separate layer.
func (b ball) scaleNetwork(net *network.Network) (scaled *network.Network, exponent int) {
	if b.plain() {
		return net, 0
	}

	// A convolution times D is no convolution, so D stays a separate layer.
	if net.Layers[0].Weight == nil {
		d := network.NewIdentity(net.In())
		d.Values = slices.Clone(b.unit)
		return &network.Network{Layers: append([]network.Layer{{Map: d}}, net.Layers...)}, 0
	}

	const ordinary = 300 // exponents up to which products stay in range
	weight := net.Layers[0].Weight

	// Scaling by a power of two is exact, so only the rounding of the product must be accounted
	// for.
	_, ofWeight := math.Frexp(max(mat.Max(weight), -mat.Min(weight)))
	_, ofUnit := math.Frexp(floats.Max(b.unit))
	e := ofWeight + ofUnit
	if e < -ordinary || e > ordinary {
		exponent = -e
	}

	product := new(mat.Dense)
	// Multiply mantissas and add exponents, so that no intermediate result overflows.
	product.Apply(func(_, j int, w float64) float64 {
		f, ew := math.Frexp(w)
		g, eu := math.Frexp(b.unit[j])
		return math.Ldexp(f*g, ew+eu+exponent)
	}, weight)

	layers := append([]network.Layer{}, net.Layers...)
	layers[0].Weight = product
	return &network.Network{Layers: layers}, exponent
}

// plain reports whether D is the identity.
func (b ball) plain() bool {
	for _, v := range b.unit {
		if v != 1 {
			return false
		}
	}
	return true
}

// scaledColumns returns a·D for the diagonal matrix D of v.
func scaledColumns(a *mat.Dense, v []float64) *mat.Dense {
	s := new(mat.Dense)
	s.Apply(func(_, j int, x float64) float64 { return x * v[j] }, a)
	return s
}

// lipschitz returns an upper bound of the Lipschitz constant of the network as a function of u,
// from the norm of the ball to the 2-norm. It uses the bounds that each take no longer than limit,
// and LipSDP's optimum only if limit is unlimited.
func lipschitz(net *network.Network, b ball, limit time.Duration) (float64, error) {
	return lipschitzFrom(nil, net, b, limit)
}

// lipschitzFrom is like lipschitz, but re-uses norms: bounds of net, or of a network that differs
// only in its last activation. They may be nil.
func lipschitzFrom(norms *bounds.Whole, net *network.Network, b ball, limit time.Duration) (float64, error) {
	scaled, exponent := b.scaleNetwork(net)
	known, err := wholeOf(scaled, norms)
	if err != nil {
		return 0, err
	}

	best, _, _ := strongest(net, known, limit, limit == unlimited)
	return rounding.LdexpUp(b.constant(net, known, best), -exponent), nil
}

// wholeOf returns the bounds of scaled(net). norms are the bounds of net, or nil; the norms of all
// layers except the first are taken from them.
func wholeOf(scaled *network.Network, norms *bounds.Whole) (*bounds.Whole, error) {
	if norms == nil {
		return bounds.NewWhole(scaled)
	}
	return norms.Before(scaled, 1)
}

// normBounds are bounds of a network with the same norm on inputs and outputs.
type normBounds interface {
	Product(bounds.Norm) float64
	Best(bounds.Norm) float64
}

// constant turns bounds of scaled(net) into a bound from the norm of the ball to the 2-norm; best
// is a bound in the 2-norm. In a box with d features that change, the 2-norm is at most √d times
// the ∞-norm, and the 2-norm of K outputs is at most √K times their ∞-norm.
//
// If every entry of a weight of rank r has one or two rounding errors, the error of the weight is
// at most 3u·‖W‖_F ≤ 3u·√r‖W‖₂ in the 2-norm and 3u‖W‖_∞ in the ∞-norm. The rest of the network
// amplifies it by at most the product of its norms.
func (b ball) constant(net *network.Network, known normBounds, best float64) float64 {
	// The network is constant; its other bounds may be NaN from 0·∞.
	if best == 0 {
		return 0
	}

	// The bounds hold for the rounded weight. The true weight adds at most rounded times the
	// product of the norms.
	rank := min(net.Layers[0].In(), net.Layers[0].Out())
	rounded := 4 * rounding.Unit * math.Sqrt(float64(rank))
	bound := rounding.SumUp(b.inTwo()*(best+rounded*known.Product(bounds.Two)), 4)
	if b.box {
		inf := known.Best(bounds.Inf) + rounded*known.Product(bounds.Inf)
		bound = min(bound, rounding.SumUp(math.Sqrt(float64(net.Out()))*inf, 4))
	}
	return bound
}
