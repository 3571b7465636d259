package bounds

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
)

// sandwichNet returns a network with random weights and, if requested, random biases.
func sandwichNet(r *rand.Rand, widths []int, hidden, output network.Activation, biased bool) *network.Network {
	weight := func(in int) float64 { return 1.5 * r.NormFloat64() / math.Sqrt(float64(in)) }
	var bias func() float64
	if biased {
		bias = r.NormFloat64
	}
	return testnet.Network(widths, hidden, output, weight, bias)
}

// The ends of a sandwich enclose the constant found by enumeration, and meet.
func TestSandwichHoldsTheConstant(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	hidden := []network.Activation{network.ReLU, network.LeakyReLU(0.1), network.LeakyReLU(-0.5), network.LeakyReLU(2)}
	shapes := [][]int{{1, 5, 1}, {2, 8, 1}, {2, 5, 5, 2}, {3, 12, 1}, {4, 6, 6, 1}, {5, 4, 4, 4, 2}, {12, 8, 3}, {9, 6, 6, 2}}
	for trial, widths := range shapes {
		net := sandwichNet(r, widths, hidden[trial%len(hidden)], network.Identity, trial%3 > 0)
		exact, err := Exact(net)
		if err != nil {
			t.Fatal(err)
		}

		for _, swift := range []bool{false, true} {
			s, err := Enclose(net, nil, Effort{Gap: 1e-4, Branches: 4000, Swift: swift})
			if err != nil {
				t.Fatal(err)
			}

			const rounded = 1e-11 // the relative error of Exact, with some reserve
			if s.Lower > exact*(1+rounded) || s.Upper < exact*(1-rounded) || s.Gap() > 1.01e-4 {
				t.Errorf("%v, %v, swift %v: %g, between %g and %g after %d branches",
					widths, net.Layers[0].Activation, swift, exact, s.Lower, s.Upper, s.Branches)
			}
		}
	}
}

// Swift branches may end at any time without harm, also near a point, and close gaps that the
// others leave open.
func TestSwiftSandwich(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 5))
	for trial, widths := range [][]int{{2, 24, 1}, {2, 12, 12, 1}, {3, 24, 2}, {2, 8, 8, 8, 1}, {4, 16, 1}} {
		net := sandwichNet(r, widths, network.ReLU, network.Identity, trial != 4)
		whole, err := Enclose(net, nil, Effort{Gap: 1e-3, Branches: 20000, Swift: true})
		if err != nil || whole.Gap() > 1.01e-3 {
			t.Fatalf("%v: %v, %v", widths, whole, err)
		}

		for _, branches := range []int{22, 64, 200} {
			early, _ := Enclose(net, nil, Effort{Branches: branches, Swift: true})
			if early.Upper < whole.Lower || early.Lower > whole.Upper {
				t.Errorf("%v: %v after %d branches, in the end %v", widths, early, branches, whole)
			}
		}

		near := Neighbourhood{Point: make([]float64, net.In()), Radius: 1.5}
		local, err := Enclose(net, &near, Effort{Gap: 1e-3, Branches: 5000, Swift: true})
		if err != nil {
			t.Fatal(err)
		}

		sampled := 0.0
		for range 1000 {
			sampled = max(sampled, linalg.SpectralNorm(jacobianAt(net, randomPointIn(r, near))))
		}

		if sampled*(1-1e-12) > local.Upper || local.Lower > whole.Upper || local.Gap() > 1.01e-3 {
			t.Errorf("%v: near 0 %v, sampled %g, anywhere %v", widths, local, sampled, whole)
		}
	}
}

