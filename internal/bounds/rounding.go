package bounds

import "math"

// unit is the unit roundoff of float64.
const unit = 0x1p-53

// gamma is γₙ = nu/(1 − nu), the bound of n accumulated roundings [Higham, Lemma 3.1].
func gamma(n int) float64 {
	nu := float64(n) * unit
	return nu / (1 - nu)
}

// tiny is more than all that underflow can take away: at most 2⁻¹⁰⁷⁴ in each of fewer than 2¹⁰⁰
// operations on matrices scaled to norms near 1.
const tiny = 0x1p-900

// outward enlarges a sum of bounds of errors by more than its own rounding and by tiny.
func outward(err float64) float64 { return err*(1+0x1p-10) + tiny }

func up(x float64) float64 { return math.Nextafter(x, math.Inf(1)) }

// mulUp is a·b rounded up, for a, b ≥ 0. If one is 0 so is the product: nothing gets through a
// layer of zeros, whatever the others.
func mulUp(a, b float64) float64 {
	switch {
	case a == 0 || b == 0:
		return 0
	case a == 1 || b == 1:
		return a * b
	}
	return up(a * b)
}

// addUp is a + b rounded up, for a, b ≥ 0.
func addUp(a, b float64) float64 {
	if a == 0 || b == 0 {
		return a + b
	}
	return up(a + b)
}

// ldexpUp is x·2^exponent rounded up, for x ≥ 0.
func ldexpUp(x float64, exponent int) float64 {
	y := math.Ldexp(x, exponent)
	if math.Ldexp(y, -exponent) < x { // a subnormal number lost digits
		return up(y)
	}
	return y
}
