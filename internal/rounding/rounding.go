// Package rounding provides the arithmetic of proofs in floating point: bounds on the rounding
// error of sums of products in float64, and operations that round up. A sum of n products, in any
// order, with or without fused multiply-adds, is off by at most γₙ times the sum of the magnitudes
// [Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1]. If a product
// underflows, [Subnormal] is added.
package rounding

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// Unit is the unit roundoff of float64.
const Unit = 0x1p-53

// Subnormal is the smallest positive float64. A product that underflows is off by less than that.
const Subnormal = 0x1p-1074

// Tiny exceeds the underflow error of any sum whose terms are not multiplied again afterwards.
const Tiny = 0x1p-1000

// spare is the number of roundings that SumUp and SumDown allow for in addition to those of the
// sum.
const spare = 8

// Gamma returns γₙ = nu/(1 − nu), which bounds n accumulated rounding errors [Higham, Lemma 3.1].
func Gamma(n int) float64 {
	nu := float64(n) * Unit
	return nu / (1 - nu)
}

// Up returns the float64 after x.
func Up(x float64) float64 {
	return math.Nextafter(x, math.Inf(1))
}

// SumUp returns a number ≥ the exact sum of n products of numbers ≥ 0, given the computed sum,
// which is at least (1 − γₙ) times the exact one.
func SumUp(computed float64, n int) float64 {
	return computed*(1+2*Gamma(n+spare)) + Tiny
}

// SumDown returns a number ≥ 0 and ≤ the exact sum of n products of numbers ≥ 0, given the computed
// sum.
func SumDown(computed float64, n int) float64 {
	return max(computed*(1-2*Gamma(n+spare))-Tiny, 0)
}

// Norm1Up returns a number ≥ the 1-norm of v.
func Norm1Up(v []float64) float64 {
	return SumUp(floats.Norm(v, 1), len(v))
}

// Norm2Up returns a number ≥ the 2-norm of v.
func Norm2Up(v []float64) float64 {
	return SumUp(floats.Norm(v, 2), len(v))
}

// MulUp returns a·b rounded up, for a, b ≥ 0. If one of them is 0, the product is 0 even if the
// other is infinite: a layer of zeros passes nothing on.
func MulUp(a, b float64) float64 {
	switch {
	case a == 0 || b == 0:
		return 0
	case a == 1 || b == 1:
		return a * b
	}
	return Up(a * b)
}

// AddUp returns a + b rounded up, for a, b ≥ 0.
func AddUp(a, b float64) float64 {
	if a == 0 || b == 0 {
		return a + b
	}
	return Up(a + b)
}

// LdexpUp returns x·2^exponent rounded up, for x ≥ 0.
func LdexpUp(x float64, exponent int) float64 {
	y := math.Ldexp(x, exponent)
	// A subnormal result has lost digits.
	if math.Ldexp(y, -exponent) < x {
		return Up(y)
	}
	return y
}

// Underflow exceeds the total underflow error of fewer than 2¹⁰⁰ operations on matrices scaled to
// norms near 1: each contributes at most 2⁻¹⁰⁷⁴.
const Underflow = 0x1p-900

// Outward returns a number ≥ Underflow and ≥ the exact value of an error bound, given the computed
// value, if that took fewer than 2⁴⁰ sums and products. Unlike SumUp it does not need the exact
// count: the error bound is about 10⁻¹³ of what it bounds, so a thousandth of it is no loss.
func Outward(bound float64) float64 {
	return bound*(1+0x1p-10) + Underflow
}