// A sandwich may end early without harm, and its ends come closer with more branches.
func TestSandwichIsSoundWheneverItEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 2))
	net := sandwichNet(r, []int{3, 8, 8, 2}, network.ReLU, network.ReLU, true)
	whole, err := Enclose(net, nil, Effort{Branches: 5000})
	if err != nil {
		t.Fatal(err)
	}

	before := Sandwich{Upper: math.Inf(1)}
	for _, branches := range []int{1, 4, 16, 64, 256} {
		s, err := Enclose(net, nil, Effort{Branches: branches})
		if err != nil {
			t.Fatal(err)
		}

		if s.Lower < before.Lower || s.Upper > before.Upper || s.Lower > whole.Upper || s.Upper < whole.Lower {
			t.Errorf("after %d branches between %g and %g, before %v, in the end %v",
				branches, s.Lower, s.Upper, before, whole)
		}

		again, _ := Enclose(net, nil, Effort{Branches: branches})
		if !reflect.DeepEqual(again, s) {
			t.Errorf("%v, then %v", s, again)
		}

		before = s
	}
}

// Within a neighbourhood, the upper end bounds the Jacobian at every point, and the lower end is
// attained at one point. In a large neighbourhood, the ends are those of the whole space.
func TestSandwichWithinANeighbourhood(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 3))
	for trial := range 6 {
		net := sandwichNet(r, [][]int{{2, 10, 1}, {3, 6, 6, 2}, {4, 8, 2}}[trial%3], network.ReLU, network.Identity, true)
		centre := make([]float64, net.In())
		for k := range centre {
			centre[k] = r.NormFloat64()
		}

		for _, radius := range []float64{0.01, 0.5, 3} {
			near := Neighbourhood{Point: centre, Radius: radius}
			if trial%2 == 1 {
				near = Neighbourhood{Point: centre, Box: repeated(radius, net.In())}
			}

			s, err := Enclose(net, &near, Effort{Gap: 1e-3, Branches: 3000})
			if err != nil {
				t.Fatal(err)
			}

			sampled := 0.0
			for range 400 {
				sampled = max(sampled, linalg.SpectralNorm(jacobianAt(net, randomPointIn(r, near))))
			}

			reached := 0.0
			if s.At != nil {
				reached = linalg.SpectralNorm(jacobianAt(net, s.At))
			}

			if sampled > s.Upper || reached < s.Lower || s.Gap() > 2e-3 || !near.contains(s.At) {
				t.Errorf("%d, %v: between %g and %g (at %v: %g) after %d branches, sampled %g",
					trial, near, s.Lower, s.Upper, s.At, reached, s.Branches, sampled)
			}
		}
	}
}

func repeated(v float64, n int) []float64 {
	all := make([]float64, n)
	for k := range all {
		all[k] = v
	}
	return all
}

func (n Neighbourhood) contains(x []float64) bool {
	squares := 0.0
	for k, c := range n.Point {
		squares += (x[k] - c) * (x[k] - c)
		if n.Box != nil && math.Abs(x[k]-c) > n.Box[k] {
			return false
		}
	}
	return n.Box != nil || math.Sqrt(squares) <= n.Radius
}

func randomPointIn(r *rand.Rand, n Neighbourhood) []float64 {
	for {
		x := make([]float64, len(n.Point))
		for k, c := range n.Point {
			half := n.Radius
			if n.Box != nil {
				half = n.Box[k]
			}

			x[k] = c + half*(2*r.Float64()-1)
		}

		if n.contains(x) {
			return x
		}
	}
}

// f(x) = |x₁| + |x₂ − 1| has the slope √2. Each of its units has a twin with the same kink, so some
// combinations of signs occur at no point.
func TestSandwichOfTwins(t *testing.T) {
	net := &network.Network{Layers: []network.Layer{
		{Weight: mat.NewDense(4, 2, []float64{1, 0, -1, 0, 0, 1, 0, -1}), Bias: []float64{0, 0, -1, 1}, Activation: network.ReLU},
		{Weight: mat.NewDense(1, 4, []float64{1, 1, 1, 1})},
	}}
	for _, swift := range []bool{false, true} {
		s, err := Enclose(net, nil, Effort{Swift: swift})
		if err != nil {
			t.Fatal(err)
		}

		if math.Abs(s.Lower-math.Sqrt2) > 1e-12 || s.Upper < math.Sqrt2 {
			t.Errorf("swift %v: between %.15g and %.15g", swift, s.Lower, s.Upper)
		}
	}
}

