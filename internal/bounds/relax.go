package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/floats"
)

// rule chooses the roots τ of the multipliers of the neurons of hidden layer i (from 0), of which
// the ellipsoid is given, up to a common factor.
type rule struct {
	name string
	tau  func(c *chain, i int, e ellipsoid) []float64
}

// uniform gives all neurons of a layer the same multiplier.
var uniform = rule{"uniform", func(c *chain, i int, _ ellipsoid) []float64 {
	return slices.Repeat([]float64{1}, len(c.links[i].slopes.mid))
}}

// balanced gives all neurons of a layer the same multiplier once they are rescaled by s to
// balance, which for the neurons as they are makes it 1/s² times as large.
var balanced = rule{"balanced", func(c *chain, i int, e ellipsoid) []float64 {
	tau := uniform.tau(c, i, e)
	floats.Div(tau, c.balanced().scales[i])
	return tau
}}

// dominantWidth is the largest number of neurons for which dominant is worth its n×n matrix.
const dominantWidth = 2048

// dominant makes T − BFFᵀB, which is positive definite just if M is, diagonally dominant: t_j is
// the sum of the magnitudes in row j of BFFᵀB.
var dominant = rule{"dominant", func(c *chain, i int, e ellipsoid) []float64 {
	alpha, x := scaledRows(c.links[i].slopes.radius, e.f)
	a := newGram(blas.NoTrans, alpha*alpha, x).a
	t := make([]float64, a.N)
	for j := range a.N {
		for k, v := range a.Data[j*a.N : j*a.N+j+1] {
			t[j] += math.Abs(v)
			if k < j {
				t[k] += math.Abs(v)
			}
		}
	}

	const relative, absolute = 1e-12, 0x1p-800 // floors, for neurons that do not change
	floor := max(relative*floats.Max(t), absolute)
	for j := range t {
		t[j] = math.Sqrt(max(t[j], floor))
	}

	return t
}}

// relaxation is the ellipsoid bound of a chain for a rule.
type relaxation struct {
	chain *chain
	rule  rule
	first *passage // nil without hidden layers
}

func (c *chain) relax(r rule) *relaxation {
	x := &relaxation{chain: c, rule: r}
	if len(c.links) > 1 {
		x.first = x.passage(0, c.firstEllipsoid())
	}
	return x
}

func (x *relaxation) passage(i int, e ellipsoid) *passage {
	l, next := &x.chain.links[i], &x.chain.links[i+1]
	return e.pass(l.slopes, next, x.rule.tau(x.chain, i, e))
}

// run passes through all hidden layers with the factors λ that lambda chooses. It returns the
// passages and the last ellipsoid; ok is false if a factorisation failed.
func (x *relaxation) run(lambda func(i int, p *passage) float64) (passages []*passage, e ellipsoid, ok bool) {
	e = x.chain.firstEllipsoid()
	for i := range x.chain.hidden() {
		p := x.first
		if i > 0 {
			p = x.passage(i, e)
		}
		passages = append(passages, p)
		e, ok = p.through(lambda(i, p))
		if !ok {
			return passages, e, false
		}
	}
	return passages, e, true
}

// scaled runs with λ the given multiples, each > 1, of the critical ones.
func (x *relaxation) scaled(scales []float64) ([]*passage, ellipsoid, bool) {
	return x.run(func(i int, p *passage) float64 {
		return scales[i] * p.criticalLambda()
	})
}

// bound returns the bound of the chain for the scales, +Inf if it is not proved.
func (x *relaxation) bound(scales []float64) float64 {
	_, e, ok := x.scaled(scales)
	if !ok {
		return math.Inf(1)
	}
	return e.upper()
}
