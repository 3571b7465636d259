package bounds

import (
	"math"

	"github.com/liptrack/liptrack/internal/rounding"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// passage propagates an ellipsoid through an activation and the next weight, in the notation of
// ellipsoid. The multipliers are T = λτ² with a given τ. If the weight has more outputs than
// inputs, it is applied last, because the matrices before it are smaller.
type passage struct {
	in     ellipsoid
	slopes slopes
	next   *link
	late   bool // the weight W is applied last; I replaces it in outer and middle
	tau    []float64
	inner  gram   // FᵀBτ⁻²BF
	outer  gram   // Wτ²Wᵀ over the neurons with b > 0
	middle approx // WAF

	critical float64 // cached by criticalLambda; 0 before
	// Of the last call of through:
	lambda float64
	l      blas64.Triangular
}

func (e ellipsoid) pass(s slopes, next *link, tau []float64) *passage {
	p := &passage{in: e, slopes: s, next: next, tau: tau}
	// A neuron with a known slope has b = 0: it has no multiplier and does not contribute to inner
	// or outer.
	spread, reach := make([]float64, len(tau)), make([]float64, len(tau))
	for j, b := range s.radius {
		if b > 0 {
			spread[j], reach[j] = b/tau[j], tau[j]
		}
	}

	alpha, x := scaledRows(spread, e.f)
	p.inner = newGram(blas.Trans, alpha*alpha, x)
	if out, in := next.w.Dims(); out > in {
		p.late = true
		p.outer = diagonalGram(reach)
		alpha, x = scaledRows(s.mid, e.f)
		p.middle.m = new(mat.Dense)
		p.middle.m.Scale(alpha, x)
		p.middle.err = rounding.Outward(2 * rounding.Unit * Two.ofMagnitudes(p.middle.m))
		return p
	}

	alpha, x = scaledColumns(next.w, reach)
	p.outer = newGram(blas.NoTrans, alpha*alpha, x)
	p.middle = next.times(s.mid, approx{m: e.f}, Two)

	return p
}

// criticalLambda returns an approximation to the λ above which M is positive definite.
func (p *passage) criticalLambda() float64 {
	const least = 0x1p-400 // used if any λ > 0 is valid
	if p.critical == 0 {
		p.critical = max(p.inner.largestEigenvalue(), least)
	}
	return p.critical
}

// passLambda returns the ellipsoid after the passage for T = λτ²; ok is false if M has no Cholesky
// factor.
//
// Rounding: the factored matrix is M − ηI, with an η that exceeds all errors, so M − LLᵀ is
// positive semidefinite, which is all that the proof needs. Row k of Z = CL^−ᵀ with C = WAF is
// solved by substitution with an error ΔL in L, |ΔL| ≤ γ|L| [Higham, Theorem 8.5], which shifts
// (Cu)_k by Z_kΔLᵀu. Since |u| ≤ 1 and ‖L‖²_F = tr LLᵀ ≤ r, these shifts are at most 2γ√r‖Z‖_F in
// total. They and the error of C are added to err, together with the old err propagated through the
// activation and the weight.
func (p *passage) passLambda(lambda float64) (e ellipsoid, ok bool) {
	if p.l, ok = p.factorM(lambda); !ok {
		return e, false
	}

	p.lambda = lambda
	r := p.inner.a.N
	z := mat.DenseCopyOf(p.middle.m)
	blas64.Trsm(blas.Right, blas.Trans, 1, p.l, z.RawMatrix())

	next := gram{a: newSymmetric(p.outer.a.N)}
	blas64.Syrk(blas.NoTrans, 1, z.RawMatrix(), 0, next.a)
	for i, v := range p.outer.a.Data {
		next.a.Data[i] += lambda * v
	}

	// F′F′ᵀ = ZZᵀ + λ·outer, with the errors of both.
	gamma := rounding.Gamma(r + 4)
	next.err = rounding.Outward(lambda*p.outer.err + gamma/(1-gamma)*next.trace())
	e.f, ok = next.factor()
	if !ok {
		return e, false
	}

	behind := p.slopes.lipschitz() * p.in.err
	if !p.late {
		behind *= p.next.norm
	}

	shifts := 2 * rounding.Gamma(r+2) * math.Sqrt(float64(r)) * Two.ofMagnitudes(z)
	e.err = rounding.Outward(behind + p.middle.err + shifts)
	if p.late {
		product := p.next.times(noScaling, approx{m: e.f, err: e.err}, Two)
		e = ellipsoid{product.m, product.err}
	}

	return e, true
}

// factorM returns a Cholesky factor L for T = λτ², such that M − LLᵀ is positive semidefinite.
func (p *passage) factorM(lambda float64) (l blas64.Triangular, ok bool) {
	n := p.inner.a.N
	m := newSymmetric(n)
	for i, v := range p.inner.a.Data {
		m.Data[i] = -v / lambda
	}

	// M = I − inner/λ has trace ≤ n and norm ≤ 1; η is subtracted from its diagonal to cover all
	// errors.
	rounded := 4 * rounding.Unit * (1 + p.inner.trace()/lambda)
	errors := p.inner.err/lambda + rounded + choleskyError(n, float64(n))
	eta := rounding.Outward(errors)
	for i := range n {
		m.Data[i*n+i] += 1 - eta
	}
	return lapack64.Potrf(m)
}
