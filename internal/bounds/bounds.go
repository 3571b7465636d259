package bounds

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// Bounds are certified upper bounds on the Lipschitz constant of one network, in the 2-norm where
// they do not take another. Each is computed when it is first asked for. A bound is never NaN; it
// is +Inf if float64 cannot hold it. Bounds is not safe for concurrent use.
type Bounds struct {
	net    *network.Network
	layers []linalg.Top
	chain  *chain
	// trivial is the value of all bounds if a weight is zero (0) or a norm overflows (+Inf); else
	// NaN.
	trivial float64

	known     map[key]float64
	solutions []solution
	gap       float64 // what LipSDPGap returns once LipSDPOptimal is known
}

type key struct {
	name string
	norm Norm
}

// New prepares the bounds of a network, whose weights must not change from then on. It fails on
// an activation whose slopes have no finite range, such as a leaky_relu of slope NaN.
//
// It costs the spectral norms of the layers and a copy of the weights: 0.15 ms for 40-256-10,
// 30 ms for 40-65536-10 (OpenBLAS, as are all times here).
func New(net *network.Network) (*Bounds, error) {
	return Within(net, globalRanges(net))
}

// Within prepares bounds that hold where the slope of every neuron is known to be in a range of
// its own, as in a convex part of the input space: ranges[i][j] is that of neuron j of layer i,
// the outputs included.
func Within(net *network.Network, ranges [][]Range) (*Bounds, error) {
	if err := net.Validate(); err != nil {
		return nil, err
	}

	for i, l := range net.Layers {
		if l.Weight == nil {
			return nil, fmt.Errorf("layer %d has no matrix: see NewWhole", i+1)
		}
	}

	if err := checkRanges(net, ranges); err != nil {
		return nil, err
	}

	b := &Bounds{
		net:     net,
		trivial: math.NaN(),
		known:   map[key]float64{},
	}
	// A zero weight makes the network constant, whatever the others are. An infinite norm leaves
	// nothing to prove. Both spare every bound its own special case.
	for _, l := range net.Layers {
		top := linalg.TopSingular(l.Weight, nil)
		b.layers = append(b.layers, top)
		switch {
		case top.Upper == 0:
			b.trivial = 0
		case math.IsInf(top.Upper, 1) && b.trivial != 0:
			b.trivial = top.Upper
		}
	}

	b.chain = newChain(net, ranges, b.layers)

	return b, nil
}

// Layers returns the spectral norms of the layers, with their certificates.
func (b *Bounds) Layers() []linalg.Top { return b.layers }

// Product returns Π ‖W_i‖ Lip(φ_i) (C. Szegedy et al., arXiv 1312.6199). It is free.
func (b *Bounds) Product(n Norm) float64 {
	products := b.Products(n)
	return products[len(products)-1]
}

// Products returns the Product of the first k layers with their activations, for each k.
func (b *Bounds) Products(n Norm) []float64 {
	return b.chain.products(n)
}

// Balanced returns the Product after rescaling the hidden neurons so that their incoming and
// outgoing weights have equal 2-norms, or the Product if that is smaller. The rescaled network
// computes the same function if its activations are positively homogeneous, and has the same bounds
// whatever they are. It costs as much as New.
func (b *Bounds) Balanced() float64 {
	return b.bound("balanced", Two, (*chain).balancedProduct)
}

// LipLT returns the bound of M. Fazlyab et al. (NeurIPS 2023); for slopes in [0, 1] this is the
// bound of P. L. Combettes and J.-C. Pesquet. It never exceeds the Product, and a linear network
// attains it. It costs the product of each run of consecutive weights and its norm: 0.05 ms for
// 40-256-10.
func (b *Bounds) LipLT(n Norm) float64 {
	return b.bound("liplt", n, func(c *chain) float64 { return c.liplt(n) })
}

// Entrywise returns ‖ |W_L| Lip(φ_{L−1}) … |W_1| ‖ (V. Pintore and B. Després). It costs one
// product of matrices for each layer; one factor has only as many rows as the network has outputs.
func (b *Bounds) Entrywise(n Norm) float64 {
	return b.bound("entrywise", n, func(c *chain) float64 {
		return c.entrywise(n)
	})
}

// EclipseFast returns the bound ECLipsE-Fast (Y. Xu and S. Sivaranjani, NeurIPS 2024), extended to
// any slopes: one multiplier a layer, in closed form. It never exceeds the Product by more than
// rounding, or 1e-6 a layer if slopes are centred on 0. It costs O(nd²) for n neurons in the first
// hidden layer behind d < n inputs, and about seven products of n×n matrices for each further
// hidden layer of n: 0.1 ms for 40-256-10, 20 ms for 40-65536-10, 5 ms for 40-256-256-10.
func (b *Bounds) EclipseFast() float64 {
	return b.bound("eclipse fast", Two, func(c *chain) float64 {
		return c.relax(uniform).bound(c.fastScales())
	})
}

// EclipseScaled returns EclipseFast improved by a search for the multiplier of each layer (U. Syed
// and B. Hu, arXiv 2503.14297), which nears LipSDP-Layer. It costs 0.4 ms for 40-256-10 and 30 ms
// for 40-65536-10; with l > 1 hidden layers, some 20·l times EclipseFast.
func (b *Bounds) EclipseScaled() float64 {
	return b.solve(uniform)
}

