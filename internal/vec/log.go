package vec

import "math"

// Log returns the natural logarithm. In float32 it uses the algorithm of SLEEF's logf (Shibata and
// Petrogalli 2020), as PyTorch does, with an error below 1 unit in the last place; in float64 it
// uses the standard library.
func Log[T Float](x T) T {
	if x, ok := any(x).(float32); ok {
		return T(log32(x))
	}
	return T(math.Log(float64(x)))
}

// log32 splits x = m·2^e with m in [¾, 1½) and computes ln m = 2 artanh z = 2z + z³(⅔ + …) at z =
// (m−1)/(m+1). Leading terms are carried as sums of two float32, so that the last rounding is
// nearly the only one.
func log32(x float32) float32 {
	const minNormal = 0x1p-126
	if !(x >= minNormal && x <= math.MaxFloat32) {
		return float32(math.Log(float64(x)))
	}

	// The product with 4/3 carries m ≥ ¾ into the next exponent, so that e is the one for [¾, 1½).
	e := int(math.Float32bits(x*(1/0.75))>>23) - 127
	m := math.Float32frombits(math.Float32bits(x) - uint32(e)<<23)
	z := quotient(m-1, twoSum(1, m))
	z2 := z.high * z.high
	t := MulAdd(MulAdd(0.3027294874, z2, 0.3996108174), z2, 0.6666694880)

	ln2 := twofold{0.69314718246459960938, -1.904654323148236017e-09}
	s := ln2.times(float32(e))
	s = s.plus(twofold{2 * z.high, 2 * z.low})
	s = s.plus(twofold{high: z2 * z.high * t})

	return s.high + s.low
}

// twofold is the sum of two float32, the second much smaller than the first.
type twofold struct{ high, low float32 }

// twoSum returns a + b exactly.
func twoSum(a, b float32) twofold {
	s := a + b
	v := s - a
	return twofold{s, (a - (s - v)) + (b - v)}
}

// plus returns d + o for |d| ≥ |o|, or d = 0.
func (d twofold) plus(o twofold) twofold {
	s := d.high + o.high
	return twofold{s, d.high - s + o.high + d.low + o.low}
}

func (d twofold) times(x float32) twofold {
	p := d.high * x
	return twofold{p, MulAdd(d.low, x, MulAdd(d.high, x, -p))}
}

// quotient returns n/d.
func quotient(n float32, d twofold) twofold {
	reciprocal := 1 / d.high
	q := n * reciprocal
	remainder := MulAdd(-d.low, reciprocal, MulAdd(-d.high, reciprocal, 1))
	return twofold{q, MulAdd(q, remainder, MulAdd(reciprocal, n, -q))}
}
