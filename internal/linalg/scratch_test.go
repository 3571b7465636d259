package linalg

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// What memory held before must not matter: all of it is NaN here.
func TestScratchIsWrittenBeforeItIsRead(t *testing.T) {
	const n = lanczosFrom + 300
	a := gaussian(rand.New(rand.NewPCG(4, 4)), n, n)
	want := TopSingular(a, nil)
	for range 2 { // one for the Gram matrix, one for what certify factors
		x := make([]float64, n*n)
		for i := range x {
			x[i] = math.NaN()
		}
		giveScratch(x)
	}
	got := TopSingular(a, nil)
	if got.Norm != want.Norm || got.Upper != want.Upper || !slices.Equal(got.Vector, want.Vector) {
		t.Errorf("σ₁ is %v ≤ %v, was %v ≤ %v", got.Norm, got.Upper, want.Norm, want.Upper)
	}
}
