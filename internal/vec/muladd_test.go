package vec

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// correctlyRounded returns a·b + c of finite numbers, rounded once.
func correctlyRounded(a, b, c float32) float32 {
	// The sum has bits from 2²⁵⁶ to 2⁻²⁹⁸.
	sum := new(big.Float).SetPrec(600).Mul(big.NewFloat(float64(a)), big.NewFloat(float64(b)))
	if sum.Add(sum, big.NewFloat(float64(c))).Sign() == 0 {
		return a*b + c // for the sign of zero
	}
	rounded, _ := sum.Float32()
	return rounded
}

// nearMiddle returns three numbers for which a·b + c lies close to the midpoint of two float32,
// often so close that rounding to float64 moves it there.
func nearMiddle(r *rand.Rand) (a, b, c float32) {
	switch r.IntN(3) {
	case 0:
		a, b = 1+0x1p-20, 1-0x1p-20 // a·b = 1 − 2⁻⁴⁰
	case 1:
		a, b = 1+0x1p-11, 1-0x1p-11+0x1p-22 // a·b = 1 + 2⁻³³
	default:
		a = 1 + r.Float32()
		b = 1 / a // a·b = 1 within 2⁻²³
	}

	c = 1 + float32(r.IntN(1<<23))*0x1p-23
	if r.IntN(2) == 0 {
		c = -c
	}
	// c is about 2^e, normal or subnormal; a·b is half a unit in its last place.
	e := r.IntN(100) - 150
	product := max(e, -126) - 24
	scale := func(x float32, by int) float32 { return float32(math.Ldexp(float64(x), by)) }
	return scale(a, product/2), scale(b, product-product/2), scale(c, e)
}

func anyFinite(r *rand.Rand) float32 {
	for {
		if x := anyNumber[float32](r); x-x == 0 {
			return x
		}
	}
}

func TestMulAddRoundsOnce(t *testing.T) {
	r := newRand(2)
	twice := 0 // how often rounding twice would differ
	for i := range 100_000 {
		a, b, c := nearMiddle(r)
		if i%2 == 0 {
			a, b, c = anyFinite(r), anyFinite(r), anyFinite(r)
		}
		want := correctlyRounded(a, b, c)
		if got := MulAdd(a, b, c); !same(got, want) {
			t.Fatalf("%x·%x + %x = %x, want %x", a, b, c, got, want)
		}
		if mulAdd32(a, b, c) != want {
			twice++
		}
	}
	if twice < 10_000 {
		t.Errorf("only %d sums are hard to round", twice)
	}
}

func TestMulAddInFloat64RoundsTheProduct(t *testing.T) {
	r := newRand(3)
	for range 10_000 {
		a, b, c := r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		want, _ := new(big.Float).Add(new(big.Float).Mul(big.NewFloat(a), big.NewFloat(b)), big.NewFloat(c)).Float64()
		if got := MulAdd(a, b, c); got != want {
			t.Fatalf("%v·%v + %v = %v, want %v", a, b, c, got, want)
		}
	}
}

func TestAddScaledRoundsOnce(t *testing.T) {
	forKernels(t, func(t *testing.T, k kernels[float32], _ kernels[float64]) {
		r := newRand(4)
		for range 5000 {
			alpha, b, c := nearMiddle(r)
			x, y := make([]float32, 11), make([]float32, 11)
			for i := range x {
				x[i], y[i] = b, c
			}
			k.addScaled(y, alpha, x)
			for i, got := range y {
				if want := correctlyRounded(alpha, b, c); !same(got, want) {
					t.Fatalf("entry %d: %x·%x + %x = %x, want %x", i, alpha, b, c, got, want)
				}
			}
		}
	})
}
