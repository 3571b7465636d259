package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
)

// relaxed is LipSDP-Neuron for the slopes that a branch leaves open: a certified bound, and what
// the branches of it begin with.
type relaxed struct {
	bound float64 // on the chain as scaled
	rho   float64
	// lambda are the multipliers by layer and neuron; where there is none, 0.
	lambda [][]float64
	// looseness is what the relaxation gains of each neuron by not knowing its slope, and rising
	// says which of its slopes it would rather have: the larger one.
	looseness [][]float64
	rising    [][]bool
}

const (
	// branchGrowth is by how much κ grows along the path of a branch, which begins near the end.
	branchGrowth = 30
	// branchStart is how far ρ is from its least at the beginning of that path, relatively.
	branchStart = 0.2
)

// withSlopes returns the chain with other slopes of its hidden layers.
func (c *chain) withSlopes(ranges [][]Range) *chain {
	other := *c
	other.equal = nil // which depends on the slopes
	other.links = slices.Clone(c.links)
	for i := range other.hidden() {
		other.links[i].slopes = newSlopes(ranges[i])
	}
	return &other
}

// relaxed bounds the chain to about a tolerance, from the multipliers of a chain with wider slopes;
// nil for none. A bound below enough is not lowered further.
func (c *chain) relaxed(parent *relaxed, tolerance, enough float64) *relaxed {
	part, kept, ok := c.pruned()
	// No neuron of some layer carries anything: the outputs are constant.
	if !ok {
		return &relaxed{}
	}

	p := newProgram(part)
	// All slopes are known: the branch is one matrix, of which liplt's bound is the norm.
	if p.multipliers() == 0 {
		return &relaxed{bound: part.known()}
	}

	y, bound := p.begin(part, parent, kept)
	if y == nil {
		return &relaxed{bound: bound}
	}

	// A relative distance of order/κ to the optimum, as in solve.
	order := float64(p.order())
	near := func(rho float64) bool { return rho < enough*enough }
	way := path{
		program: p,
		at:      y,
		kappa:   order / branchStart,
		hasty:   true,
	}
	way.follow(order/tolerance, branchGrowth, near)

	r := c.spread(p, way.at, kept)
	r.bound = min(bound, part.certified(way.at.multipliers(p)))

	return r
}

// known returns a bound on a chain all of whose slopes are known.
func (c *chain) known() float64 {
	bound, off := c.liplt(Two), c.off
	for i, l := range c.hidden() {
		off = rounding.MulUp(off, rounding.MulUp(l.slopes.lipschitz(), c.links[i+1].norm))
	}
	return rounding.AddUp(bound, off)
}

// begin returns a point from which the path of a branch begins, with what is proved before: the
// parent's multipliers, for its M(ρ, λ) with a slope known is a part of it, or else a centre found
// from ECLipsE-Fast; nil where rounding or the number of units lets none be found.
func (p *program) begin(part *chain, parent *relaxed, kept [][]int) (y *iterate, bound float64) {
	if parent != nil && parent.lambda != nil {
		// The branch's neurons are among the parent's; kept says which.
		lambda := make([][]float64, len(p.stages))
		for i, s := range p.stages {
			for _, j := range s.active {
				lambda[i] = append(lambda[i], parent.lambda[i][kept[i][j]])
			}
		}

		const slack = 1 + 1e-9 // for rounding
		y, ok := p.at(parent.rho*slack, lambda)
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

// spread tells of the neurons of the whole chain what the iterate of a part with the kept ones
// knows.
func (c *chain) spread(p *program, y *iterate, kept [][]int) *relaxed {
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

			// r = v − az is as long as bz. No slope makes the part of r that is not along z: (9).
			b := s.slopes.radius[j]
			along := floats.Dot(z, v[:len(z)])/size - s.slopes.mid[j]*size
			r.rising[i][whole] = along > 0
			r.looseness[i][whole] = y.lambda[i][k] * max(0, b*b*size*size-along*along)
		}
	}

	return r
}
