package bounds

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// exactTolerance is the relative amount by which a bound that is exact except for its margins may
// exceed the truth.
const exactTolerance = 1e-9

// between reports whether truth ≤ got ≤ truth·(1 + exactTolerance), where truth may be off by a few
// units in the last place.
func between(got, truth float64) bool {
	return got >= truth*(1-1e-15) && got <= truth*(1+exactTolerance)
}

// A network with diagonal weights acts on each neuron separately. Its constant is the largest
// product along a neuron, while the largest factors belong to different neurons.
func TestDiagonalWeights(t *testing.T) {
	diagonals := [][]float64{{8, 1, 0, -2}, {0.5, -6, 5, 2}, {0.25, 1, 7, -3}}
	const truth, product = 12, 8 * 6 * 7
	net := new(network.Network)

	for _, d := range diagonals {
		w := mat.DenseCopyOf(mat.NewDiagDense(len(d), d))
		net.Layers = append(net.Layers, network.Layer{Weight: w, Activation: network.LeakyReLU(0.1)})
	}

	b := mustBounds(t, net)
	for _, bound := range []struct {
		name  string
		got   float64
		truth float64
	}{
		{"product", b.Product(Two), product},
		{"product in the 1-norm", b.Product(One), product},
		{"balanced", b.Balanced(), truth},
		{"entrywise", b.Entrywise(Two), truth},
		{"entrywise in the 1-norm", b.Entrywise(One), truth},
		{"entrywise in the ∞-norm", b.Entrywise(Inf), truth},
		{"best", b.Best(Two), truth},
	} {
		if !between(bound.got, bound.truth) {
			t.Errorf("%s is %.15g, want %g", bound.name, bound.got, bound.truth)
		}
	}

	if got := b.LipSDP(); got < truth || got > truth*1.01 {
		t.Errorf("LipSDP is %g, want %d", got, truth)
	}
}

// With weights ≥ 0 and ReLU, no Jacobian exceeds the product of the weights, and large inputs
// attain it. LipSDP-Neuron is exact too, so its proof has only its own margin to absorb rounding
// errors.
func TestNonNegativeWeights(t *testing.T) {
	for _, widths := range [][]int{{3, 4, 2}, {40, 90, 10}, {5, 60, 70, 4}, {200, 3, 100}, {10, 1, 10}} {
		r := seeded(uint64(len(widths)))
		net := build(network.ReLU, widths, func(int) float64 { return r.Float64() })
		product, exponent := chained(net, make([][]float64, len(net.Layers)))
		truth := math.Ldexp(linalg.SpectralNorm(product), exponent) * (1 - normRounding)
		b := mustBounds(t, net)
		if got := b.Entrywise(Two); got < truth || got > truth*(1+exactTolerance) {
			t.Errorf("%v: entrywise is %.15g, want %.15g", widths, got, truth)
		}
		const descentTolerance = 1e-3
		if got := b.LipSDP(); got < truth || got > truth*(1+descentTolerance) {
			t.Errorf("%v: LipSDP is %.15g, want %.15g", widths, got, truth)
		}
	}
}

// A network of linear layers is one matrix.
func TestLinearNetwork(t *testing.T) {
	for seed := range uint64(50) {
		r := seeded(seed)
		widths := []int{1 + r.IntN(6)}
		for range 1 + r.IntN(5) {
			widths = append(widths, 1+r.IntN(6))
		}
		net := build(network.Identity, widths, func(int) float64 { return r.NormFloat64() })
		product, exponent := chained(net, make([][]float64, len(net.Layers)))
		b := mustBounds(t, net)

		for _, n := range []struct {
			norm  Norm
			truth float64
		}{{Two, linalg.SpectralNorm(product)}, {One, mat.Norm(product, 1)}, {Inf, mat.Norm(product, math.Inf(1))}} {
			want := math.Ldexp(n.truth, exponent) * (1 - normRounding)
			if got := b.Best(n.norm); got < want || got > want*(1+exactTolerance) {
				t.Errorf("seed %d %v: best in norm %d is %.15g, want %.15g", seed, widths, n.norm, got, want)
			}
		}
	}
}

// If every slope is known, a network is linear too.
func TestKnownSlopes(t *testing.T) {
	for seed := range uint64(200) {
		r := seeded(seed)
		net := randomNetwork(r)
		net.Layers[len(net.Layers)-1].Activation = network.Identity
		slopes := steepSlopes(r, net)
		ranges := make([][]Range, len(slopes))

		for i, layer := range slopes {
			for _, s := range layer {
				ranges[i] = append(ranges[i], Range{Low: s, High: s})
			}
		}

		b, err := Within(net, ranges)
		if err != nil {
			t.Fatal(err)
		}
		norm, exponent := attackOnce(net, slopes)
		truth, whole := math.Ldexp(norm, exponent), linearProduct(net)
		for _, bound := range []struct {
			name        string
			got, margin float64 // margin is relative to the product of the norms
		}{
			{"LipLT", b.LipLT(Two), 1e-12},
			{"fast", b.EclipseFast(), 1e-6}, // the square root of the rounding errors of Gram matrices
		} {
			if bound.got < truth*(1-normRounding) || bound.got > truth*(1+exactTolerance)+bound.margin*whole {
				t.Errorf("seed %d: %s is %g, want %g of %s", seed, bound.name, bound.got, truth, describe(net))
			}
		}
	}
}

