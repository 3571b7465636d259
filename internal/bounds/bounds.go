package bounds

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// Bounds computes certified upper bounds on the Lipschitz constant of one network. They hold in the
// 2-norm unless a method takes a norm. Each bound is computed on first use. A bound is never NaN;
// it is +Inf if float64 cannot hold it. Bounds is not safe for concurrent use.
type Bounds struct {
	net    *network.Network
	layers []linalg.Top
	chain  *chain
	// trivial is the value of all bounds if a weight is zero (0) or a norm overflows (+Inf), and
	// NaN otherwise.
	trivial float64

	known     map[key]float64
	solutions []solution
	gap       float64 // returned by LipSDPGap once LipSDPOptimal is known
}

type key struct {
	name string
	norm Norm
}

// New prepares the bounds of a network, whose weights must not change afterwards. It fails if the
// slopes of an activation have no finite range, such as a leaky_relu of slope NaN.
//
// It computes the spectral norms of the layers and copies the weights: 0.15 ms for 40-256-10, 30 ms
// for 40-65536-10 (with OpenBLAS, like all times given here).
func New(net *network.Network) (*Bounds, error) {
	return Within(net, globalRanges(net))
}

// Within prepares bounds that hold wherever each neuron's slope lies in its own known range, for
// example in a convex part of the input space. ranges[i][j] is the range of neuron j of layer i,
// including the outputs.
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
	// A zero weight makes the network constant regardless of the other weights. An infinite norm
	// leaves nothing to prove. Handling both here spares every bound the special cases.
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

// Product returns Π ‖W_i‖ Lip(φ_i) (C. Szegedy et al., arXiv 1312.6199). It costs next to nothing.
func (b *Bounds) Product(n Norm) float64 {
	products := b.Products(n)
	return products[len(products)-1]
}

// Products returns, for each k, the Product of the first k layers with their activations.
func (b *Bounds) Products(n Norm) []float64 {
	return b.chain.products(n)
}

// Balanced returns the Product after rescaling the hidden neurons so that their incoming and
// outgoing weights have equal 2-norms, or the Product if that is smaller. The rescaled network has
// the same bounds for any activations, and computes the same function if they are positively
// homogeneous. It costs as much as New.
func (b *Bounds) Balanced() float64 {
	return b.bound("balanced", Two, (*chain).balancedProduct)
}

// LipLT returns the bound of M. Fazlyab et al. (NeurIPS 2023); for slopes in [0, 1] this is the
// bound of P. L. Combettes and J.-C. Pesquet. It never exceeds the Product and is exact for a
// linear network. It computes the product of each run of consecutive weights and the norm of that
// product: 0.05 ms for 40-256-10.
func (b *Bounds) LipLT(n Norm) float64 {
	return b.bound("liplt", n, func(c *chain) float64 { return c.liplt(n) })
}

// Entrywise returns ‖ |W_L| Lip(φ_{L−1}) … |W_1| ‖ (V. Pintore and B. Després). It costs one matrix
// product per layer, whose left factor has only as many rows as the network has outputs.
func (b *Bounds) Entrywise(n Norm) float64 {
	return b.bound("entrywise", n, func(c *chain) float64 {
		return c.entrywise(n)
	})
}

// EclipseFast returns the bound ECLipsE-Fast (Y. Xu and S. Sivaranjani, NeurIPS 2024), extended to
// any slopes: one multiplier per layer, in closed form. It never exceeds the Product by more than
// rounding errors, or by more than 1e-6 per layer if slopes are centred on 0. It costs O(nd²) for n
// neurons in the first hidden layer with d < n inputs, and about seven n×n matrix products for each
// further hidden layer of n: 0.1 ms for 40-256-10, 20 ms for 40-65536-10, 5 ms for 40-256-256-10.
func (b *Bounds) EclipseFast() float64 {
	return b.bound("eclipse fast", Two, func(c *chain) float64 {
		return c.relax(uniform).bound(c.fastScales())
	})
}

// EclipseScaled returns EclipseFast improved by a search for the multiplier of each layer (U. Syed
// and B. Hu, arXiv 2503.14297), which comes close to LipSDP-Layer. It costs 0.4 ms for 40-256-10
// and 30 ms for 40-65536-10; with l > 1 hidden layers it costs about 20·l times as much as
// EclipseFast.
func (b *Bounds) EclipseScaled() float64 {
	return b.solve(uniform)
}

