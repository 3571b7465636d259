package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// descent lowers the ellipsoid bound over the logarithms of all multipliers. The square of the
// bound is the largest eigenvalue of G = FFᵀ at the end, which has kinks where eigenvalues cross.
// What is minimised is log tr(G^p)/p, which has none and nears its logarithm as p grows.
type descent struct {
	chain *chain
	power float64 // p
	best  float64 // the least bound met
	used  int     // how often it was evaluated
}

// powers are the p of a descent, one after another. A stage ends after stageEvaluations or where
// a step gains less than stageGain.
var powers = []float64{20, 100, 1000}

const (
	stageEvaluations   = 120
	stageGain          = 1e-7
	descentEvaluations = 3 * stageEvaluations // of all powers
)

// descend returns the least bound met on a descent from the multipliers t that evaluates at most so
// many. One that evaluates more begins with the same steps.
func (c *chain) descend(t [][]float64, evaluations int) float64 {
	d := &descent{chain: c, best: math.Inf(1)}
	// Logarithms keep the multipliers positive without a constraint.
	x := slices.Concat(t...)
	for j, v := range x {
		x[j] = math.Log(v)
	}
	// A small p first: the objective is smooth then, and its minimum a good start for the next p.
	for _, d.power = range powers {
		left := evaluations - d.used
		if left > 0 {
			x = lbfgs(x, min(stageEvaluations, left), stageGain, d.evaluate)
		}
	}

	return d.best
}

// evaluate returns the objective and its gradient at the logarithms x of the multipliers; +Inf and
// nil where no bound is proved.
func (d *descent) evaluate(x []float64) (value float64, gradient []float64) {
	d.used++
	// The multipliers are given whole, so each λ is 1.
	given := rule{tau: func(c *chain, i int, _ ellipsoid) []float64 {
		return c.roots(x, i)
	}}
	whole := func(int, *passage) float64 { return 1 }
	passages, e, ok := d.chain.relax(given).run(whole)
	if !ok {
		return math.Inf(1), nil
	}

	// Every evaluation is a proof of its own, so the best one counts even if the smoothed objective
	// does not improve.
	d.best = min(d.best, e.upper())
	value, u, ok := softTop(e.f, d.power)
	if !ok {
		return math.Inf(1), nil
	}

	// The chain rule, from the outputs back. The layers of x are in the order of the network.
	for _, p := range slices.Backward(passages) {
		var layer []float64
		layer, u = p.back(u)
		gradient = append(layer, gradient...)
	}

	return value, gradient
}

// roots returns the roots of the multipliers of hidden layer i, where x are the logarithms of all
// multipliers.
func (c *chain) roots(x []float64, i int) []float64 {
	for _, l := range c.links[:i] {
		x = x[len(l.slopes.mid):]
	}
	tau := make([]float64, len(c.links[i].slopes.mid))
	for j := range tau {
		tau[j] = math.Exp(x[j] / 2)
	}
	return tau
}

// softTop returns log tr(G^p)/p for G = FFᵀ, and a matrix U such that UUᵀ is its derivative by G.
func softTop(f *mat.Dense, p float64) (value float64, u *mat.Dense, ok bool) {
	var g mat.SymDense
	g.SymOuterK(1, f)
	var eigen mat.EigenSym
	if !eigen.Factorize(&g, true) {
		return 0, nil, false
	}

	lambda := eigen.Values(nil)
	top := floats.Max(lambda)
	if !(top > 0) {
		return 0, nil, false
	}

	// Eigenvalues are divided by the largest one, as λ^1000 would overflow. Negative ones are
	// rounding.
	var sum float64
	for k := range lambda {
		lambda[k] = max(lambda[k]/top, 0)
		sum += math.Pow(lambda[k], p)
	}

	// d/dG log tr(G^p)/p = V diag(λ^(p−1)) Vᵀ / tr(G^p); here its root, for UUᵀ.
	for k, ratio := range lambda {
		lambda[k] = math.Sqrt(math.Pow(ratio, p-1) / (sum * top))
	}

	u = new(mat.Dense)
	eigen.VectorsTo(u)
	u.Mul(u, mat.NewDiagDense(len(lambda), lambda))

	return math.Log(top) + math.Log(sum)/p, u, true
}

// back takes a matrix U, with UUᵀ the derivative of a function by F′F′ᵀ, back through the passage
// that was last made. It returns the derivatives by the logarithms of the multipliers, and the U
// of FFᵀ. With N = FM⁻¹Fᵀ, what follows is that
//
//	F′F′ᵀ = W(T + ANA)Wᵀ  and  dN = (I + NBT⁻¹B) dFFᵀ (I + BT⁻¹BN) − NB T⁻² dT BN.
func (p *passage) back(u *mat.Dense) (gradient []float64, before *mat.Dense) {
	var g, q, y mat.Dense
	g.Mul(p.next.w.T(), u)
	neurons, k := g.Dims()
	before = mat.NewDense(neurons, k, nil)
	for j, a := range p.slopes.mid {
		floats.AddScaled(before.RawRowView(j), a, g.RawRowView(j))
	}

	// y = F·M⁻¹·Fᵀ·A·Wᵀ·U by two triangular solves, since M = LLᵀ.
	q.Mul(p.in.f.T(), before)
	blas64.Trsm(blas.Left, blas.NoTrans, 1, p.l, q.RawMatrix())
	blas64.Trsm(blas.Left, blas.Trans, 1, p.l, q.RawMatrix())
	y.Mul(p.in.f, &q) // N·A·Wᵀ·U

	gradient = make([]float64, neurons)
	// A neuron with one known slope has no multiplier to differentiate by: b is 0.
	// The two terms are the derivatives of T and of T⁻¹ in the formulas above; dt = t·d(log t).
	for j, b := range p.slopes.radius {
		if b == 0 {
			continue
		}

		t := p.lambda * p.tau[j] * p.tau[j]
		gj, yj := g.RawRowView(j), y.RawRowView(j)
		gradient[j] = t*floats.Dot(gj, gj) - b*b/t*floats.Dot(yj, yj)
		floats.AddScaled(before.RawRowView(j), b*b/t, yj)
	}

	return gradient, before
}
