package linalg

import (
	"math"

	"github.com/liptrack/liptrack/internal/rounding"
)

// largestTridiagonal returns the largest eigenvalue of the symmetric tridiagonal matrix T with
// diagonal d (n ≥ 1) and squared off-diagonals e2 (n), where e2[i] couples i−1 and i and e2[0] is
// 0. It is correct to a few units in the last place of ‖T‖.
//
// It descends from an upper bound by Laguerre's method. For a polynomial with only real roots, the
// method never passes the largest root, and converges to it cubically if it is simple (B. N.
// Parlett, Math. Comp. 18, 1964). If rounding passes it, the signs of the pivots maintain a
// bracket, so the descent ends for every T.
func largestTridiagonal(d, e2 []float64) float64 {
	lo, hi := bracket(d, e2)
	tol := 4 * rounding.Unit * max(math.Abs(lo), math.Abs(hi))
	n := float64(len(d))
	leap := tol
	for x := hi; hi-lo > tol; {
		s1, s2, above := inverseMoments(d, e2, x)
		if !above {
			// The step went too far, usually by an ulp or two: go back in small steps.
			lo = x
			x = min(lo+leap, lo+(hi-lo)/2)
			leap *= 8
			continue
		}

		hi = x
		// Laguerre's step, step 4 of the package comment.
		step := n / (s1 + math.Sqrt(max(0, (n-1)*(n*s2-s1*s1))))
		if step <= tol {
			return max(x-step, lo)
		}

		// A step outside the bracket, or NaN, is due to rounding: bisect the bracket instead.
		x -= step
		if !(x > lo) {
			x = lo + (hi-lo)/2
		}
	}

	return lo
}

// bracket returns a lower and an upper bound of the largest eigenvalue: the largest diagonal
// element, which is a Rayleigh quotient, and Gershgorin's bound.
func bracket(d, e2 []float64) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(-1)
	var left float64
	for i := range d {
		var right float64
		if i+1 < len(d) {
			right = math.Sqrt(e2[i+1])
		}
		lo = max(lo, d[i])
		hi = max(hi, d[i]+(left+right))
		left = right
	}
	return lo, hi
}

// inverseMoments returns Σ 1/(x−λᵢ) and Σ 1/(x−λᵢ)² over the eigenvalues λᵢ of T, and reports
// whether x is above all of them; if not, the sums are meaningless.
//
// They are p′/p and −(p′/p)′, where p is the characteristic polynomial. It is the product of the
// pivots qᵢ = (x − dᵢ) − eᵢ²/qᵢ₋₁ of xI − T, which are all positive if and only if x is above every
// eigenvalue (Sylvester's law of inertia).
func inverseMoments(d, e2 []float64, x float64) (s1, s2 float64, above bool) {
	var inverse, r, t float64 // 1/q, q′/q and q″/q of the previous pivot
	e2 = e2[:len(d)]
	for i := range d {
		// The recurrence of the pivots, differentiated: q′ = 1 + w·r and q″ = w·(t − 2r²).
		w := e2[i] * inverse
		q := x - d[i] - w
		if !(q > 0) {
			return 0, 0, false
		}

		inverse = 1 / q
		r, t = (1+w*r)*inverse, w*(t-2*r*r)*inverse
		s1 += r
		s2 += r*r - t
	}

	return s1, s2, true
}

func squares(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v * v
	}
	return y
}