// EclipseDiagonal gives each neuron its own multiplier and searches for the scale of each layer.
// The multipliers come from balanced weights and, if no layer has more than 2048 neurons, also from
// diagonal dominance. It costs two to four times as much as EclipseScaled.
func (b *Bounds) EclipseDiagonal() float64 {
	bound := b.solve(balanced)
	if b.chain.widest() <= dominantWidth {
		bound = min(bound, b.solve(dominant))
	}
	return bound
}

// LipSDP returns LipSDP-Neuron (M. Fazlyab et al., NeurIPS 2019) with the best multipliers that a
// few hundred descent steps find; each step yields a certified bound. It starts from EclipseScaled
// or EclipseDiagonal and never exceeds them. It costs 25 ms for 40-256-10, 2 s for 40-256-256-10,
// 13 s for 40-65536-10.
func (b *Bounds) LipSDP() float64 {
	return b.descended(descentEvaluations)
}

// descended returns the bound that LipSDP finds with the given number of evaluations.
func (b *Bounds) descended(evaluations int) float64 {
	name := fmt.Sprintf("lipsdp after %d", evaluations)
	return b.bound(name, Two, func(c *chain) float64 {
		// Both append their multipliers to b.solutions; the descent starts from the better ones.
		b.EclipseScaled()
		b.EclipseDiagonal()
		start := solution{bound: math.Inf(1)}
		for _, s := range b.solutions {
			// A bound of +Inf proved nothing, so its multipliers are no start.
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
// multipliers prove a bound that is smaller by more than the relative LipSDPGap, usually 5e-5.
// Newton's method finds them along the central path (docs/lipsdp.md). The bound never exceeds
// EclipseFast. With N hidden neurons in total, it costs about 25 Cholesky factorisations of order N
// and memory for 10·N² numbers: 0.1 s for 64-32-32-1, 0.3 s for 40-256-10, 1 s for 20 layers of 40.
// Above MaxOptimalUnits it returns EclipseFast, with a gap of 1.
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

// LipSDPGap returns the largest relative amount by which LipSDPOptimal can exceed its optimum. It
// comes from a feasible point of the dual program and is correct to about 1e-10, which is not
// proved. It is 1 if no feasible point was found.
func (b *Bounds) LipSDPGap() float64 {
	if math.IsInf(b.LipSDPOptimal(), 1) {
		return 1
	}
	return b.gap
}

// Best returns the smallest of the bounds computed so far and the cheap ones. The cheap ones are
// all except EclipseDiagonal, LipSDP, LipSDPOptimal and, with several hidden layers, EclipseScaled;
// with one hidden layer they include the balanced half of EclipseDiagonal. It costs 1.2 ms for
// 40-256-10, 0.13 s for 40-65536-10, 11 ms for 40-256-256-10.
func (b *Bounds) Best(n Norm) float64 {
	return b.bestWithin(math.Inf(1), n)
}

// bestWithin returns Best, but skips the searches for scales if they would take more than work.
func (b *Bounds) bestWithin(work float64, n Norm) float64 {
	best := min(b.Product(n), b.LipLT(n), b.Entrywise(n))
	if n == Two {
		best = min(best, b.Balanced(), b.EclipseFast())
		if len(b.layers) == 2 && searchesWork(b.net) <= work {
			best = min(best, b.solve(uniform), b.solve(balanced))
		}
	}

	// Bounds that were already computed count as well.
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

// bound returns the bound called name, computing it with f on first use.
func (b *Bounds) bound(name string, n Norm, f func(*chain) float64) float64 {
	if !math.IsNaN(b.trivial) {
		return b.trivial
	}
	k := key{name, n}
	if _, ok := b.known[k]; !ok {
		// f works on the scaled chain, so its result is scaled back.
		v := b.chain.unscaled(f(b.chain))
		if math.IsNaN(v) { // ∞ − ∞ in an intermediate result
			v = math.Inf(1)
		}
		b.known[k] = v
	}
	return b.known[k]
}

// solve returns the bound for the best scales that the search finds under rule r, and adds its
// multipliers to the solutions.
func (b *Bounds) solve(r rule) float64 {
	return b.bound("eclipse "+r.name, Two, func(c *chain) float64 {
		s := c.relax(r).search()
		b.solutions = append(b.solutions, s)
		return s.bound
	})
}
