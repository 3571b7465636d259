package linalg

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// With every BLAS, the old content of scratch memory must not matter. Here it is all NaN.
func TestScratchIsWrittenBeforeItIsRead(t *testing.T) {
	const n = lanczosFrom + 300
	eachBackend(t, func(t *testing.T) {
		for _, size := range [][2]int{{n, n + 20}, {n + 20, n}} {
			a := gaussian(rand.New(rand.NewPCG(4, 4)), size[0], size[1])
			want := TopSingular(a, nil)
			for range 2 { // one for the Gram matrix, one for the matrix that certify factorises
				x := make([]float64, n*n)
				for i := range x {
					x[i] = math.NaN()
				}
				giveScratch(x)
			}

			got := TopSingular(a, nil)
			if got.Norm != want.Norm || got.Upper != want.Upper || !slices.Equal(got.Vector, want.Vector) {
				t.Errorf("%d×%d: σ₁ is %v ≤ %v, was %v ≤ %v", size[0], size[1], got.Norm, got.Upper, want.Norm, want.Upper)
			}
		}
	})
}
