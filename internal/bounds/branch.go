package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
)

// relaxed is LipSDP-Neuron for the slopes that a branch leaves open: a certified bound and the
// starting point for the branch's children.
type relaxed struct {
	bound float64 // for the scaled chain
	rho   float64
	// lambda holds the multipliers by layer and neuron, 0 for a neuron without one.
	lambda [][]float64
	// looseness is how much the relaxation gains from not knowing a neuron's slope. rising reports
	// whether it prefers the larger of the two slopes.
	looseness [][]float64
	rising    [][]bool
}

const (
	// branchGrowth is the factor by which κ grows along the path of a branch, which begins near its
	// end.
	branchGrowth = 30
	// branchStart is the relative distance of ρ from its minimum at the beginning of that path.
	branchStart = 0.2
)

// withSlopes returns the chain with other slope ranges for its hidden layers.
func (c *chain) withSlopes(ranges [][]Range) *chain {
	other := *c
	other.equal = nil // because it depends on the slopes
	other.links = slices.Clone(c.links)
	for i := range other.hidden() {
		other.links[i].slopes = newSlopes(ranges[i])
	}
	return &other
}

// relaxed bounds the chain to about the given relative tolerance. It starts from the multipliers of
// a chain with wider slopes, if parent is not nil. It does not try to lower a bound that is already
// below enough.
func (c *chain) relaxed(parent *relaxed, tolerance, enough float64) *relaxed {
	part, kept, ok := c.pruned()
	// A hidden layer has no neuron that carries a signal, so the outputs are constant.
	if !ok {
		return &relaxed{}
	}

	p := newProgram(part)
	// All slopes are known, so the branch is one matrix, and liplt returns its norm.
	if p.multipliers() == 0 {
		return &relaxed{bound: part.known()}
	}

	y, bound := p.begin(part, parent, kept)
	if y == nil {
		return &relaxed{bound: bound}
	}

	// The relative distance to the optimum is order/κ, as in solve.
	order := float64(p.order())
	near := func(rho float64) bool { return rho < enough*enough }
	way := path{
		program: p,
		at:      y,
		kappa:   order / branchStart,
		hasty:   true,
	}
	way.followPath(order/tolerance, branchGrowth, near)

	r := c.extendToChain(p, way.at, kept)
	r.bound = min(bound, part.certified(way.at.multipliers(p)))

	return r
}

// known returns a bound on a chain whose slopes are all known.
func (c *chain) known() float64 {
	bound, off := c.liplt(Two), c.off
	for i, l := range c.hidden() {
		off = rounding.MulUp(off, rounding.MulUp(l.slopes.lipschitz(), c.links[i+1].norm))
	}
	return rounding.AddUp(bound, off)
}

// begin returns the starting point of a branch's path, and a bound proved while finding it, +Inf if
// there is none. The point has the multipliers of the parent, because fixing a slope restricts the
// parent's M(ρ, λ) to a subspace. Otherwise it is found by solve from ECLipsE-Fast. y is nil if
// rounding errors or the number of units prevent this.
func (p *program) begin(part *chain, parent *relaxed, kept [][]int) (y *iterate, bound float64) {
	if parent != nil && parent.lambda != nil {
		// The branch's neurons are a subset of the parent's; kept maps them.
		lambda := make([][]float64, len(p.stages))
		for i, s := range p.stages {
			for _, j := range s.active {
				lambda[i] = append(lambda[i], parent.lambda[i][kept[i][j]])
			}
		}

		const slack = 1 + 1e-9 // covers rounding errors
		y, ok := p.iterateAt(parent.rho*slack, lambda)
		if ok {
			return y, math.Inf(1)
		}
	}

	x, scales := part.relax(uniform), part.fastScales()
	bound = x.bound(scales)
	if math.IsInf(bound, 1) || p.multipliers() > MaxOptimalUnits {
		return nil, bound
	}

	return p.solve(bound, x.multipliers(scales)), bound
}

// extendToChain maps an iterate of the program p, which has only the kept neurons, to all neurons
// of the chain.
func (c *chain) extendToChain(p *program, y *iterate, kept [][]int) *relaxed {
	r := &relaxed{rho: y.rho}
	for _, l := range c.hidden() {
		n := len(l.slopes.mid)
		r.lambda = append(r.lambda, make([]float64, n))
		r.looseness = append(r.looseness, make([]float64, n))
		r.rising = append(r.rising, make([]bool, n))
	}

	_, stages := p.carryForth(y, p.covarying(y))
	for i, s := range p.stages {
		for k, j := range s.active {
			whole := kept[i][j]
			z, v := stages[i].z.RawRowView(j), stages[i].v.RawRowView(j)
			size := linalg.EuclideanNorm(z)
			r.lambda[i][whole] = y.lambda[i][k]
			// Nothing enters the neuron.
			if size == 0 {
				continue
			}

			// r = v − az is as long as bz. No slope can produce the component of r orthogonal to z:
			// (9).
			b := s.slopes.radius[j]
			along := floats.Dot(z, v[:len(z)])/size - s.slopes.mid[j]*size
			r.rising[i][whole] = along > 0
			r.looseness[i][whole] = y.lambda[i][k] * max(0, b*b*size*size-along*along)
		}
	}

	return r
}
