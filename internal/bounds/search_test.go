package bounds

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/internal/rounding"
)

func TestGolden(t *testing.T) {
	for _, minimum := range []float64{-3, 0.1, 7} {
		best, at, evaluations := math.Inf(1), 0.0, 0
		golden(-4, 8, 40, func(x float64) float64 {
			evaluations++
			v := math.Abs(x-minimum) + (x-minimum)*(x-minimum)
			if v < best {
				best, at = v, x
			}
			return v
		})

		if width := 12 * math.Pow(0.619, 38); math.Abs(at-minimum) > width || evaluations != 40 {
			t.Errorf("got %g after %d evaluations, want %g to %g", at, evaluations, minimum, width)
		}
	}
}

// Rosenbrock's valley, with part of the plane outside the domain.
func TestLBFGS(t *testing.T) {
	evaluations := 0
	f := func(x []float64) (float64, []float64) {
		evaluations++
		a, b := x[0], x[1]
		if a > 1.5 {
			return math.Inf(1), nil
		}
		return (1-a)*(1-a) + 100*(b-a*a)*(b-a*a), []float64{-2*(1-a) - 400*a*(b-a*a), 200 * (b - a*a)}
	}

	const limit, tolerance = 200, 1e-6
	x := lbfgs([]float64{-1.2, 1}, limit, 0, f)
	if math.Abs(x[0]-1) > tolerance || math.Abs(x[1]-1) > tolerance || evaluations > limit {
		t.Errorf("got %v after %d evaluations, want (1, 1) within %d", x, evaluations, limit)
	}
	start := []float64{2, 2}
	if x := lbfgs(start, limit, 0, f); x[0] != 2 || x[1] != 2 {
		t.Errorf("got %v from outside the domain, want the start", x)
	}
}

func TestRoundingUp(t *testing.T) {
	third := 1.0 / 3
	for _, test := range []struct{ got, above float64 }{
		{rounding.MulUp(third, third), third * third}, {rounding.AddUp(1, 0x1p-60), 1}, {rounding.LdexpUp(third, -1060), math.Ldexp(third, -1060)},
		{rounding.LdexpUp(0x1.8p-1074, 0), 0}, {rounding.LdexpUp(1, -1100), 0}, {rounding.MulUp(1e-200, 1e-200), 0}, {rounding.Outward(0), 0},
	} {
		if !(test.got > test.above) {
			t.Errorf("got %g, want more than %g", test.got, test.above)
		}
	}

	for _, test := range []struct{ got, want float64 }{
		{rounding.MulUp(1, third), third}, {rounding.MulUp(0, math.Inf(1)), 0}, {rounding.AddUp(0, third), third},
		{rounding.LdexpUp(third, 100), math.Ldexp(third, 100)}, {rounding.LdexpUp(1, 2000), math.Inf(1)}, {rounding.LdexpUp(0, 5), 0},
	} {
		if test.got != test.want {
			t.Errorf("got %g, want %g", test.got, test.want)
		}
	}
}
