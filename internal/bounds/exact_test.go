package bounds

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// piecewise lists the activations that Exact accepts.
var piecewise = []network.Activation{
	network.ReLU, network.LeakyReLU(0.01), network.LeakyReLU(-0.5), network.LeakyReLU(-1), network.LeakyReLU(2), network.Identity,
}

// Functions of one and two inputs whose steepest slope is known.
func TestExactKnown(t *testing.T) {
	net := func(output network.Activation, w1, b1, w2, b2 []float64) *network.Network {
		in := len(w1) / len(b1)
		return &network.Network{Layers: []network.Layer{
			{Weight: mat.NewDense(len(b1), in, w1), Bias: b1, Activation: network.ReLU},
			{Weight: mat.NewDense(len(b2), len(b1), w2), Bias: b2, Activation: output},
		}}
	}

	none := network.Identity
	tests := []struct {
		name string
		net  *network.Network
		want float64
	}{
		// max(x, 0) + max(−x, 0) = |x|: the units are never active together.
		{"absolute value", net(none, []float64{1, -1}, []float64{0, 0}, []float64{1, 1}, []float64{0}), 1},
		// Ramps up from 0 to 1 and down from 2 to 3, at slopes 1 and −2.
		{"hat", net(none, []float64{1, 1, 1}, []float64{0, -1, -2}, []float64{1, -1, -2}, []float64{0}), 2},
		// Both are active only if x > 1, where the slopes add up to 5; without biases they never
		// would be.
		{"bias opens a region", net(none, []float64{3, -2, 4}, []float64{0, 3, -4}, []float64{1, 1, 1}, []float64{0}), 7},
		{"bias closes a region", net(none, []float64{3, -2}, []float64{-6, -3}, []float64{1, -1}, []float64{0}), 3},
		// |x| + |y|: each quadrant has a gradient (±1, ±1).
		{"1-norm", net(none, []float64{1, 0, -1, 0, 0, 1, 0, -1}, make([]float64, 4),
			[]float64{1, 1, 1, 1}, []float64{0}), math.Sqrt2},
		// The unit is constant: its weight is zero, so its bias does not matter.
		{"constant unit", net(none, []float64{0, 1}, []float64{5, 0}, []float64{100, 3}, []float64{0}), 3},
		// The output is never positive.
		{"dead output", net(network.ReLU, []float64{1, -1}, []float64{0, 0}, []float64{-1, -2}, []float64{-1}), 0},
		// Both outputs rise, but never in the same place.
		{"exclusive outputs", net(network.ReLU, []float64{1, -1}, []float64{0, 0}, []float64{3, 0, 0, 4}, []float64{-1, -1}), 4},
		{"zero layer", net(none, []float64{1, 2}, []float64{1, 1}, []float64{0, 0}, []float64{0}), 0},
		{"far away", net(none, []float64{1, -1}, []float64{1e200, -2e200}, []float64{1, -3}, []float64{0}), 3},
		{"huge and tiny", net(none, []float64{1e200, -1e200}, []float64{0, 1e-100},
			[]float64{1e-180, 1e-180}, []float64{0}), 1e20},
	}

	for _, test := range tests {
		got, err := Exact(test.net)
		if err != nil || !agree(got, test.want, exactRounding) {
			t.Errorf("%s: got %.15g (%v), want %g", test.name, got, err, test.want)
		}
	}
}

// exactRounding is the relative error stated by Exact.
const exactRounding = 1e-12

// n hyperplanes in general position cut D dimensions into Σ_{k≤D} C(n, k) regions (L. Schläfli), or
// into 2Σ_{k<D} C(n−1, k) if all pass through the origin.
func TestRegions(t *testing.T) {
	choose := func(n, k int) int {
		c := 1
		for i := range k {
			c = c * (n - i) / (i + 1)
		}
		return c
	}

	for _, test := range []struct{ inputs, units int }{{1, 1}, {1, 16}, {2, 5}, {2, 16}, {3, 12}, {4, 9}, {6, 8}, {12, 10}} {
		for _, bias := range []bool{false, true} {
			r := seeded(uint64(100*test.inputs + test.units))
			net := build(network.ReLU, []int{test.inputs, test.units, 2}, func(int) float64 { return r.NormFloat64() })
			want := 0

			if bias {
				setBias(r, net)
				for k := range min(test.inputs, test.units) + 1 {
					want += choose(test.units, k)
				}
			} else {
				for k := range min(test.inputs, test.units) {
					want += 2 * choose(test.units-1, k)
				}
			}

			e, _, err := enumerate(net)
			if err != nil || e.regions != want {
				t.Errorf("%+v, bias %v: %d regions (%v), want %d", test, bias, e.regions, err, want)
			}
		}
	}
}

// With one input, a fine grid of directions (x, 1) meets all intervals that are not tiny.
func TestExactOnLine(t *testing.T) {
	const networks, points, allowedMisses = 60, 20000, 3
	misses := 0
	for seed := range uint64(networks) {
		r := seeded(seed)
		net := build(piecewise[seed%4], []int{1, 4, 4, 3, 2}, func(int) float64 { return r.NormFloat64() })
		setBias(r, net)
		exact, err := Exact(net)
		if err != nil {
			t.Fatal(err)
		}
		pass := network.NewPass[float64](net, points)
		x := make([]float64, points)
		for i := range x {
			x[i] = math.Tan(math.Pi * ((float64(i)+0.5)/points - 0.5))
		}
		pass.Forward(x, points)
		j := pass.Jacobian(len(net.Layers))
		var met float64

		for i := range points {
			met = max(met, math.Hypot(j[2*i], j[2*i+1]))
		}
		if met > exact*(1+exactRounding) {
			t.Errorf("seed %d: met %g, above the exact %g", seed, met, exact)
		}
		if met < exact*(1-exactRounding) {
			misses++
		}
	}
	if misses > allowedMisses {
		t.Errorf("the grid missed the exact constant of %d networks of %d", misses, networks)
	}
}

