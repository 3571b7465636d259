package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
)

// optimum is LipSDP-Neuron near its optimum: a certified upper bound, and a lower bound on the
// optimum that ignores rounding errors.
type optimum struct{ upper, lower float64 }

// MaxOptimalUnits is the largest number of hidden units for which LipSDPOptimal finds the optimum:
// the Hessian and its ingredients take 10 numbers of memory for each pair of units.
const MaxOptimalUnits = 8192

// optimise finds the optimum of a chain with hidden layers.
func (c *chain) optimise() optimum {
	c, _, ok := c.pruned()
	if !ok { // the outputs are constant
		return optimum{0, 0}
	}

	p := newProgram(c)
	// Every slope is known.
	if p.multipliers() == 0 {
		bound := c.liplt(Two)
		return optimum{bound, bound}
	}

	y, bound := p.begin(c, nil, nil)
	if y == nil {
		return optimum{upper: bound}
	}

	return optimum{
		upper: min(bound, c.certified(y.multipliers(p))),
		lower: p.attained(y),
	}
}

// pruned returns the chain without the neurons that carry no signal, because nothing enters or
// leaves them; these have no multiplier at the optimum. kept lists the remaining neurons of each
// hidden layer. ok is false if a layer has no neurons left, so that the outputs are constant.
func (c *chain) pruned() (pruned *chain, kept [][]int, ok bool) {
	alive := make([][]bool, len(c.links)) // by link and output
	for i, l := range c.links {
		alive[i] = slices.Repeat([]bool{true}, len(l.slopes.mid))
	}

	// Removing a neuron may cut off the only way into or out of other neurons.
	for again := true; again; {
		again = false
		for i := range c.hidden() {
			for j, lives := range alive[i] {
				if lives && !c.carries(alive, i, j) {
					alive[i][j], again = false, true
				}
			}
		}
	}

	kept = make([][]int, len(c.hidden()))
	for i := range kept {
		for j, lives := range alive[i] {
			if lives {
				kept[i] = append(kept[i], j)
			}
		}

		if len(kept[i]) == 0 {
			return nil, nil, false
		}
	}

	return c.only(kept), kept, true
}

// carries reports whether neuron j of hidden layer i carries a signal from and to neurons that are
// alive.
func (c *chain) carries(alive [][]bool, i, j int) bool {
	l, next := &c.links[i], c.links[i+1].w
	if l.slopes.mid[j] == 0 && l.slopes.radius[j] == 0 {
		return false
	}

	in := i == 0 && c.off > 0 // what is known up to an error is not 0 for sure
	for k, w := range l.w.RawRowView(j) {
		in = in || w != 0 && (i == 0 || alive[i-1][k])
	}

	out := false
	for k, lives := range alive[i+1] {
		out = out || lives && next.At(k, j) != 0
	}

	return in && out
}

// only returns the chain with the kept neurons of its hidden layers.
func (c *chain) only(kept [][]int) *chain {
	all := true
	for i, l := range c.hidden() {
		all = all && len(kept[i]) == len(l.slopes.mid)
	}

	if all {
		return c
	}

	part := &chain{
		exponent: c.exponent,
		output:   c.output,
		off:      c.off,
	}
	_, inputs := c.links[0].w.Dims()
	cols := upTo(inputs)
	for i, l := range c.links {
		rows := upTo(len(l.slopes.mid))
		if i < len(kept) {
			rows = kept[i]
		}

		l.w = selection(l.w, rows, cols)
		l.slopes = slopes{elements(l.slopes.mid, rows), elements(l.slopes.radius, rows)}
		part.links = append(part.links, l)
		cols = rows
	}

	return part
}

// upTo returns the integers from 0 to n−1.
func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

func elements(v []float64, which []int) []float64 {
	chosen := make([]float64, len(which))
	for k, j := range which {
		chosen[k] = v[j]
	}
	return chosen
}

// selection returns the rows and columns of w with the given numbers.
func selection(w *mat.Dense, rows, cols []int) *mat.Dense {
	s := mat.NewDense(len(rows), len(cols), nil)
	for i, row := range rows {
		s.SetRow(i, elements(w.RawRowView(row), cols))
	}
	return s
}

// multipliers returns the t of all neurons, in the notation of ellipsoid.
func (y *iterate) multipliers(p *program) [][]float64 {
	t := make([][]float64, len(p.stages))
	for i, s := range p.stages {
		t[i] = slices.Repeat([]float64{1}, len(s.slopes.mid))
		for k, j := range s.active {
			t[i][j] = y.rho / y.lambda[i][k]
		}
	}
	return t
}

