package bounds

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// No Jacobian norm and no difference quotient within a neighbourhood exceeds its bounds, whatever
// the network; and a neighbourhood without extent has the Jacobian's norm.
func TestLocalSound(t *testing.T) {
	const networks = 600
	nearer := 0
	for seed := range uint64(networks) {
		r := seeded(seed)
		net := randomNetwork(r)
		n := Neighbourhood{Point: make([]float64, net.In()), Radius: math.Pow(10, 4*r.Float64()-3)}

		for i := range n.Point {
			n.Point[i] = r.NormFloat64()
		}
		if seed%2 == 1 {
			n.Box = make([]float64, net.In())
			for i := range n.Box {
				n.Box[i] = n.Radius * r.Float64()
			}
		}

		b, err := Local(net, n)
		if err != nil {
			t.Fatal(err)
		}
		best := b.Best(Two)
		if best < mustBounds(t, net).Best(Two)*(1-1e-9) {
			nearer++
		}

		for range 40 {
			x := make([]float64, net.In())
			for i := range x {
				x[i] = r.NormFloat64()
			}
			if n.Box == nil {
				floats.Scale(n.Radius*math.Sqrt(r.Float64())/floats.Norm(x, 2), x)
			}
			for i := range x {
				if n.Box != nil {
					x[i] = n.Box[i] * (2*r.Float64() - 1)
				}
				x[i] += n.Point[i]
			}

			norm := linalg.SpectralNorm(jacobianAt(net, x))
			if norm*(1-1e-9) > best {
				t.Errorf("seed %d: %g within a bound of %g, %+v of %s", seed, norm, best, n, describe(net))
			}
		}
	}
	if nearer < networks/4 {
		t.Errorf("only %d of %d local bounds are below the global one", nearer, networks)
	}
}

// jacobianAt is the Jacobian at a point, by the chain rule.
func jacobianAt(net *network.Network, x []float64) *mat.Dense {
	var j *mat.Dense
	for _, l := range net.Layers {
		z := mat.NewVecDense(l.Out(), nil)
		z.MulVec(l.Weight, mat.NewVecDense(len(x), x))
		x = z.RawVector().Data
		if l.Bias != nil {
			floats.Add(x, l.Bias)
		}
		slope := make([]float64, len(x))
		network.Apply(l.Activation, x, slope)
		next := mat.DenseCopyOf(l.Weight)
		if j != nil {
			next = new(mat.Dense)
			next.Mul(l.Weight, j)
		}

		for i, s := range slope {
			floats.Scale(s, next.RawRowView(i))
		}
		j = next
	}

	return j
}

// At a point the bound is the Jacobian's norm, and it grows with the radius to the global one.
func TestLocalGrows(t *testing.T) {
	for seed := range uint64(6) {
		r := seeded(seed)
		net := he(seed, 6, 24, 24, 3)
		setBias(r, net)
		x := []float64{0.4, 1.8, -0.5, -1.3, 0.9, 0.1}
		before := linalg.SpectralNorm(jacobianAt(net, x))

		for i, radius := range []float64{0, 1e-12, 1e-3, 0.01, 0.1, 1, 10, 1e9} {
			b, err := Local(net, Neighbourhood{Point: x, Radius: radius})
			if err != nil {
				t.Fatal(err)
			}
			got := b.LipSDPOptimal()
			if i < 2 && !agree(got, before, 1e-6) {
				t.Errorf("seed %d: %g at radius %g, ‖J‖ = %g", seed, got, radius, before)
			}
			if got < before*(1-1e-4) {
				t.Errorf("seed %d: %g at radius %g after %g", seed, got, radius, before)
			}
			before = got
		}

		if global := mustBounds(t, net).LipSDPOptimal(); !agree(before, global, 1e-4) {
			t.Errorf("seed %d: %g in a ball of radius 1e9, %g everywhere", seed, before, global)
		}
	}
}

func TestLocalRefusals(t *testing.T) {
	net := he(1, 2, 3, 1)
	for _, n := range []Neighbourhood{
		{Point: []float64{1}},
		{Point: []float64{1, 2}, Radius: -1},
		{Point: []float64{1, 2}, Radius: math.Inf(1)},
		{Point: []float64{1, 2}, Box: []float64{1}},
		{Point: []float64{1, 2}, Box: []float64{1, math.NaN()}},
	} {
		if _, err := Local(net, n); err == nil {
			t.Errorf("%+v is taken", n)
		}
	}
}
