package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// descent minimises the ellipsoid bound over the logarithms of all multipliers. The square of the
// bound is the largest eigenvalue of the final G = FFᵀ, which has kinks where eigenvalues cross.
// The objective is therefore log tr(G^p)/p, which is smooth and approaches the logarithm of the
// largest eigenvalue as p grows.
type descent struct {
	chain *chain
	power float64 // p
	best  float64 // the smallest bound found
	used  int     // number of evaluations
}

// powers lists the p of a descent in order. A stage ends after stageEvaluations or when a step
// gains less than stageGain.
var powers = []float64{20, 100, 1000}

const (
	stageEvaluations   = 120
	stageGain          = 1e-7
	descentEvaluations = 3 * stageEvaluations // over all powers
)

// descend returns the smallest bound found by a descent from the multipliers t with at most the
// given number of evaluations. A descent with more evaluations begins with the same steps.
func (c *chain) descend(t [][]float64, evaluations int) float64 {
	d := &descent{chain: c, best: math.Inf(1)}
	// Logarithms keep the multipliers positive without a constraint.
	x := slices.Concat(t...)
	for j, v := range x {
		x[j] = math.Log(v)
	}
	// Start with a small p: the objective is smooth then, and its minimum is a good start for the
	// next p.
	for _, d.power = range powers {
		left := evaluations - d.used
		if left > 0 {
			x = lbfgs(x, min(stageEvaluations, left), stageGain, d.evaluate)
		}
	}

	return d.best
}

// evaluate returns the objective and its gradient at x, the logarithms of the multipliers, or +Inf
// and nil if no bound is proved there.
func (d *descent) evaluate(x []float64) (value float64, gradient []float64) {
	d.used++
	// The multipliers are given in full, so each λ is 1.
	given := rule{tau: func(c *chain, i int, _ ellipsoid) []float64 {
		return c.roots(x, i)
	}}
	whole := func(int, *passage) float64 { return 1 }
	passages, e, ok := d.chain.relax(given).runRelaxation(whole)
	if !ok {
		return math.Inf(1), nil
	}

	// Every evaluation is a proof of its own, so the best bound counts even if the smoothed
	// objective does not improve.
	d.best = min(d.best, e.upperBound())
	value, u, ok := softTop(e.f, d.power)
	if !ok {
		return math.Inf(1), nil
	}

	// Backward pass: the chain rule, starting from the outputs. The layers of x are in the order of
	// the network.
	for _, p := range slices.Backward(passages) {
		var layer []float64
		layer, u = p.back(u)
		gradient = append(layer, gradient...)
	}

	return value, gradient
}

// roots returns the square roots of the multipliers of hidden layer i, given the logarithms x of
// all multipliers.
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

// softTop returns log tr(G^p)/p for G = FFᵀ, and a matrix U such that UUᵀ is its derivative with
// respect to G.
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

	// Eigenvalues are divided by the largest one, because λ^1000 would overflow. Negative
	// eigenvalues are rounding errors.
	var sum float64
	for k := range lambda {
		lambda[k] = max(lambda[k]/top, 0)
		sum += math.Pow(lambda[k], p)
	}

	// d/dG log tr(G^p)/p = V diag(λ^(p−1)) Vᵀ / tr(G^p). Compute its square root, so that it has
	// the form UUᵀ.
	for k, ratio := range lambda {
		lambda[k] = math.Sqrt(math.Pow(ratio, p-1) / (sum * top))
	}

	u = new(mat.Dense)
	eigen.VectorsTo(u)
	u.Mul(u, mat.NewDiagDense(len(lambda), lambda))

	return math.Log(top) + math.Log(sum)/p, u, true
}

// back propagates a matrix U, where UUᵀ is the derivative of a function with respect to F′F′ᵀ,
// backward through the last call of through. It returns the derivatives with respect to the
// logarithms of the multipliers, and the U of FFᵀ. With N = FM⁻¹Fᵀ, they follow from
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
	// A neuron with a known slope has b = 0 and no multiplier to differentiate by. The two terms
	// are the derivatives of T and of T⁻¹ in the formulas above; dt = t·d(log t).
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
