package figure

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestThinKeepsExtremesAndEnds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		n, limit := 1+rng.IntN(20_000), 4+2*rng.IntN(1000)
		epochs, values := make([]int, n), make([]float64, n)
		for i := range n {
			epochs[i], values[i] = 3*i, rng.NormFloat64()
		}
		kept := Thin(epochs, values, limit)
		if len(kept) > limit || !slices.IsSorted(kept) || len(slices.Compact(slices.Clone(kept))) != len(kept) {
			t.Fatalf("%d of %d points kept, limit %d, sorted %v", len(kept), n, limit, slices.IsSorted(kept))
		}
		var drawn []float64
		for _, i := range kept {
			drawn = append(drawn, values[i])
		}
		if slices.Max(drawn) != slices.Max(values) || slices.Min(drawn) != slices.Min(values) {
			t.Errorf("an extreme of %d points was lost", n)
		}
		if kept[0] != 0 || kept[len(kept)-1] != n-1 {
			t.Errorf("an end of %d points was lost", n)
		}
	}
}

func TestThinKeepsShortCurvesWhole(t *testing.T) {
	if kept := Thin([]int{0, 1, 5}, []float64{1, 2, 3}, 4); len(kept) != 3 {
		t.Errorf("kept %v", kept)
	}
	if kept := Thin(nil, nil, 4); len(kept) != 0 {
		t.Errorf("kept %v of nothing", kept)
	}
}

// No gap may lie undrawn between two drawn finite neighbours.
func TestThinKeepsGaps(t *testing.T) {
	const n = 10_000
	epochs, values := all(n), make([]float64, n)
	for i := range values {
		values[i] = float64(i % 17)
	}
	for _, i := range []int{1, 500, 501, 5000, 9998} {
		values[i] = math.NaN()
	}
	for i := 7000; i < 7500; i++ {
		values[i] = math.Inf(1)
	}
	kept := Thin(epochs, values, 200)
	for _, start := range []int{1, 500, 5000, 7000, 9998} {
		if !slices.Contains(kept, start) {
			t.Errorf("the gap at %d is not drawn", start)
		}
	}
}

// Both ends of an epoch axis are drawn finely: the first epochs on a logarithmic axis, the last on
// a linear one.
func TestThinIsFineOnBothScales(t *testing.T) {
	const n, limit = 10_001, 2000
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Sin(float64(i))
	}
	kept := Thin(all(n), values, limit)
	first, last := 0, 0
	for _, i := range kept {
		if i <= 10 {
			first++
		}
		if i > 9000 {
			last++
		}
	}
	if first < 11 || last < 100 {
		t.Errorf("%d points of the first ten epochs and %d of the last thousand", first, last)
	}
}