// certified returns the bound proved by the multipliers t, or +Inf if it is not proved. Unlike
// relaxation.bound, it does not accumulate rounding errors over the layers, so deep chains keep
// their accuracy.
func (c *chain) certified(t [][]float64) float64 {
	e := c.firstEllipsoid()
	for i, l := range c.hidden() {
		var ok bool
		e, ok = e.pass(l.slopes, &c.links[i+1], mappedVector(t[i], math.Sqrt)).passLambda(1)
		if !ok {
			return math.Inf(1)
		}

		// After the last layer nothing multiplies the error any more.
		if i+2 < len(c.links) {
			e, ok = e.absorbed()
			if !ok {
				return math.Inf(1)
			}
		}
	}

	return e.upperBound()
}

// absorbed returns an ellipsoid with err 0 that contains e. For any θ > 0 and any vector g,
//
//	g·(Fu + e) ≤ |Fᵀg| + ε|g| ≤ √((1+θ)|Fᵀg|² + (1+1/θ)ε²|g|²),
//
// so F′F′ᵀ = (1+θ)FFᵀ + (1+1/θ)ε²I is sufficient; θ = ε/‖F‖ makes the ellipsoid grow by about 2θ.
func (e ellipsoid) absorbed() (ellipsoid, bool) {
	size := linalg.FrobeniusNorm(e.f)
	if e.err == 0 || size == 0 {
		return e, true
	}

	theta := e.err / size
	g := newGram(blas.NoTrans, rounding.Up(1+theta), e.f)
	added := rounding.Outward(e.err * e.err * (1 + 1/theta))
	for i := range g.a.N {
		g.a.Data[i*g.a.N+i] += added
	}

	g.err = rounding.Outward(g.err + rounding.Unit*g.trace())

	f, ok := g.factor()
	return ellipsoid{f: f}, ok
}

// attained returns a lower bound on the optimum, ignoring rounding errors (7).
func (p *program) attained(y *iterate) float64 {
	x := p.covarying(y)
	outputs, _ := p.carryForth(y, x)
	return linalg.FrobeniusNorm(outputs) / linalg.FrobeniusNorm(x)
}

// covarying returns rows x whose covariance is the covariance of the inputs under M.
func (p *program) covarying(y *iterate) *mat.Dense {
	x := identity(p.inputs())
	// M restricted to the inputs is LLᵀ, so the rows of L⁻ᵀ have the covariance (LLᵀ)⁻¹.
	blas64.Trsm(blas.Left, blas.Trans, 1, y.input, x.RawMatrix())
	return x
}

// carried holds a stage's values for rows x: its pre-activations z and activations v = Az + r.
type carried struct{ z, v *mat.Dense }

// carryForth propagates rows x forward. It returns the outputs and the values of each stage.
func (p *program) carryForth(y *iterate, x *mat.Dense) (outputs *mat.Dense, stages []carried) {
	z := product(p.first, x)
	for i := range p.stages {
		s := &p.stages[i]
		v := s.outputs(z, y.factors[i], y.lifted[i], y.lambda[i])
		stages = append(stages, carried{z, v})
		z = product(s.next, v)
	}
	return z, stages
}

// outputs returns the activations Az + r of the vectors z, one row per neuron. r has the mean that
// M gives it, plus its own noise in further columns, and is scaled so that |r_j| = b_j|z_j|.
func (s *stage) outputs(z *mat.Dense, factor blas64.Triangular, lifted *mat.Dense, lambda []float64) *mat.Dense {
	n, m := z.Dims()
	a := len(s.active)
	v := mat.NewDense(n, m+a, nil)
	for j, mid := range s.slopes.mid {
		floats.AddScaled(v.RawRowView(j)[:m], mid, z.RawRowView(j))
	}

	if a == 0 {
		return v
	}

	// With LLᵀ = I − T^½ΩT^½, r has the mean T^½L⁻ᵀ·lifted·z, plus T^½L⁻ᵀ times white noise. T^½ is
	// omitted, because each row is scaled below.
	r := mat.NewDense(a, m+a, nil)
	mean := product(lifted, z)
	for k := range a {
		copy(r.RawRowView(k), mean.RawRowView(k))
		r.Set(k, m+k, 1)
	}

	blas64.Trsm(blas.Left, blas.Trans, 1, factor, r.RawMatrix())

	for k, j := range s.active {
		row := r.RawRowView(k)
		size := linalg.EuclideanNorm(row)
		if size == 0 {
			continue
		}

		length := s.slopes.radius[j] * linalg.EuclideanNorm(z.RawRowView(j))
		floats.AddScaled(v.RawRowView(j), length/size, row)
	}

	return v
}
