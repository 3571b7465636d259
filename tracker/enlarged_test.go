package tracker

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

func TestEnlargedSetHoldsTheData(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(30), network.ReLU, network.Identity, true, 1, 4, 30, 3))
	test := randomPoints(generator(31), 20, 4, 1)
	data := measure(t, jacobian{}, s)[series.LowerBound]
	enlarged := measure(t, newEnlargedSet(EnlargedOptions{Train: s.Probes.X, Test: test, Combinations: 30}), s)[series.EnlargedLowerBound]
	product := measure(t, productBound{}, s)[series.UpperProduct]
	if !(data <= enlarged && enlarged <= product) {
		t.Errorf("over the data %v, enlarged %v, product %v", data, enlarged, product)
	}
	again := measure(t, newEnlargedSet(EnlargedOptions{Train: s.Probes.X, Test: test, Combinations: 30}), s)[series.EnlargedLowerBound]
	if again != enlarged {
		t.Errorf("%v, and again %v", enlarged, again)
	}
}

// TestCombinationsLieBetweenTheirPoints checks that each combination has the points of one set and
// the weight that its place records.
func TestCombinationsLieBetweenTheirPoints(t *testing.T) {
	train, test := randomPoints(generator(32), 7, 2, 1), randomPoints(generator(33), 5, 2, 1)
	e := newEnlargedSet(EnlargedOptions{Train: train, Test: test, Combinations: 4})
	c := combinations{e}
	if c.Len() != 2*5*4 {
		t.Fatalf("%d combinations, want 40", c.Len())
	}
	for i := range c.Len() {
		x := train
		if i >= 20 {
			x = test
		}
		lambda := combinationWeights[i%20/4]
		want := make([]float64, 2)
		floats.AddScaled(want, lambda, x.RawRowView(int(e.pairs[i].first)))
		floats.AddScaled(want, 1-lambda, x.RawRowView(int(e.pairs[i].second)))
		if got := c.rows(i, 1, make([]float64, 2)); !floats.EqualApprox(got, want, 1e-14) {
			t.Errorf("combination %d is %v, want %v", i, got, want)
		}
	}
}

func TestNoiseHasItsDeviation(t *testing.T) {
	const n, deviation = 4000, 0.3
	x := randomPoints(generator(34), n, 5, 1)
	got := noisy{x, deviation, 0}.rows(0, n, make([]float64, 5*n))
	floats.Sub(got, x.RawMatrix().Data)
	if d := floats.Norm(got, 2) / math.Sqrt(5*n); math.Abs(d-deviation) > 0.01 { // four standard errors are 0.006
		t.Errorf("standard deviation %v, want %v", d, deviation)
	}
	if one := (noisy{x, deviation, 0}).rows(17, 1, make([]float64, 5)); math.Abs(one[2]-x.At(17, 2)-got[17*5+2]) > 1e-15 {
		t.Error("a point's noise depends on the chunk")
	}
}
