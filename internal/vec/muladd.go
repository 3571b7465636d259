package vec

import "math"

// MulAdd returns a·b + c. In float32 it rounds once, as a fused multiply-add instruction does; in
// float64 it rounds the product too.
func MulAdd[T Float](a, b, c T) T {
	product, addend := float64(float64(a)*float64(b)), float64(c) // the product of float32 is exact
	sum := product + addend
	// The fraction ends in 1000… if sum is midway between two float32. Subnormal results have their
	// midpoints elsewhere.
	bits := math.Float64bits(sum)
	if bits<<(64-excessBits) == 1<<63 || bits<<1 < minNormal32<<1 {
		return roundToOdd[T](sum, product, addend)
	}
	return T(sum)
}

const (
	// excessBits is the number of fraction bits that float64 has more than float32.
	excessBits = 52 - 23
	// minNormal32 holds the bits of 2⁻¹²⁶, the smallest normal float32, as a float64.
	minNormal32 = (1023 - 126) << 52
)

// roundToOdd rounds to float32 a sum that rounding to float64 may have put midway between two
// float32, so that a second rounding could go the wrong way. If such a sum is inexact, it is
// rounded to odd instead: it becomes the neighbour in float64 whose last bit is 1, which is not a
// midpoint (Boldo and Melquiond, Emulation of a FMA and correctly rounded sums, IEEE Trans. Comput.
// 57, 2008).
func roundToOdd[T Float](sum, product, addend float64) T {
	if _, ok := any(T(0)).(float32); !ok {
		return T(sum)
	}

	// The excess of the exact sum over the rounded one, by Knuth's TwoSum.
	rest := sum - product
	excess := (product - (sum - rest)) + (addend - rest)
	if math.Float64bits(sum)&1 == 0 && (excess < 0 || excess > 0) {
		sum = math.Nextafter(sum, math.Inf(int(math.Copysign(1, excess))))
	}

	return T(sum)
}
