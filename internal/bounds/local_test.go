package bounds

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
)

// No Jacobian norm and no difference quotient within a neighbourhood exceeds its bounds, for any
// network. A neighbourhood that is a single point has the Jacobian's norm as its bound.
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

// jacobianAt returns the Jacobian at a point, by the chain rule.
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

// At a point the bound is the Jacobian's norm; it grows with the radius to the global bound.
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

// Convolutions, average pools and residual blocks have local bounds by their matrices. No Jacobian
// norm within the neighbourhood exceeds them, and small neighbourhoods have bounds below the global
// one.
func TestLocalThroughLayers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 18))
	for name, net := range testnet.Layered(r) {
		t.Run(name, func(t *testing.T) {
			written, err := WrittenOut(net)
			if pool := slices.ContainsFunc(net.Layers, func(l network.Layer) bool { return l.Pool != nil }); pool {
				if err == nil || !strings.Contains(err.Error(), "max-pool") {
					t.Fatalf("written out with a pool: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}

			nearer := false
			for k := range 12 {
				n := Neighbourhood{Point: normals(r, net.In()), Radius: math.Pow(10, float64(k%4-3))}
				if k%2 == 1 {
					n.Box = make([]float64, net.In())
					floats.AddConst(n.Radius, n.Box)
				}
				b, err := Local(written, n)
				if err != nil {
					t.Fatal(err)
				}
				best := b.Best(Two)
				if global := mustBounds(t, written).Best(Two); best < global*(1-1e-9) {
					nearer = true
				}

				x := within(r, n, 32)
				for _, norm := range normsAt(net, x) {
					if norm > best*(1+1e-12) {
						t.Fatalf("a Jacobian of norm %v within %v is above the bound %v", norm, n.Radius, best)
					}
				}
			}
			if !nearer {
				t.Error("no local bound is below the global one")
			}
		})
	}
}

func normals(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// within returns points of a neighbourhood, many of them on its boundary.
func within(r *rand.Rand, n Neighbourhood, points int) []float64 {
	var all []float64
	for range points {
		step := normals(r, len(n.Point))
		if n.Box == nil {
			floats.Scale(n.Radius*(1-1e-9)/floats.Norm(step, 2), step)
		}
		for i, half := range n.Box {
			step[i] = max(-half, min(step[i], half))
		}
		floats.Add(step, n.Point)
		all = append(all, step...)
	}
	return all
}

// normsAt returns the norms of the Jacobians at points.
func normsAt(net *network.Network, x []float64) []float64 {
	n, size := len(x)/net.In(), net.In()*net.Out()
	pass := network.NewPass[float64](net, n)
	pass.Forward(x, n)
	j := pass.Jacobian(len(net.Layers))
	norms := make([]float64, n)
	for i := range norms {
		norms[i] = linalg.SpectralNorm(mat.NewDense(net.Out(), net.In(), j[i*size:][:size]))
	}
	return norms
}

// The constant of a small convolutional network lies between the Jacobian norms of sampled points
// and the smallest bound. Many points in few dimensions come close to it. Branch and bound finds
// the same constant.
func TestExactOfConvolutions(t *testing.T) {
	for seed := range uint64(20) {
		r := seeded(seed)
		c, err := conv.NewConv(conv.Shape{Channels: 1, Height: 1, Width: 4}, 2, conv.Line(2, 2, 0))
		if err != nil {
			t.Fatal(err)
		}
		pool, err := conv.NewPool(conv.Shape{Channels: 2, Height: 1, Width: 2}, conv.Line(2, 2, 0))
		if err != nil {
			t.Fatal(err)
		}
		net := &network.Network{Layers: []network.Layer{
			network.NewConvLayer(c, normals(r, c.Kernel()), normals(r, 2), network.ReLU),
			{Map: network.NewAvgPool(pool, true)},
			{Weight: mat.NewDense(3, 2, normals(r, 6))},
		}}

		exact, err := Exact(net)
		if err != nil {
			t.Fatal(err)
		}
		points := normals(r, 4*20000)
		floats.Scale(3, points)
		largest := floats.Max(normsAt(net, points))
		if largest > exact*(1+1e-12) || largest < exact*(1-1e-9) {
			t.Errorf("seed %d: %v exactly, %v at the best of many points", seed, exact, largest)
		}

		w, err := NewWhole(net)
		if err != nil {
			t.Fatal(err)
		}
		found, err := Enclose(net, nil, Effort{Branches: 100})
		if err != nil {
			t.Fatal(err)
		}
		w.Admit(found.Upper)
		best := w.Best(Two)
		if best < exact*(1-1e-12) || best > found.Upper || best > exact*1.002 || found.Lower > exact*(1+1e-12) {
			t.Errorf("seed %d: %v exactly, found %v to %v, best %v", seed, exact, found.Lower, found.Upper, best)
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
