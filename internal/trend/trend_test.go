package trend

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-10*max(1, math.Abs(b)) }

func TestPowerLawsAreFound(t *testing.T) {
	for _, slope := range []float64{0.59, -1.5, 3} {
		var x, y []float64
		for i := 1; i <= 100; i++ {
			x = append(x, float64(i))
			y = append(y, 2.5*math.Pow(float64(i), slope))
		}
		l := Fit(x, y)
		if !near(l.Slope, slope) || !near(math.Exp(l.Intercept), 2.5) || !near(l.R2, 1) || l.N != 100 || !near(l.At(7), 2.5*math.Pow(7, slope)) {
			t.Errorf("slope %g: %+v", slope, l)
		}
	}
}

// Three points by hand: log₂ x = 0, 1, 2 and log₂ y = 0, 2, 1 have slope ½ and R² ¼.
func TestThreePointsByHand(t *testing.T) {
	slope, r2, n := LogLog([]float64{1, 2, 4}, []float64{1, 4, 2})
	if !near(slope, 0.5) || !near(r2, 0.25) || n != 3 {
		t.Errorf("slope %g, R² %g, %d points", slope, r2, n)
	}
}

// Scaling x and y changes only the intercept.
func TestScalesDoNotMatter(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		n := 3 + draw.IntN(20)
		x, y, u, v := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range n {
			x[i], y[i] = math.Exp(draw.NormFloat64()), math.Exp(draw.NormFloat64())
			u[i], v[i] = 1e-6*x[i], 1e9*y[i]
		}
		a, b := Fit(x, y), Fit(u, v)
		if math.Abs(a.Slope-b.Slope) > 1e-9 || math.Abs(a.R2-b.R2) > 1e-9 {
			t.Errorf("%+v scaled: %+v", a, b)
		}
	}
}

func TestWhatHasNoLogarithmIsSkipped(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	x := []float64{1, 0, -1, nan, inf, 2, 2, 2, 2, 4}
	y := []float64{1, 5, 5, 5, 5, 0, -3, nan, inf, 16}
	if l := Fit(x, y); !near(l.Slope, 2) || l.N != 2 {
		t.Errorf("%+v", l)
	}
}

func TestNoLineNoSlope(t *testing.T) {
	for name, points := range map[string][2][]float64{
		"none":      {nil, nil},
		"one":       {{1}, {1}},
		"one place": {{2, 2, 2}, {1, 2, 3}},
		"negative":  {{-1, -2}, {1, 2}},
	} {
		if slope, r2, _ := LogLog(points[0], points[1]); !math.IsNaN(slope) || !math.IsNaN(r2) {
			t.Errorf("%s: slope %g, R² %g", name, slope, r2)
		}
	}

	if l := Fit([]float64{1, 2, 3}, []float64{4, 4, 4}); l.Slope != 0 || !math.IsNaN(l.R2) || l.N != 3 {
		t.Errorf("constant: %+v", l)
	}
}
