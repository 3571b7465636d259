package network

import (
	"math"
	"math/big"
	"testing"
)

// The ranges contain the derivative everywhere in the interval and are no wider than necessary.
func TestSlopesOnIsTheRangeOfTheDerivative(t *testing.T) {
	const steps = 4000
	intervals := [][2]float64{
		{-4, -3}, {-3, -1}, {-2, 0.5}, {-0.1, 0.2}, {0.3, 0.4}, {1, 2}, {-5, 5}, {2.39, 2.41}, {1.5, 1.5},
		{-1e-300, 1e-300}, {-40, -30}, {30, 40}, {-1e300, 1e300}, {math.Inf(-1), math.Inf(1)}, {100, math.Inf(1)},
	}
	for _, name := range ActivationNames() {
		a, err := ParseActivation(name, 0.2)
		if err != nil {
			t.Fatal(err)
		}

		for _, c := range intervals {
			r := a.SlopesOn(c[0], c[1])
			from, to := max(c[0], -1e9), min(c[1], 1e9)
			low, high := math.Inf(1), math.Inf(-1)
			for i := range steps + 1 {
				z := from + (to-from)*float64(i)/steps
				_, slope := applied(a, z)
				low, high = min(low, slope), max(high, slope)
			}

			const computed = 1e-15 // error of Apply's slopes
			if r.Low > low+computed || r.High < high-computed {
				t.Errorf("%v on %v: [%g, %g] does not hold [%g, %g]", a, c, r.Low, r.High, low, high)
			}
			// A grid misses an extreme by at most this, at a cusp of φ′ by up to φ″ times a step.
			coarse := 1e-6
			if bend := a.Curvature(); bend < math.Inf(1) {
				coarse += bend * (to - from) / steps
			}

			if c[1]-c[0] < 20 && (r.Low < low-coarse || r.High > high+coarse) {
				t.Errorf("%v on %v: [%g, %g] is wider than [%g, %g]", a, c, r.Low, r.High, low, high)
			}
		}

		low, high := a.SlopeRange()
		if r := a.SlopesOn(math.NaN(), 1); r.Low != low || r.High != high {
			t.Errorf("%v on NaN: [%g, %g], want the range over all inputs", a, r.Low, r.High)
		}
	}
}

// The slope of a saturated neuron is tiny, but its relative error is bounded, as 200 bits confirm.
func TestSaturatedSlopesAreEnclosedClosely(t *testing.T) {
	for _, z := range []float64{3, 10, 20, 40, 100, 300} {
		e := exponential(-2 * z)
		one := new(big.Float).SetPrec(200).SetInt64(1)
		below := new(big.Float).Add(one, e)
		want := new(big.Float).Quo(new(big.Float).Mul(big.NewFloat(4), e), below.Mul(below, below))

		r := Activation{kind: tanh}.SlopesOn(z, z)
		if big.NewFloat(r.Low).Cmp(want) > 0 || big.NewFloat(r.High).Cmp(want) < 0 || r.High-r.Low > 1e-14*r.High {
			t.Errorf("the derivative of tanh at %g is %g, enclosed by [%g, %g]", z, want, r.Low, r.High)
		}
	}
}

// exponential returns e^z to some 190 bits, by its series at z/2^k.
func exponential(z float64) *big.Float {
	const halvings = 20
	x := new(big.Float).SetPrec(200).SetFloat64(math.Ldexp(z, -halvings))
	sum := new(big.Float).SetPrec(200).SetInt64(1)
	term := new(big.Float).SetPrec(200).SetInt64(1)

	for n := range 60 {
		term.Mul(term, x)
		term.Quo(term, big.NewFloat(float64(n+1)))
		sum.Add(sum, term)
	}

	for range halvings {
		sum.Mul(sum, sum)
	}
	return sum
}

// If the row of an activation lacks what a certificate needs, there is no range of slopes.
func TestUnknownSlopesCertifyNothing(t *testing.T) {
	row := &activations[tanh]
	known := *row
	defer func() { *row = known }()

	row.slopes, row.curvature, row.turns = Range{}, 0, nil
	a := Activation{kind: tanh}
	if low, high := a.SlopeRange(); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Errorf("slopes from %g to %g, want NaN", low, high)
	}
	if r := a.SlopesOn(1, 2); !math.IsNaN(r.Low) || !math.IsNaN(r.High) {
		t.Errorf("slopes on [1, 2]: %v, want NaN", r)
	}
	if c := a.Curvature(); !math.IsInf(c, 1) {
		t.Errorf("curvature %g, want +Inf", c)
	}
	if l := a.Lipschitz(); !math.IsNaN(l) {
		t.Errorf("Lipschitz constant %g, want NaN", l)
	}
}
