package bounds

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rounding"
)

// MaxSwiftInputs is the largest number of inputs for swift branches. With more inputs, units cut a
// region into too many parts.
const MaxSwiftInputs = 12

const (
	// slowBranches is the number of branches before the swift ones. They find a lower end.
	slowBranches = 20
	// refreshed is the number of swift branches after which Newton's method recomputes the
	// multipliers.
	refreshed = 5
	// roughly is the relative tolerance of that computation.
	roughly = 0.01
	// divesSwiftly is the number of swift branches per dive.
	divesSwiftly = 32
)

// swift reports whether the next branches are swift: step (12) of docs/lipsdp.md. The layers before
// the first open one are then a single matrix, the last hidden layer needs no Newton's method, and
// known points inside a region save most searches for others.
func (t *tree) swift() bool {
	few := t.space.n <= MaxSwiftInputs && !t.free
	return t.Swift && few && t.branches >= slowBranches
}

// cutSwiftly does the work of cut, starting from a known point inside if there is one, and keeps
// the points that are inside the rest.
func (t *tree) cutSwiftly(b *branch, j int) bool {
	if b.points == nil && !b.region.lost {
		b.points = [][]float64{b.region.witness}
	}

	half := b.rows.half(j)
	size := floats.Norm(half.row, 2) * b.signs[b.layer][j]
	most := 0.0
	var inside [][]float64
	for _, p := range b.points {
		margin := floats.Dot(half.row, p) / size
		if margin > clearlyInside {
			inside = append(inside, p)
		}

		if margin > most {
			most, b.region.witness = margin, p
		}
	}

	if !t.cutRegion(b, j) {
		return false
	}

	if len(inside) == 0 && !b.region.lost {
		inside = append(inside, b.region.witness)
	}
	b.points = inside

	return true
}

// relaxSwiftly bounds a swift branch.
func (t *tree) relaxSwiftly(b, parent *branch) *relaxed {
	b.stale = parent.stale + 1
	// The parent's multipliers belong to a layer that is already decided.
	if b.layer > parent.layer {
		b.stale = refreshed
	}

	start := t.ellipsoidOf(b)
	if b.layer == len(b.signs) {
		return &relaxed{bound: start.upperBound()}
	}

	c := t.rest(b, start)
	if b.layer == len(b.signs)-1 {
		return lastLayer(c, start, parent.multipliers(b.layer)).from(b.layer)
	}

	// The multipliers of the parent prove a bound, too.
	bound := math.Inf(1)
	before := parent.relaxed
	known := before.multipliers(b.layer)
	if known != nil {
		bound = c.certified(known)
		if bound <= t.enough() || b.stale < refreshed {
			r := *before
			r.bound = bound
			return &r
		}

		before = &relaxed{rho: before.rho, lambda: before.lambda[b.layer:]}
	}

	b.stale = 0
	r := c.relaxed(before, max(t.Gap, roughly), t.enough())
	r.bound = min(r.bound, bound)

	return r.from(b.layer)
}

// multipliers returns the t of all layers from the given one on, in the notation of ellipsoid; nil
// if there are none.
func (r *relaxed) multipliers(layer int) [][]float64 {
	if r.lambda == nil {
		return nil
	}

	var t [][]float64
	for _, lambda := range r.lambda[layer:] {
		ts := make([]float64, len(lambda))
		for j, l := range lambda {
			ts[j] = 1
			if l > 0 {
				ts[j] = r.rho / l
			}
		}

		t = append(t, ts)
	}

	return t
}

// from converts the results for a chain that begins with the given layer into results for the whole
// chain.
func (r *relaxed) from(layer int) *relaxed {
	if r.lambda != nil {
		r.lambda = append(make([][]float64, layer), r.lambda...)
		r.looseness = append(make([][]float64, layer), r.looseness...)
		r.rising = append(make([][]bool, layer), r.rising...)
	}
	return r
}

// ellipsoidOf returns the ellipsoid of the pre-activations of a branch's layer, scaled as in the
// chain.
func (t *tree) ellipsoidOf(b *branch) ellipsoid {
	units, coordinates := b.rows.rows.Dims()
	exponent := 0
	for i := range b.layer + 1 {
		exponent += t.chain.links[i].exponent
	}

	f := mat.NewDense(units, coordinates-1, nil)
	squares := 0.0
	for j := range units {
		to := f.RawRowView(j)
		for k, v := range b.rows.rows.RawRowView(j)[:coordinates-1] {
			to[k] = math.Ldexp(v, -exponent)
		}

		off := rounding.Norm2Up(b.rows.err.RawRowView(j)[:coordinates-1])
		squares += off * off
	}

	// Division by a power of 2 is exact, except for results below the normal numbers.
	off := rounding.Up(math.Sqrt(rounding.SumUp(squares, 2*units)))
	off = rounding.LdexpUp(off, -exponent)

	return ellipsoid{f: f, err: rounding.SumUp(off+float64(units*coordinates)*rounding.Tiny, 2)}
}

// rest returns the chain from a branch's layer on. Its first link combines all layers up to that
// one.
func (t *tree) rest(b *branch, start ellipsoid) *chain {
	c := &chain{output: 1, off: start.err}
	c.links = append(c.links, link{w: start.f, norm: start.upperBound()})
	c.links = append(c.links, t.chain.links[b.layer+1:]...)
	for i := range c.hidden() {
		c.links[i].slopes = newSlopes(b.ranges[b.layer+i])
	}
	return c
}

// lastLayer bounds a chain with one hidden layer whose first ellipsoid is start. It begins with
// known multipliers, if known is not nil.
func lastLayer(c *chain, start ellipsoid, known [][]float64) *relaxed {
	s := newLastStage(c, known)
	s.improve()

	inverse := func(t float64) float64 { return 1 / t }
	r := &relaxed{
		bound:     math.Inf(1),
		rho:       1,
		lambda:    [][]float64{mappedVector(s.t, inverse)},
		looseness: [][]float64{s.gain},
		rising:    [][]bool{s.rising},
	}
	e, ok := start.pass(
		c.links[0].slopes,
		&c.links[1],
		mappedVector(s.t, math.Sqrt),
	).passLambda(1)
	if ok {
		r.bound = e.upperBound()
	}

	return r
}