// linearProduct returns the product of the norms of the weights.
func linearProduct(net *network.Network) float64 {
	linear := &network.Network{Layers: slices.Clone(net.Layers)}
	for i := range linear.Layers {
		linear.Layers[i].Activation = network.Identity
	}
	b, err := New(linear)
	if err != nil {
		panic(err)
	}
	return b.Product(Two)
}

func attackOnce(net *network.Network, slopes [][]float64) (float64, int) {
	product, exponent := chained(net, slopes)
	return linalg.SpectralNorm(product), exponent
}

// Narrower slope ranges do not loosen LipLT or the entrywise bound by more than their margins.
func TestNarrowerSlopes(t *testing.T) {
	for seed := range uint64(200) {
		r := seeded(seed)
		net := randomNetwork(r)
		ranges := globalRanges(net)

		for _, layer := range ranges {
			for j, s := range layer {
				if r.IntN(2) == 0 {
					layer[j].Low = s.Low + r.Float64()*(s.High-s.Low)
				}
			}
		}

		b, err := Within(net, ranges)
		if err != nil {
			t.Fatal(err)
		}
		if wide, narrow := mustBounds(t, net).Entrywise(Two), b.Entrywise(Two); narrow > wide*(1+orderTolerance) {
			t.Errorf("seed %d: entrywise %g > %g", seed, narrow, wide)
		}
		// Any choice of slopes within the ranges is an attack.
		slopes := make([][]float64, len(ranges))
		for i, layer := range ranges {
			for _, s := range layer {
				slopes[i] = append(slopes[i], []float64{s.Low, s.High, s.Low + (s.High-s.Low)*r.Float64()}[r.IntN(3)])
			}
		}

		norm, exponent := attackOnce(net, slopes)
		truth := math.Ldexp(norm, exponent) * (1 - normRounding)
		for _, bound := range all {
			if !bound.quick && seed%thorough != 0 {
				continue
			}
			if got := bound.of(b); got < truth {
				t.Errorf("seed %d: %s %g < %g of %s", seed, bound.name, got, truth, describe(net))
			}
		}
	}
}

// A factor on a layer multiplies every bound, exactly if it is a power of 2. An orthogonal change
// of the inputs does not change bounds in the 2-norm.
func TestInvariance(t *testing.T) {
	invariant := []func(*Bounds) float64{
		func(b *Bounds) float64 { return b.Product(Two) }, func(b *Bounds) float64 { return b.LipLT(Two) },
		(*Bounds).EclipseFast, (*Bounds).EclipseScaled, (*Bounds).EclipseDiagonal,
	}

	const searched = 3           // bounds from this index on depend on a search
	const searchTolerance = 2e-3 // how far apart searches end if rounding errors send them different ways
	for seed := range uint64(30) {
		r := seeded(seed)
		net := build(randomActivation(r), []int{4, 6, 5, 3}, func(int) float64 { return r.NormFloat64() })
		of := func(transform func(l []network.Layer)) []float64 {
			changed := &network.Network{Layers: slices.Clone(net.Layers)}
			for i := range changed.Layers {
				changed.Layers[i].Weight = mat.DenseCopyOf(changed.Layers[i].Weight)
			}
			transform(changed.Layers)
			b := mustBounds(t, changed)
			var v []float64
			for _, bound := range invariant {
				v = append(v, bound(b))
			}
			return v
		}

		want := of(func([]network.Layer) {})
		for name, test := range map[string]struct {
			factor, tolerance float64
			transform         func(l []network.Layer)
		}{
			"times 3":     {3, twinTolerance, func(l []network.Layer) { l[1].Weight.Scale(3, l[1].Weight) }},
			"times 2^-70": {0x1p-70, 0, func(l []network.Layer) { l[2].Weight.Scale(-0x1p-70, l[2].Weight) }},
			"cancelling": {1, 0, func(l []network.Layer) {
				l[0].Weight.Scale(0x1p600, l[0].Weight)
				l[1].Weight.Scale(0x1p-600, l[1].Weight)
			}},
		} {
			for i, got := range of(test.transform) {
				tolerance := test.tolerance
				if tolerance > 0 && i >= searched {
					tolerance = searchTolerance
				}
				if !agree(got, want[i]*test.factor, tolerance) {
					t.Errorf("seed %d, %s: bound %d is %.15g, want %.15g", seed, name, i, got, want[i]*test.factor)
				}
			}
		}

		q := orthogonal(r.NormFloat64, 4)
		turned := of(func(l []network.Layer) { l[0].Weight.Mul(l[0].Weight, q) })
		for i, got := range turned {
			tolerance := twinTolerance
			if i >= searched {
				tolerance = searchTolerance
			}
			if !agree(got, want[i], tolerance) {
				t.Errorf("seed %d, turned: bound %d is %.15g, want %.15g", seed, i, got, want[i])
			}
		}
	}
}

