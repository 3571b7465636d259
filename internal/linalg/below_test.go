package linalg

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// IsNormBelow never reports a norm below a limit that it exceeds, and succeeds if the norm is below
// by slightly more than rounding error.
func TestIsNormBelow(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		rows, cols := 1+source.IntN(20), 1+source.IntN(20)
		a := mat.NewDense(rows, cols, nil)
		scale := math.Ldexp(1, source.IntN(1200)-600)
		a.Apply(func(_, _ int, _ float64) float64 { return scale * source.NormFloat64() }, a)

		norm := TopSingular(a, nil)
		if !IsNormBelow(a, norm.Upper*(1+1e-9)) {
			t.Errorf("%d×%d of scale %g: not below a number above its norm", rows, cols, scale)
		}
		if IsNormBelow(a, norm.Norm*(1-1e-12)) {
			t.Errorf("%d×%d of scale %g: below a number under its norm", rows, cols, scale)
		}
	}
}

func TestIsNormBelowOfSpecialMatrices(t *testing.T) {
	zeros := mat.NewDense(2, 3, nil)
	notNumber := mat.NewDense(1, 1, []float64{math.NaN()})
	infinite := mat.NewDense(1, 1, []float64{math.Inf(-1)})
	one := mat.NewDense(1, 1, []float64{1})

	for _, c := range []struct {
		name  string
		a     *mat.Dense
		limit float64
		want  bool
	}{
		{"zeros below 1", zeros, 1, true},
		{"zeros below 0", zeros, 0, false},
		{"NaN", notNumber, 1, false},
		{"below NaN", one, math.NaN(), false},
		{"infinite", infinite, math.MaxFloat64, false},
		{"below infinity", one, math.Inf(1), true},
		{"1 below 1", one, 1, false},
		{"1 below 0", one, 0, false},
	} {
		if got := IsNormBelow(c.a, c.limit); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
