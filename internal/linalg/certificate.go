package linalg

import (
	"math"

	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/internal/rounding"
)

// certify tries to prove that no eigenvalue of AAᵀ exceeds the shift s by more than rounding, where
// g is the computed Gram matrix Ĝ of A. If it succeeds, bound is a number ≥ the largest eigenvalue
// λ₁(AAᵀ). The proof is that M = sI − Ĝ has a Cholesky factor:
//
//  1. Sums of k products in any order give |Ĝ − AAᵀ| ≤ γₖ|A||A|ᵀ [Higham, eq. (3.13)], so
//     λ₁(AAᵀ) ≤ λ₁(Ĝ) + γₖ‖A‖²_F, and ‖A‖²_F ≤ tr(Ĝ)/(1 − γₖ).
//  2. The computed M̂ differs from M on the diagonal only, by at most u·tr(M̂) in norm.
//  3. If Cholesky runs to completion on M̂, then R̂ᵀR̂ = M̂ + E with
//     |eᵢⱼ| ≤ γ′/(1 − γ′)·√(m̂ᵢᵢm̂ⱼⱼ), γ′ = γₙ₊₁ [Higham, Theorems 10.3 and 10.5], for any order of
//     sums and blocks, if triangles are solved by substitution; γ′ = γₙ₊₂ also covers division by
//     multiplication with the reciprocal. As R̂ᵀR̂ ⪰ 0, λ₁(Ĝ) ≤ s + (u + γ′/(1 − γ′))·tr(M̂)
//     (S. M. Rump, Verification of positive definiteness, BIT 46, 2006).
//
// Underflow adds at most nk·2⁻¹⁰⁷⁴, which is negligible: scaledGram keeps the Gram matrix above
// 2⁻²⁰².
func (g gram) certify(shift float64) (bound float64, ok bool) {
	n := g.n
	m := takeScratch(n * n)
	defer giveScratch(m)
	// Cholesky overwrites its matrix, and g is needed again if this shift fails.
	processors.Each(n, func(i int) {
		for j, v := range g.data[i*n : i*n+i] {
			m[i*n+j] = -v
		}
	})

	// M = sI − Ĝ, and the traces by which the three steps bound the errors.
	var traceG, traceM float64
	for i := range n {
		m[i*n+i] = shift - g.data[i*n+i]
		traceG += g.data[i*n+i]
		traceM += m[i*n+i]
	}

	if !Cholesky(n, m) {
		return 0, false
	}

	return certified(shift, rounding.Gamma(g.k), traceG, rounding.Gamma(n+2), traceM), true
}

// certified returns the bound for a shift at which Cholesky ran to completion. gammaG and traceG
// are the γ and the trace of the Gram matrix, for step 1 of [gram.certify]; gammaM and traceM are
// the γ and the trace of M, for steps 2 and 3. The sum is rounded up at the end.
func certified(shift, gammaG, traceG, gammaM, traceM float64) float64 {
	margin := gammaG/(1-gammaG)*traceG + (rounding.Unit+gammaM/(1-gammaM))*traceM
	const marginRounding = 1 + 0x1p-10 // exceeds the rounding error of the traces, sums of n positive numbers
	return rounding.Up(shift + margin*marginRounding)
}

// top finds σ₁ of 2^exponent·A from the Gram matrix g of A. If g is large, it tries Lanczos first,
// which can find an eigenvalue other than the largest if its start has no component along the top
// eigenvector. If Cholesky refutes a result, top tries the next method. The bound is +Inf if no
// proof succeeds, as none can if g is not a Gram matrix.
func (g gram) top(start []float64, exponent int) Top {
	slack := 8 * float64(g.n) * rounding.Unit // lets Cholesky succeed despite its rounding

	if g.n >= lanczosFrom {
		// The vector of the previous epoch is a good start, unless it has no component along the
		// top eigenvector. If the proof fails, try again from the default start.
		starts := [][]float64{nil}
		if usable(start, g.n) {
			starts = [][]float64{start, nil}
		}

		for _, start := range starts {
			value, vector := g.lanczos(start)
			bound, ok := g.certify(value * (1 + slack))
			if ok {
				return newTop(value, bound, exponent, vector)
			}
		}
	}

	return prove(g.largestEigenvalue(), slack, exponent, g.certify)
}

// prove returns the σ₁ that belongs to an eigenvalue, with the first bound that certify proves. A
// larger shift makes M more positive definite, so the proof gets easier and the bound looser.
func prove(value, slack float64, exponent int, certify func(shift float64) (bound float64, ok bool)) Top {
	for ; slack < 8; slack *= 8 {
		bound, ok := certify(value * (1 + slack))
		if ok {
			return newTop(value, bound, exponent, nil)
		}
	}
	return newTop(value, math.Inf(1), exponent, nil)
}

// newTop returns the square roots of an eigenvalue and of its bound, scaled by 2^exponent. It
// rounds the bound up.
func newTop(value, bound float64, exponent int, vector []float64) Top {
	return Top{
		Norm:   math.Ldexp(math.Sqrt(value), exponent),
		Upper:  rounding.LdexpUp(rounding.Up(math.Sqrt(bound)), exponent),
		Vector: vector,
	}
}