func orthogonal(normal func() float64, n int) *mat.Dense {
	a := mat.NewDense(n, n, nil)
	a.Apply(func(int, int, float64) float64 { return normal() }, a)
	var qr mat.QR
	qr.Factorize(a)
	var q mat.Dense
	qr.QTo(&q)
	return &q
}

// A layer of zeros makes the function constant, even if other layers overflow. A bound beyond the
// range of float64 is +Inf.
func TestTrivial(t *testing.T) {
	layer := func(v float64) network.Layer {
		return network.Layer{Weight: mat.NewDense(1, 1, []float64{v}), Activation: network.ReLU}
	}
	steep := network.Layer{Weight: mat.NewDense(1, 1, []float64{1}), Activation: network.LeakyReLU(1e200)}
	wide := network.Layer{Weight: mat.NewDense(1, 2, []float64{math.MaxFloat64, math.MaxFloat64})}
	tests := []struct {
		name   string
		layers []network.Layer
		want   float64 // bounds may exceed it by a factor of at most 1 + 1e-5
	}{
		{"zero", []network.Layer{layer(3), layer(0), layer(2)}, 0},
		{"overflow", []network.Layer{layer(1e200), layer(1e200)}, math.Inf(1)},
		{"norm overflows", []network.Layer{wide, layer(1)}, math.Inf(1)},
		{"norm overflows before zero", []network.Layer{wide, layer(0)}, 0},
		{"underflow", []network.Layer{layer(1e-200), layer(1e-200)}, math.SmallestNonzeroFloat64},
		{"cancels", []network.Layer{layer(0x1p600), layer(0x1p-600)}, 1},
		{"steep", []network.Layer{steep, steep, steep, steep}, math.Inf(1)},
		{"tiny times huge", []network.Layer{layer(0x1p-1000), layer(0x1p1023)}, 0x1p23},
	}

	for _, test := range tests {
		b := mustBounds(t, &network.Network{Layers: test.layers})
		for _, bound := range all {
			if got := bound.of(b); got < test.want || got > test.want*(1+1e-5) {
				t.Errorf("%s: %s is %g, want %g", test.name, bound.name, got, test.want)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	net := build(network.ReLU, []int{2, 3, 1}, func(int) float64 { return 1 })
	steep := build(network.LeakyReLU(math.Inf(1)), []int{2, 3, 1}, func(int) float64 { return 1 })
	unknown := build(network.LeakyReLU(math.NaN()), []int{2, 3, 1}, func(int) float64 { return 1 })
	three := make([]Range, 3)

	tests := []struct {
		name, want string
		err        error
	}{
		{"infinite slope", "layer 1, neuron 1, leaky_relu(+Inf): slopes from 1 to +Inf are not", second(New(steep))},
		{"NaN slope", "layer 1, neuron 1, leaky_relu(NaN): slopes from NaN to NaN are not", second(New(unknown))},
		{"layers", "slope ranges for 1 layers of a network with 2", second(Within(net, [][]Range{three}))},
		{"neurons", "layer 2 has 1 neurons but 3 slope ranges", second(Within(net, [][]Range{three, three}))},
		{"empty range", "layer 2, neuron 1, identity: slopes from 2 to 1 are not a finite range",
			second(Within(net, [][]Range{three, {{Low: 2, High: 1}}}))},
		{"no network", "network has no layers", second(New(new(network.Network)))},
	}

	for _, test := range tests {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("%s: got error %v, want %q", test.name, test.err, test.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// The slope ranges on which all bounds rest contain the derivatives.
func TestSlopeRanges(t *testing.T) {
	for _, name := range network.ActivationNames() {
		a, err := network.ParseActivation(name, 0.01)
		if err != nil {
			t.Fatal(err)
		}
		low, high := a.SlopeRange()
		const n = 200001
		z, slope := make([]float64, n), make([]float64, n)
		floats.Span(z, -20, 20)
		network.Apply(a, z, slope)
		if least, largest := floats.Min(slope), floats.Max(slope); least < low || largest > high {
			t.Errorf("%s: slopes from %g to %g, said to be within %g and %g", name, least, largest, low, high)
		}
	}
}