// Exact lies between the Jacobian norms of sampled points and the proved bounds, for any depth,
// activations and number of inputs.
func TestExactBetween(t *testing.T) {
	const networks = 150
	for seed := range uint64(networks) {
		r := seeded(seed)
		widths := [][]int{{2, 5, 3}, {1, 4, 3, 2}, {3, 4, 1}, {2, 3, 3, 3, 2}, {6, 3, 5}, {2, 2}, {5, 5, 5, 4}}[r.IntN(7)]
		net := build(piecewise[r.IntN(len(piecewise))], widths, func(int) float64 { return r.NormFloat64() })
		net.Layers[len(net.Layers)-1].Activation = piecewise[r.IntN(len(piecewise))]
		setBias(r, net)
		if r.IntN(5) == 0 {
			degenerate(r, net.Layers[r.IntN(len(net.Layers))].Weight)
		}
		exact, err := Exact(net)
		if err != nil {
			t.Fatal(err)
		}
		sampled := sampledNorm(r, net)
		if sampled > exact*(1+exactRounding) {
			t.Errorf("seed %d: met %.15g, above the exact %.15g of %s", seed, sampled, exact, describe(net))
		}
		b := mustBounds(t, net)
		for _, bound := range all {
			if got := bound.of(b); got < exact*(1-exactRounding) {
				t.Errorf("seed %d: %s %.15g, below the exact %.15g of %s", seed, bound.name, got, exact, describe(net))
			}
		}
	}
}

// A factor on a layer and its bias multiplies the constant; the scale of all biases does not
// matter.
func TestExactInvariance(t *testing.T) {
	for seed := range uint64(20) {
		r := seeded(seed)
		net := build(network.ReLU, []int{3, 5, 4, 2}, func(int) float64 { return r.NormFloat64() })
		setBias(r, net)
		want, err := Exact(net)
		if err != nil {
			t.Fatal(err)
		}
		for i := range net.Layers {
			for j := range net.Layers[i].Bias {
				net.Layers[i].Bias[j] *= 1e-80
			}
		}

		rescale(&net.Layers[2], 3e100)
		if got, err := Exact(net); err != nil || !agree(got, 3e100*want, exactRounding) {
			t.Errorf("seed %d: got %g (%v), want %g", seed, got, err, 3e100*want)
		}
	}
}

func TestExactRefusals(t *testing.T) {
	one := func(int) float64 { return 1 }
	tanh, err := network.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	overflowing := build(network.ReLU, []int{2, 2, 1}, func(int) float64 { return math.MaxFloat64 })
	for want, net := range map[string]*network.Network{
		"layer 1: tanh is not piecewise linear":                  build(tanh, []int{2, 3, 1}, one),
		"17 hidden units have a kink, at most 16 are enumerated": build(network.ReLU, []int{2, 9, 8, 1}, one),
		"layer 1: leaky_relu(+Inf) has no finite slopes":         build(network.LeakyReLU(math.Inf(1)), []int{2, 3, 1}, one),
		"the spectral norm of layer 1 overflows":                 overflowing,
		"network has no layers":                                  {},
	} {
		if _, err := Exact(net); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
	}

	if _, err := Exact(build(network.Identity, []int{3, 50, 2}, one)); err != nil {
		t.Errorf("linear units count: %v", err)
	}
}

// A cone with the given opening is found unless it is too thin.
func TestInsideCone(t *testing.T) {
	for _, test := range []struct {
		opening float64
		want    bool
	}{{1, true}, {1e-3, true}, {1e-5, true}, {2 * thinnest, true}, {1e-12, false}, {0, false}, {-1e-3, false}} {
		s, c := math.Sincos(test.opening)
		walls := [][]float64{{0, 1, 0}, {s, -c, 0}, {0, 0, 1}, {1, 0, 0}, {0.6, 0, 0.8}} // 0 < y/x < tan opening
		x, _, ok := insideCone(walls)
		if ok != test.want {
			t.Errorf("opening %g: found %v at %v", test.opening, ok, x)
		}
	}

	for n := range 6 { // all orthants
		r := seeded(uint64(n))
		walls := make([][]float64, n+1)
		for i := range walls {
			walls[i] = make([]float64, n+1)
			walls[i][i] = float64(1 - 2*r.IntN(2))
		}

		if x, _, ok := insideCone(walls); !ok {
			t.Errorf("orthant in %d dimensions not found: %v", n+1, x)
		}
		walls = append(walls, make([]float64, n+1))
		walls[n+1][0] = -walls[0][0]
		if x, _, ok := insideCone(walls); ok {
			t.Errorf("%d dimensions: %v is on both sides of a plane", n+1, x)
		}
	}
}

func ExampleExact() {
	// f(x) = max(x, 0) + max(−x, 0) = |x|
	net := &network.Network{Layers: []network.Layer{
		{Weight: mat.NewDense(2, 1, []float64{1, -1}), Activation: network.ReLU},
		{Weight: mat.NewDense(1, 2, []float64{1, 1})},
	}}

	exact, err := Exact(net)
	if err != nil {
		panic(err)
	}
	b, err := New(net)
	if err != nil {
		panic(err)
	}
	fmt.Printf("exact %.4f, certified %.4f, product of norms %.4f\n", exact, b.LipSDP(), b.Product(Two))
	// Output: exact 1.0000, certified 1.0000, product of norms 2.0000
}
