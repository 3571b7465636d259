//go:build goexperiment.simd && amd64 && go1.26 && !go1.27

package vec

import "simd/archsimd"

// expAVX2 computes exp32 on vectors. If one number of a vector needs the standard library, the
// portable kernel takes the whole vector.
func expAVX2(x []float32) {
	low, high := broadcast(minExp), broadcast(maxExp)
	log2E, minusHigh, minusLow := broadcast(log2E), broadcast(-ln2High), broadcast(-ln2Low)
	c2, c3, c4 := broadcast(poly2), broadcast(poly3), broadcast(poly4)
	c5, c6, c7 := broadcast(poly5), broadcast(poly6), broadcast(poly7)
	one, bias := broadcast(1), archsimd.BroadcastInt32x8(127)
	for ; len(x) >= 8; x = x[8:] {
		v := load(x)
		if v.GreaterEqual(low).And(v.LessEqual(high)).ToBits() != 0xff {
			exp(x[:8])
			continue
		}

		// x = q·ln 2 + s, with ln 2 in two parts so that s loses no digits.
		q := v.Mul(log2E).RoundToEven()
		s := q.MulAdd(minusHigh, v)
		s = q.MulAdd(minusLow, s)
		u := c7.MulAdd(s, c6)
		u = u.MulAdd(s, c5)
		u = u.MulAdd(s, c4)
		u = u.MulAdd(s, c3)
		u = u.MulAdd(s, c2)
		u = s.Mul(s).MulAdd(u, s).Add(one)

		// 2^q from its exponent bits.
		power := q.ConvertToInt32().Add(bias).ShiftAllLeft(23).AsFloat32x8()
		u.Mul(power).StoreSlice(x)
	}

	archsimd.ClearAVXUpperBits()
	exp(x)
}
