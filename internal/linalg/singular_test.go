package linalg

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// TestSingularPair checks Av = σ₁u and Aᵀu = σ₁v on matrices with a gap, by both methods.
func TestSingularPair(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 0))
	for _, test := range []struct {
		rows, cols int
		scale      float64
	}{{1, 1, 1}, {1, 6, 1}, {6, 1, 1}, {10, 40, 1}, {40, 10, 1e-200}, {256, 40, 1e200}, {520, 600, 1}, {600, 520, 1}} {
		a := mat.NewDense(test.rows, test.cols, nil)
		a.Apply(func(i, j int, _ float64) float64 {
			return test.scale * (r.NormFloat64() + 30*math.Cos(float64(i))*math.Cos(float64(j)))
		}, a)
		sigma := SpectralNorm(a)
		u, v := SingularPair(a)
		var av, atu mat.VecDense
		av.MulVec(a, mat.NewVecDense(len(v), v))
		atu.MulVec(a.T(), mat.NewVecDense(len(u), u))
		av.AddScaledVec(&av, -sigma, mat.NewVecDense(len(u), u))
		atu.AddScaledVec(&atu, -sigma, mat.NewVecDense(len(v), v))
		if e := max(blas64.Nrm2(av.RawVector()), blas64.Nrm2(atu.RawVector())) / sigma; !(e < 1e-7) {
			t.Errorf("%d×%d: residual %g", test.rows, test.cols, e)
		}
	}

	if u, v := SingularPair(mat.NewDense(3, 2, nil)); u != nil || v != nil {
		t.Errorf("of a zero matrix: %v, %v", u, v)
	}
}