// Networks that a sandwich does not support are refused, and a constant of 0 is found.
func TestSandwichOfOtherNetworks(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 4))
	tanh, _ := network.ParseActivation("tanh", 0)
	for _, net := range []*network.Network{
		sandwichNet(r, []int{2, 4, 1}, tanh, network.Identity, true),
		sandwichNet(r, []int{2, MaxSandwichUnits + 1, 1}, network.ReLU, network.Identity, true),
	} {
		if _, err := Enclose(net, nil, Effort{}); err == nil {
			t.Error("no error")
		}
	}

	zero := sandwichNet(r, []int{2, 4, 1}, network.ReLU, network.Identity, true)
	zero.Layers[1].Weight.Zero()
	if s, err := Enclose(zero, nil, Effort{}); err != nil || s.Upper != 0 || s.Gap() != 0 {
		t.Errorf("%v, %v", s, err)
	}

	linear := sandwichNet(r, []int{3, 70, 2}, network.Identity, network.Identity, true)
	s, err := Enclose(linear, nil, Effort{})
	want := linalg.SpectralNorm(product(linear.Layers[1].Weight, linear.Layers[0].Weight))
	if err != nil || s.Upper < want || s.Gap() > 1e-10 {
		t.Errorf("%v, %v; want %g", s, err, want)
	}
}

// swiftNetwork returns a network with few inputs and few units with a kink, often without biases or
// degenerate, sometimes with extreme scale.
func swiftNetwork(r *rand.Rand) *network.Network {
	widths := []int{1 + r.IntN(4)}
	for range 1 + r.IntN(3) {
		widths = append(widths, 2+r.IntN(9))
	}
	widths = append(widths, 1+r.IntN(3))

	kinds := []network.Activation{network.ReLU, network.ReLU, network.LeakyReLU(0.1), network.LeakyReLU(-0.5)}
	net := sandwichNet(r, widths, kinds[r.IntN(len(kinds))], network.Identity, r.IntN(3) > 0)
	for i := range net.Layers {
		if r.IntN(5) == 0 {
			degenerate(r, net.Layers[i].Weight)
		}

		if r.IntN(8) == 0 {
			rescale(&net.Layers[i], math.Pow(10, 60*r.Float64()-30))
		}
	}

	return net
}

// Swift sandwiches bound every sampled norm and agree with the others, for any network.
func TestSwiftSandwichSound(t *testing.T) {
	const slack = 1 + 1e-11 // for the rounding of the norms that the test computes
	for seed := range uint64(soundCount(t, 60)) {
		r := seeded(1<<21 + seed)
		net := swiftNetwork(r)
		swift, err := Enclose(net, nil, Effort{Gap: 1e-3, Branches: 60 + r.IntN(600), Swift: true})
		if err != nil {
			t.Fatal(err)
		}

		other, _ := Enclose(net, nil, Effort{Gap: 1e-3, Branches: 60})
		sampled := sampledNorm(r, net)
		if !(sampled <= swift.Upper*slack && swift.Lower <= swift.Upper && swift.Lower <= other.Upper && other.Lower <= swift.Upper) {
			t.Errorf("seed %d: %v, not swift %v, sampled %g, of %s", seed, swift, other, sampled, describe(net))
		}

		near := Neighbourhood{Point: make([]float64, net.In()), Radius: math.Pow(10, 4*r.Float64()-2)}
		if r.IntN(2) == 0 {
			near.Point[0] = r.NormFloat64()
		}

		local, _ := Enclose(net, &near, Effort{Gap: 1e-3, Branches: 300, Swift: true})
		for range 200 {
			sampled = linalg.SpectralNorm(jacobianAt(net, randomPointIn(r, near)))
			if !(sampled <= local.Upper*slack && local.Lower <= swift.Upper) {
				t.Fatalf("seed %d: near %v %v, sampled %g, anywhere %v, of %s", seed, near, local, sampled, swift, describe(net))
			}
		}
	}
}
