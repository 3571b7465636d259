package query

import (
	"math"
	"math/rand/v2"
	"testing"
)

// fitTolerance allows for the rounding of a few thousand additions.
const fitTolerance = 1e-10

func TestFitFindsExactPowerLaws(t *testing.T) {
	for _, slope := range []float64{0.59, 0.46, -1.5, 3} {
		epochs, values := []int{0}, []float64{7}
		for e := 1; e <= 3000; e++ {
			epochs = append(epochs, e)
			values = append(values, 2.5*math.Pow(float64(e), slope))
		}
		fit, ok := FitPowerLaw(epochs, values)
		if !ok || !near(fit.Slope, slope, fitTolerance) || !near(math.Exp(fit.Intercept), 2.5, fitTolerance) || !near(fit.R2, 1, fitTolerance) {
			t.Errorf("slope %v: fitted %+v", slope, fit)
		}
		// √3000 = 54.8.
		if fit.From != 55 || fit.To != 3000 || fit.N != 3000-55+1 {
			t.Errorf("fitted %d points over epochs %d to %d, want the last half of the logarithm", fit.N, fit.From, fit.To)
		}
		if v := fit.At(100); !near(v, 2.5*math.Pow(100, slope), fitTolerance) {
			t.Errorf("value at epoch 100: %v", v)
		}
	}
}

func TestFitIgnoresTheTransientAndGaps(t *testing.T) {
	var epochs []int
	var values []float64
	for e := 1; e <= 400; e++ {
		v := math.Pow(float64(e), 0.5)
		switch {
		case e < 20:
			v = 1000
		case e%7 == 0:
			v = []float64{math.NaN(), math.Inf(1), 0, -1}[e%4]
		}
		epochs = append(epochs, e)
		values = append(values, v)
	}

	if fit, ok := FitPowerLaw(epochs, values); !ok || !near(fit.Slope, 0.5, fitTolerance) {
		t.Errorf("fitted %+v, %v", fit, ok)
	}
}

// R² must equal the squared correlation of the logarithms, computed here in another way.
func TestFitR2IsExplainedVariance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var epochs []int
		var values, logs []float64
		for e := 100; e <= 10_000; e += 100 {
			v := math.Pow(float64(e), 0.4) * math.Exp(0.3*rng.NormFloat64())
			epochs = append(epochs, e)
			values = append(values, v)
			if e >= 1000 {
				logs = append(logs, math.Log(v))
			}
		}

		fit, _ := FitPowerLaw(epochs, values)
		residual, total := 0.0, 0.0
		for i, l := range logs {
			r, d := l-math.Log(fit.At(float64(1000+100*i))), l-Mean(logs)
			residual, total = residual+r*r, total+d*d
		}
		if !near(fit.R2, 1-residual/total, fitTolerance) {
			t.Errorf("R² %v, explained variance %v", fit.R2, 1-residual/total)
		}
	}
}

func TestFitDeclines(t *testing.T) {
	for name, test := range map[string]struct {
		epochs []int
		values []float64
	}{
		"empty":        {nil, nil},
		"epoch 0 only": {[]int{0}, []float64{1}},
		"four points":  {[]int{7, 8, 9, 10}, []float64{1, 2, 3, 4}},
		"not positive": {[]int{7, 8, 9, 10}, []float64{0, -1, math.NaN(), 1}},
	} {
		if fit, ok := FitPowerLaw(test.epochs, test.values); ok {
			t.Errorf("%s: fitted %+v", name, fit)
		}
	}

	fit, ok := FitPowerLaw([]int{1, 6, 7, 8, 9, 10}, []float64{1, 2, 2, 2, 2, 2})
	if !ok || fit.Slope != 0 || !math.IsNaN(fit.R2) {
		t.Errorf("constant curve: %+v, %v, want slope 0 and no R²", fit, ok)
	}
}

func TestDeviation(t *testing.T) {
	if d := Deviation([]float64{2, 4, 4, 4, 5, 5, 7, 9}); !near(d, math.Sqrt(32.0/7), fitTolerance) {
		t.Errorf("sample deviation %v", d)
	}
	if d := Deviation([]float64{3}); !math.IsNaN(d) {
		t.Errorf("deviation of one value is %v", d)
	}
}

// near reports whether two numbers agree to a relative tolerance.
func near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance*math.Abs(want) }
