package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/floats"
)

// rule returns the square roots τ of the multipliers of the neurons of hidden layer i (counted from
// 0), up to a common factor, given the ellipsoid of the layer.
type rule struct {
	name string
	tau  func(c *chain, i int, e ellipsoid) []float64
}

// uniform gives all neurons of a layer the same multiplier.
var uniform = rule{"uniform", func(c *chain, i int, _ ellipsoid) []float64 {
	return slices.Repeat([]float64{1}, len(c.links[i].slopes.mid))
}}

// balanced gives all neurons of a layer the same multiplier after rescaling them by s to balance.
// In terms of the original neurons this multiplies the multipliers by 1/s².
var balanced = rule{"balanced", func(c *chain, i int, e ellipsoid) []float64 {
	tau := uniform.tau(c, i, e)
	floats.Div(tau, c.balanced().scales[i])
	return tau
}}

// dominantWidth is the largest number of neurons for which the n×n matrix of dominant is worth its
// cost.
const dominantWidth = 2048

// dominant makes T − BFFᵀB, which is positive definite if and only if M is, diagonally dominant:
// t_j is the sum of the magnitudes in row j of BFFᵀB.
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

	const relative, absolute = 1e-12, 0x1p-800 // lower limits, for neurons that do not vary
	floor := max(relative*floats.Max(t), absolute)
	for j := range t {
		t[j] = math.Sqrt(max(t[j], floor))
	}

	return t
}}

// relaxation is the ellipsoid bound of a chain under a rule.
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

// runRelaxation propagates the ellipsoid through all hidden layers with the factors λ that lambda
// returns. It returns the passages and the last ellipsoid; ok is false if a factorisation failed.
func (x *relaxation) runRelaxation(lambda func(i int, p *passage) float64) (passages []*passage, e ellipsoid, ok bool) {
	e = x.chain.firstEllipsoid()
	for i := range x.chain.hidden() {
		p := x.first
		if i > 0 {
			p = x.passage(i, e)
		}
		passages = append(passages, p)
		e, ok = p.passLambda(lambda(i, p))
		if !ok {
			return passages, e, false
		}
	}
	return passages, e, true
}

// runScaled calls run with λ set to the given multiples of the critical λ. Each multiple must
// exceed 1.
func (x *relaxation) runScaled(scales []float64) ([]*passage, ellipsoid, bool) {
	return x.runRelaxation(func(i int, p *passage) float64 {
		return scales[i] * p.criticalLambda()
	})
}

// bound returns the bound of the chain for the scales, or +Inf if it is not proved.
func (x *relaxation) bound(scales []float64) float64 {
	_, e, ok := x.runScaled(scales)
	if !ok {
		return math.Inf(1)
	}
	return e.upperBound()
}
