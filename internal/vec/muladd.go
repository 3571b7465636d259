package vec

import "math"

// MulAdd returns a·b + c: in float32 rounded once, as a fused multiply-add instruction rounds it;
// in float64 with the product rounded too.
func MulAdd[T Float](a, b, c T) T {
	product, addend := float64(float64(a)*float64(b)), float64(c) // the product of float32 is exact
	sum := product + addend
	// The fraction ends in 1000… where it is the middle of two float32; subnormal results have
	// middles elsewhere.
	bits := math.Float64bits(sum)
	if bits<<(64-excessBits) == 1<<63 || bits<<1 < minNormal32<<1 {
		return settle[T](sum, product, addend)
	}
	return T(sum)
}

const (
	// excessBits is the number of bits that a float64 fraction has more than a float32.
	excessBits = 52 - 23
	// minNormal32 is the bits of 2⁻¹²⁶, the least normal float32, as a float64.
	minNormal32 = (1023 - 126) << 52
)

// settle rounds a sum to float32 that a first rounding to float64 may have put on the middle
// between two of them, from which a second one could go the wrong way. Such a sum, if inexact,
// is rounded to odd instead: of its two neighbours in float64 it becomes that whose last bit is
// 1, which is no middle (Boldo and Melquiond, Emulation of a FMA and correctly rounded sums,
// IEEE Trans. Comput. 57, 2008).
func settle[T Float](sum, product, addend float64) T {
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
