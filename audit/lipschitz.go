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

// scaled returns the network as a function of u, x′ = x + D·u, with slopes as they are and its
// first weight, W·D, rounded and times 2^exponent. The exponent is 0 unless W·D is so large or
// small that it would overflow or underflow. Before a first layer that is no matrix stands D as a
// layer of its own.
func (b ball) scaled(net *network.Network) (scaled *network.Network, exponent int) {
	if b.plain() {
		return net, 0
	}

	// A convolution times D is no convolution, so D stays apart.
	if net.Layers[0].Weight == nil {
		d := network.NewIdentity(net.In())
		d.Values = slices.Clone(b.unit)
		return &network.Network{Layers: append([]network.Layer{{Map: d}}, net.Layers...)}, 0
	}

	const ordinary = 300 // exponents up to which products stay in range
	weight := net.Layers[0].Weight

	// A power of two scales without rounding, so only the product's own rounding is to be accounted
	// for.
	_, ofWeight := math.Frexp(max(mat.Max(weight), -mat.Min(weight)))
	_, ofUnit := math.Frexp(floats.Max(b.unit))
	e := ofWeight + ofUnit
	if e < -ordinary || e > ordinary {
		exponent = -e
	}

	product := new(mat.Dense)
	// Mantissas and exponents apart, so that neither factor overflows before the other brings it
	// back.
	product.Apply(func(_, j int, w float64) float64 {
		f, ew := math.Frexp(w)
		g, eu := math.Frexp(b.unit[j])
		return math.Ldexp(f*g, ew+eu+exponent)
	}, weight)

	layers := append([]network.Layer{}, net.Layers...)
	layers[0].Weight = product
	return &network.Network{Layers: layers}, exponent
}

// plain says that D is the identity.
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

// lipschitz returns a number ≥ the Lipschitz constant of the network as a function of u, from the
// norm of the ball to the 2-norm, by bounds that each take no longer than limit, with LipSDP's
// optimum if that is unlimited.
func lipschitz(net *network.Network, b ball, limit time.Duration) (float64, error) {
	return lipschitzFrom(nil, net, b, limit)
}

// lipschitzFrom does the same given bounds of the network itself, or of one that differs in its
// last activation alone; nil if there are none.
func lipschitzFrom(norms *bounds.Whole, net *network.Network, b ball, limit time.Duration) (float64, error) {
	scaled, exponent := b.scaled(net)
	known, err := wholeOf(scaled, norms)
	if err != nil {
		return 0, err
	}

	best, _, _ := strongest(net, known, limit, limit == unlimited)
	return rounding.LdexpUp(b.constant(net, known, best), -exponent), nil
}

// wholeOf returns the bounds of scaled(net), given those of net, whose norms of layers it takes but
// for the first, or nil.
func wholeOf(scaled *network.Network, norms *bounds.Whole) (*bounds.Whole, error) {
	if norms == nil {
		return bounds.NewWhole(scaled)
	}
	return norms.Before(scaled, 1)
}

// normBounds are bounds of a network between the same norm on both sides.
type normBounds interface {
	Product(bounds.Norm) float64
	Best(bounds.Norm) float64
}

// constant turns bounds of scaled(net), of which best is one in the 2-norm, into one from the
// norm of the ball to the 2-norm. Out of a box with d features that change the 2-norm grows by at
// most √d; and the 2-norm of K outputs is at most √K times their ∞-norm.
//
// A weight of which every entry is off by a rounding or two is off by 3u·‖W‖_F ≤ 3u·√r‖W‖₂, of
// rank r, and in the ∞-norm by 3u‖W‖_∞; which the rest of the network enlarges by no more than the
// product of the norms.
func (b ball) constant(net *network.Network, known normBounds, best float64) float64 {
	// A constant network; its other bounds may be NaN of 0·∞.
	if best == 0 {
		return 0
	}

	// The bounds are of a weight whose entries were rounded: the true one adds at most this.
	rank := min(net.Layers[0].In(), net.Layers[0].Out())
	rounded := 4 * rounding.Unit * math.Sqrt(float64(rank))
	bound := rounding.SumUp(b.inTwo()*(best+rounded*known.Product(bounds.Two)), 4)
	if b.box {
		inf := known.Best(bounds.Inf) + rounded*known.Product(bounds.Inf)
		bound = min(bound, rounding.SumUp(math.Sqrt(float64(net.Out()))*inf, 4))
	}
	return bound
}
