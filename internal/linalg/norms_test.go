package linalg

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestSpectralNormsAreThoseOfEachMatrix takes magnitudes whose squares float64 does and does not hold.
func TestSpectralNormsAreThoseOfEachMatrix(t *testing.T) {
	const rows, cols = 4, 7
	r := rand.New(rand.NewPCG(1, 0))
	scales := []float64{1, 0, 1e-170, 1e170, 1e-300, 1e300}
	a := make([]float64, len(scales)*rows*cols)
	for i := range a {
		a[i] = scales[i/(rows*cols)] * r.NormFloat64()
	}
	norms := make([]float64, len(scales))
	SpectralNorms(norms, a, rows, cols)
	for i, got := range norms {
		want := SpectralNorm(mat.NewDense(rows, cols, a[i*rows*cols:(i+1)*rows*cols]))
		if diff := got - want; diff > 1e-14*want || -diff > 1e-14*want {
			t.Errorf("scale %g: norm %g, that of the matrix alone is %g", scales[i], got, want)
		}
	}
}
