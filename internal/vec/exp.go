package vec

import "math"

// The constants of SLEEF's expf. Between minExp and maxExp both 2^q and the result are normal
// numbers; outside that range the standard library takes over.
const (
	minExp, maxExp = -87, 88

	log2E float32 = 1.4426950408889634
	// ln 2 in two parts, the first with so few bits that its product with q is exact.
	ln2High float32 = 0.693145751953125
	ln2Low  float32 = 1.428606765330187e-06

	// The polynomial of (e^s − 1 − s)/s², from the constant term.
	poly2 float32 = 0.5
	poly3 float32 = 0.16666667
	poly4 float32 = 0.041666485
	poly5 float32 = 0.008333361
	poly6 float32 = 0.0013930436
	poly7 float32 = 0.00019852762
)

func exp[T Float](x []T) {
	switch x := any(x).(type) {
	case []float32:
		for i, v := range x {
			x[i] = exp32(v)
		}
	case []float64:
		for i, v := range x {
			x[i] = math.Exp(v)
		}
	}
}

// exp32 returns e^x = 2^q·e^s with x = q·ln 2 + s, |s| ≤ ln 2/2.
func exp32(x float32) float32 {
	if !(x >= minExp && x <= maxExp) {
		return float32(math.Exp(float64(x)))
	}
	// Round to even as the SIMD instruction does. ln 2 is in two parts so that s loses no digits.
	q := float32(math.RoundToEven(float64(x * log2E)))
	s := mulAdd32(q, -ln2Low, mulAdd32(q, -ln2High, x))
	u := mulAdd32(poly7, s, poly6)
	u = mulAdd32(u, s, poly5)
	u = mulAdd32(u, s, poly4)
	u = mulAdd32(u, s, poly3)
	u = mulAdd32(u, s, poly2)
	u = 1 + mulAdd32(s*s, u, s)
	// 2^q from its exponent bits.
	return u * math.Float32frombits(uint32(int32(q)+127)<<23)
}

// mulAdd32 does what MulAdd does, but rounds twice, to float64 and then to float32. In exp32 that
// changes no result: all 2.2 billion x from minExp to maxExp were compared.
func mulAdd32(a, b, c float32) float32 {
	return float32(float64(a)*float64(b) + float64(c))
}
