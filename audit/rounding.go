package audit

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// unit is the unit roundoff of float64.
const unit = 0x1p-53

// gamma is γₙ = nu/(1 − nu), the bound of n accumulated rounding errors [Higham, Accuracy and
// Stability of Numerical Algorithms, 2002, Lemma 3.1].
func gamma(n int) float64 {
	nu := float64(n) * unit
	return nu / (1 - nu)
}

// tiny is more than all that underflow takes away in a step.
const tiny = 0x1p-1000

// outward is a number ≥ the exact value of a sum of n products of numbers ≥ 0 whose computed value
// is v: it is at most v/(1 − γₙ), and 8 more roundings are allowed for.
func outward(v float64, n int) float64 { return v*(1+2*gamma(n+8)) + tiny }

// inward is a number ≤ the exact value of such a sum, and ≥ 0.
func inward(v float64, n int) float64 { return max(v*(1-2*gamma(n+8))-tiny, 0) }

// norm1Up, norm2Up are numbers ≥ the norms of v.
func norm1Up(v []float64) float64 { return outward(floats.Norm(v, 1), len(v)) }
func norm2Up(v []float64) float64 { return outward(floats.Norm(v, 2), len(v)) }

// timesUp is a number ≥ a·b, for a, b ≥ 0; 0 if one is.
func timesUp(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return outward(a*b, 1)
}

func up(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }
