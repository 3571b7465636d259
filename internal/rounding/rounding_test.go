package rounding

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// By comparison with rational arithmetic: a result that is rounded up is never below the exact one,
// for any magnitude.
func TestRoundedUpIsNeverLess(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		a := math.Ldexp(r.Float64(), r.IntN(1200)-1100)
		b := math.Ldexp(r.Float64(), r.IntN(1000)-900)

		product := new(big.Rat).Mul(rational(a), rational(b))
		if got := MulUp(a, b); !math.IsInf(got, 1) && rational(got).Cmp(product) < 0 {
			t.Fatalf("%g·%g is more than %g", a, b, got)
		}

		sum := new(big.Rat).Add(rational(a), rational(b))
		if got := AddUp(a, b); rational(got).Cmp(sum) < 0 {
			t.Fatalf("%g + %g is more than %g", a, b, got)
		}

		exponent := r.IntN(400) - 300
		scaled := new(big.Rat).Mul(rational(a), power(exponent))
		if got := LdexpUp(a, exponent); rational(got).Cmp(scaled) < 0 {
			t.Fatalf("%g·2^%d is more than %g", a, exponent, got)
		}
	}
}

// The exact sum of products lies between SumDown and SumUp of the computed sum.
func TestSumsAreEnclosed(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for trial := range 2000 {
		n, scale := 1+r.IntN(40), r.IntN(900)-450
		computed, exact := 0.0, new(big.Rat)
		for range n {
			a, b := math.Ldexp(r.Float64(), scale), math.Exp(20*r.NormFloat64())
			computed += a * b
			exact.Add(exact, new(big.Rat).Mul(rational(a), rational(b)))
		}
		if rational(SumUp(computed, n)).Cmp(exact) < 0 || rational(SumDown(computed, n)).Cmp(exact) > 0 {
			t.Fatalf("trial %d: a sum of %d products is not between %g and %g",
				trial, n, SumDown(computed, n), SumUp(computed, n))
		}
	}
}

func rational(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }

func power(exponent int) *big.Rat {
	whole := new(big.Int).Lsh(big.NewInt(1), uint(max(exponent, -exponent)))
	if exponent < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), whole)
	}
	return new(big.Rat).SetInt(whole)
}
