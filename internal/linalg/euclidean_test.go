package linalg

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestNorms compares norms with sums of scaled squares, also where squares leave the range of
// float64.
func TestNorms(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	const rows, cols = 7, 5
	for _, exponent := range []int{0, 600, -600, -1060, 1020} {
		a := gaussian(r, rows, cols)
		a.Apply(func(i, j int, v float64) float64 {
			if j == 2 {
				return 0 // a column of zeros
			}
			return math.Ldexp(v, exponent)
		}, a)

		checkNorm(t, "Frobenius", exponent, FrobeniusNorm(a), a.RawMatrix().Data)
		checkNorm(t, "Euclidean", exponent, EuclideanNorm(a.RawMatrix().Data), a.RawMatrix().Data)
		view := a.Slice(1, 6, 1, 4).(*mat.Dense)
		checkNorm(t, "view", exponent, FrobeniusNorm(view), mat.DenseCopyOf(view).RawMatrix().Data)

		for j, norm := range ColumnNorms(a) {
			checkNorm(t, "column", exponent, norm, mat.Col(nil, j, a))
		}
	}
}

func checkNorm(t *testing.T, name string, exponent int, got float64, x []float64) {
	t.Helper()
	scaled := 0.0
	for _, v := range x {
		scaled = math.Hypot(scaled, math.Ldexp(v, -exponent))
	}
	want := math.Ldexp(scaled, exponent)
	if !(math.Abs(got-want) <= 1e-14*want+math.SmallestNonzeroFloat64) || got == 0 != (want == 0) {
		t.Errorf("%s norm at 2^%d is %v, want %v", name, exponent, got, want)
	}
}

func TestNormsOfNaNAndInfinity(t *testing.T) {
	for _, c := range []struct{ v, want float64 }{{math.Inf(-1), math.Inf(1)}, {math.NaN(), math.NaN()}} {
		a := mat.NewDense(2, 2, []float64{1, c.v, 2, 3})
		for name, got := range map[string]float64{
			"Frobenius": FrobeniusNorm(a), "Euclidean": EuclideanNorm(a.RawMatrix().Data), "column": ColumnNorms(a)[1],
		} {
			if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("%s norm with %v is %v", name, c.v, got)
			}
		}
	}
}