// EclipseDiagonal gives each neuron a multiplier of its own, by balance of weights or, if no layer
// has more than 2048 neurons, by diagonal dominance, and searches for the scale of each layer. It
// costs two to four times EclipseScaled.
func (b *Bounds) EclipseDiagonal() float64 {
	bound := b.solve(balanced)
	if b.chain.widest() <= dominantWidth {
		bound = min(bound, b.solve(dominant))
	}
	return bound
}

// LipSDP returns LipSDP-Neuron (M. Fazlyab et al., NeurIPS 2019): the best multipliers of all
// neurons that some hundred steps of descent find, each step of which is certified. It starts from
// EclipseScaled or EclipseDiagonal and never exceeds them. It costs 25 ms for 40-256-10, 2 s for
// 40-256-256-10, 13 s for 40-65536-10.
func (b *Bounds) LipSDP() float64 {
	return b.descended(descentEvaluations)
}

// descended returns what LipSDP has found after so many evaluations.
func (b *Bounds) descended(evaluations int) float64 {
	name := fmt.Sprintf("lipsdp after %d", evaluations)
	return b.bound(name, Two, func(c *chain) float64 {
		// Both leave their multipliers in b.solutions; the descent starts from the better ones.
		b.EclipseScaled()
		b.EclipseDiagonal()
		start := solution{bound: math.Inf(1)}
		for _, s := range b.solutions {
			// A bound of +Inf proved nothing: its multipliers are no start.
			if s.bound < start.bound {
				start = s
			}
		}

		if math.IsInf(start.bound, 1) {
			return start.bound
		}

		return min(start.bound, c.descend(start.multipliers, evaluations))
	})
}

// LipSDPOptimal returns LipSDP-Neuron (M. Fazlyab et al., NeurIPS 2019) at its optimum: no
// multipliers prove a bound that is smaller by more than LipSDPGap, usually 5e-5 of it. They are
// found by Newton's method along the central path (docs/lipsdp.md). It never exceeds EclipseFast.
// With N hidden neurons in all, it costs some 25 Cholesky factorisations of order N and 10·N²
// numbers of memory: 0.1 s for 64-32-32-1, 0.3 s for 40-256-10, 1 s for 20 layers of 40. Above
// MaxOptimalUnits it returns EclipseFast, with a gap of 1.
func (b *Bounds) LipSDPOptimal() float64 {
	return b.bound("lipsdp optimal", Two, func(c *chain) float64 {
		// A single matrix has nothing to relax: its norm is the optimum.
		if len(c.links) == 1 {
			return c.last().norm
		}
		o := c.optimise()
		if o.upper > 0 { // at 0 there is no gap
			b.gap = max(0, 1-o.lower/o.upper)
		}
		return o.upper
	})
}

// LipSDPGap returns by what share of itself LipSDPOptimal can exceed its optimum at most. It comes
// from a feasible point of the dual program, is correct to about 1e-10 (not proved), and is 1 where
// no such point was found.
func (b *Bounds) LipSDPGap() float64 {
	if math.IsInf(b.LipSDPOptimal(), 1) {
		return 1
	}
	return b.gap
}

// Best returns the least of the bounds computed so far and of the cheap ones: all but
// EclipseDiagonal, LipSDP, LipSDPOptimal and, with several hidden layers, EclipseScaled; with one
// hidden layer, the balanced half of EclipseDiagonal too. It costs 1.2 ms for 40-256-10, 0.13 s for
// 40-65536-10, 11 ms for 40-256-256-10.
func (b *Bounds) Best(n Norm) float64 {
	return b.bestWithin(math.Inf(1), n)
}

// bestWithin returns Best without the searches for scales if these would take more work.
func (b *Bounds) bestWithin(work float64, n Norm) float64 {
	best := min(b.Product(n), b.LipLT(n), b.Entrywise(n))
	if n == Two {
		best = min(best, b.Balanced(), b.EclipseFast())
		if len(b.layers) == 2 && searchesWork(b.net) <= work {
			best = min(best, b.solve(uniform), b.solve(balanced))
		}
	}

	// Whatever somebody already paid for counts as well.
	for k, v := range b.known {
		if k.norm == n {
			best = min(best, v)
		}
	}

	return best
}

// Admit makes Best take into account a bound in the 2-norm that was proved elsewhere.
func (b *Bounds) Admit(bound float64) {
	b.known[key{"admitted", Two}] = bound
}

// bound returns the bound called name, and computes it by f the first time it is asked for.
func (b *Bounds) bound(name string, n Norm, f func(*chain) float64) float64 {
	if !math.IsNaN(b.trivial) {
		return b.trivial
	}
	k := key{name, n}
	if _, ok := b.known[k]; !ok {
		// f works on the scaled chain, so its result is scaled back.
		v := b.chain.unscaled(f(b.chain))
		if math.IsNaN(v) { // ∞ − ∞ on the way
			v = math.Inf(1)
		}
		b.known[k] = v
	}
	return b.known[k]
}

// solve returns the bound of the best scales for a rule and adds its multipliers to the solutions.
func (b *Bounds) solve(r rule) float64 {
	return b.bound("eclipse "+r.name, Two, func(c *chain) float64 {
		s := c.relax(r).search()
		b.solutions = append(b.solutions, s)
		return s.bound
	})
}
