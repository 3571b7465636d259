package bounds

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
)

// No difference quotient and no Jacobian of a network exceeds a bound, in any norm.
func TestWholeBoundsHold(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 18))
	for name, net := range testnet.Layered(r) {
		t.Run(name, func(t *testing.T) {
			w, err := NewWhole(net)
			if err != nil {
				t.Fatal(err)
			}
			upper := map[Norm]float64{}
			for _, n := range []Norm{Two, One, Inf} {
				upper[n] = w.Best(n)
				if product := w.Product(n); product < upper[n] {
					t.Errorf("norm %d: the product %v is below the best bound %v", n, product, upper[n])
				}
			}
			cheap := upper[Two]
			w.Afford(5e8)
			upper[Two] = w.Best(Two)
			if upper[Two] > cheap {
				t.Errorf("a budget raises the best bound from %v to %v", cheap, upper[Two])
			}

			for _, of := range []func(*Bounds, Norm) float64{(*Bounds).LipLT, (*Bounds).Entrywise} {
				if bound, reason := w.Bound(Two, of); reason == "" {
					upper[Two] = min(upper[Two], bound)
				}
			}

			const n = 64
			x := make([]float64, n*net.In())
			for i := range x {
				x[i] = 2 * r.NormFloat64()
			}
			pass := network.NewPass[float64](net, n)
			pass.Forward(x, n)
			j := pass.Jacobian(len(net.Layers))
			for i := range n {
				m := mat.NewDense(net.Out(), net.In(), j[i*net.Out()*net.In():][:net.Out()*net.In()])
				for norm, lower := range map[Norm]float64{
					Two: linalg.SpectralNorm(m), One: mat.Norm(m, 1), Inf: mat.Norm(m, math.Inf(1)),
				} {
					if lower > upper[norm]*(1+1e-12) {
						t.Fatalf("a Jacobian of norm %v is above the bound %v", lower, upper[norm])
					}
				}
			}
		})
	}
}

// The product of a residual block is 1 + the product of its body, LipLT of the written-out layers
// does not exceed the product, and GELU counts with its own Lipschitz constant.
func TestWholeProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 18))
	nets := testnet.Layered(r)
	norm := func(l network.Layer) float64 {
		m := l.Linear()
		for {
			blocks, is := m.(network.Blocks)
			if !is {
				return linalg.SpectralNorm(network.Matrix(m))
			}
			m = blocks.Parts[0].Map
		}
	}

	l := nets["residual"].Layers
	pool := nets["overlapping"].Layers
	smooth := nets["gelu"].Layers
	nested := nets["nested"].Layers
	alone := nets["nested alone"].Layers

	for name, want := range map[string]float64{
		"residual":    (1 + norm(l[0])*norm(l[1])) * norm(l[2]),
		"overlapping": norm(pool[0]) * 2 * norm(pool[2]), // the pools overlap in 2×2 windows
		"nested":      (1 + norm(nested[0])*(1+norm(nested[1])*norm(nested[2]))*norm(nested[3])) * norm(nested[4]),
		// A pool with 9 windows per input, then the block around it, with GELU on its sum.
		"nested alone": (1 + 1 + 3*norm(alone[2])) * 1.1289041452 * norm(alone[3]),
		"gelu":         norm(smooth[0]) * 1.1289041452 * norm(smooth[2]),
	} {
		w, err := NewWhole(nets[name])
		if err != nil {
			t.Fatal(err)
		}
		if got := w.Product(Two); math.Abs(got/want-1) > 1e-9 {
			t.Errorf("%s: product %v, want %v", name, got, want)
		}
	}

	w, err := NewWhole(nets["signal"])
	if err != nil {
		t.Fatal(err)
	}
	liplt, reason := w.Bound(Two, (*Bounds).LipLT)
	if reason != "" || liplt > w.Product(Two) || liplt < w.Product(Two)/100 {
		t.Errorf("LipLT %v (%s), product %v", liplt, reason, w.Product(Two))
	}
	w, err = NewWhole(nets["max-pool"])
	if err != nil {
		t.Fatal(err)
	}
	if liplt, reason := w.Bound(Two, (*Bounds).LipLT); !math.IsNaN(liplt) || reason == "" {
		t.Errorf("LipLT of single layers between pools is %v, %q", liplt, reason)
	}
}

// Bounds that reuse the norms of another network's last layers equal those that compute them.
func TestBeforeTakesTheNorms(t *testing.T) {
	for name, net := range testnet.Layered(rand.New(rand.NewPCG(3, 4))) {
		known, err := NewWhole(net)
		if err != nil {
			t.Fatal(err)
		}

		scale := network.NewIdentity(net.In())
		for i := range scale.Values {
			scale.Values[i] = 1 + float64(i%3)
		}

		layers := append([]network.Layer{{Map: scale}}, net.Layers...)
		longer := &network.Network{Layers: layers}
		want, err := NewWhole(longer)
		if err != nil {
			t.Fatal(err)
		}

		got, err := known.Before(longer, 1)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Products(Two), want.Products(Two)) || got.Best(Two) != want.Best(Two) {
			t.Errorf("%s: %v and %v, want %v and %v", name, got.Products(Two), got.Best(Two), want.Products(Two), want.Best(Two))
		}
	}
}

// TestBestSearchesWithinItsWork: the searches for scales lower the bound if there is enough work
// for them, and are not started otherwise.
func TestBestSearchesWithinItsWork(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	weight := func(int) float64 { return r.NormFloat64() }
	net := testnet.Network([]int{4, 9, 6}, network.ReLU, network.Identity, weight, nil)
	best := func(work float64) (bound float64, searched bool) {
		b, err := New(net)
		if err != nil {
			t.Fatal(err)
		}
		bound = b.bestWithin(work, Two)
		return bound, len(b.solutions) > 0
	}

	price := searchesWork(net)
	dear, searched := best(price / 2)
	if searched {
		t.Error("searched without the work for it")
	}

	cheap, searched := best(price)
	if !searched || cheap >= dear {
		t.Errorf("%v with the searches, %v without", cheap, dear)
	}
}
