// Package linalg provides the arithmetic that liptrack adds to gonum: a BLAS chosen at run time,
// the matrix product in float32 and float64, and largest singular values and eigenvalues, with
// certificates, of one large matrix or of thousands of small ones.
//
// It knows nothing of networks, training or files. Every package may import it; it imports
// gonum, purego and the standard library.
//
// # How a spectral norm is computed
//
//	        1           2          3                4            5
//	A ────────► G = AAᵀ ──► G/s ──────► tridiagonal T ──► λ₁(T) ──► √(s·λ₁)
//	                  └── order ≥ 512: Lanczos, then proof ──► λ₁(G) ──┘
//
// Comments in the code cite these steps.
//
//  1. The Gram matrix G of the smaller side of A has order p and σ₁(A)² = λ₁(G) (gram.go,
//     gramsmall.go). The relative error of σ₁ is about u·p.
//  2. A scale s keeps squares and polynomials within the range of float64: a power of 2 where one
//     is needed (scaledGram); the trace in SIMD lanes (norms_avx2.go), so that λ₁ ≤ 1.
//  3. Householder reflections I − βuuᵀ make G tridiagonal, last row first (reduction.go). With
//     p = βGu and q = p − ½β(uᵀp)u, the reflected matrix is G − uqᵀ − quᵀ: one product, one update.
//  4. Laguerre's method finds λ₁(T) from above (tridiagonal.go). Let n be the order of T, x a point
//     above all eigenvalues, s₁ = Σ 1/(x−λᵢ), s₂ = Σ 1/(x−λᵢ)² and y = 1/(x−λ₁). By Cauchy and
//     Schwarz, the terms other than y obey (s₁−y)² ≤ (n−1)(s₂−y²). This gives y ≤ t/n with
//     t = s₁ + √((n−1)(ns₂−s₁²)). So the step n/t is at most x−λ₁, and the descent never passes λ₁.
//     The sums are logarithmic derivatives of the characteristic polynomial, from recurrences.
//  5. The square root is scaled back. A certified bound comes from gram.certify instead: Cholesky
//     proves that no eigenvalue is above a shift, and margins for rounding are added.
//
// From order 512 on, Lanczos (lanczos.go) replaces steps 3 and 4: a few dozen products with G
// instead of a reduction of p³ operations. It may miss the largest eigenvalue; the proof of step 5
// detects that.
//
// The rounding error bounds are from N. J. Higham, Accuracy and Stability of Numerical Algorithms,
// 2nd ed., SIAM 2002, cited as [Higham].
package linalg
