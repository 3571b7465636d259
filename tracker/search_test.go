package tracker

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestSearchFindsThePeak takes a function whose slope peaks between the data: f(x) = tanh(3x) has
// its largest slope, 3, at 0.
func TestSearchFindsThePeak(t *testing.T) {
	tanh, err := network.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	net := &network.Network{Layers: []network.Layer{
		{Weight: mat.NewDense(1, 1, []float64{3}), Activation: tanh}, {Weight: mat.NewDense(1, 1, []float64{1})},
	}}
	for _, test := range []struct {
		data []float64
		want float64
	}{
		{[]float64{-1, 1.3}, 3},
		{[]float64{0.5, 1.3}, 3 / math.Pow(math.Cosh(1.5), 2)}, // 0 is outside the box
	} {
		s := &Snapshot{Net: net, Probes: Probes{X: mat.NewDense(2, 1, test.data)}}
		if got := measure(t, metricOf(t, series.SearchLowerBound, Options{}), s)[series.SearchLowerBound]; !near(got, test.want, 1e-6) {
			t.Errorf("from %v: %v, want %v", test.data, got, test.want)
		}
	}
}

// TestSearchImproves checks that the search improves on the data and stays below the product of
// norms.
func TestSearchImproves(t *testing.T) {
	for seed := range uint64(20) {
		s := snapshotOf(randomNetwork(generator(40+seed), network.ReLU, network.Identity, true, 1, 5, 20, 20, 3))
		data := measure(t, jacobian{}, s)[series.LowerBound]
		found := measure(t, metricOf(t, series.SearchLowerBound, Options{}), s)[series.SearchLowerBound]
		product := measure(t, productBound{}, s)[series.UpperProduct]
		if !(found >= data && found <= product) {
			t.Errorf("seed %d: data %v, search %v, product %v", seed, data, found, product)
		}
	}
}

// TestSearchByGradient searches smooth random networks. On nine networks in ten it finds at least
// as much as sampling the same number of points in the box, and it never exceeds the certified
// bound. Every point stays in the box or the ball.
func TestSearchByGradient(t *testing.T) {
	const radius = 0.5
	nets, won := 0, 0
	for _, a := range allActivations(t) {
		if a.PiecewiseLinear() {
			continue
		}
		for seed := range uint64(6) {
			nets++
			s := snapshotOf(randomNetwork(generator(60+seed), a, network.Identity, true, 1.5, 5, 20, 15, 3))
			found := measure(t, metricOf(t, series.SearchLowerBound, Options{}), s)[series.SearchLowerBound]
			if c := newClimbers(s, 0); found >= largestSampled(s, c.low, c.high, generator(70+seed)) {
				won++
			}
			upper := measure(t, certified{series.UpperBest, []Norm{Norm2}, (*bounds.Bounds).Best}, s)[series.UpperBest]
			if found > upper {
				t.Errorf("%v, seed %d: search %v is above the certified %v", a, seed, found, upper)
			}
			for _, r := range []float64{0, radius} {
				checkConfined(t, s, r)
			}
		}
	}
	if won < nets*9/10 {
		t.Errorf("the search finds as much as sampling on only %d of %d networks", won, nets)
	}
}

// largestSampled returns the largest Jacobian norm at as many random points of the box as a search
// evaluates.
func largestSampled(s *Snapshot, low, high []float64, r *rand.Rand) float64 {
	x := mat.NewDense(searchStarts*MostSearchRounds*8, len(low), nil)
	x.Apply(func(_, d int, _ float64) float64 { return low[d] + (high[d]-low[d])*r.Float64() }, x)
	return floats.Max(normsOver(s, Probes{X: x}))
}

// checkConfined climbs a few rounds and checks where the points are.
func checkConfined(t *testing.T, s *Snapshot, radius float64) {
	t.Helper()
	c := newClimbers(s, radius)
	for range 8 {
		before := slices.Clone(c.norm)
		c.climb(generator(80))
		for i, x := range c.x {
			if c.norm[i] < before[i] {
				t.Errorf("point %d fell from %v to %v", i, before[i], c.norm[i])
			}
			if radius > 0 {
				if d := floats.Distance(x, s.Probes.X.RawRowView(c.start[i]), 2); d > radius*(1+roundoff) {
					t.Errorf("point %d is %v from its start, more than %v", i, d, radius)
				}
				continue
			}

			for d, v := range x {
				if v < c.low[d] || v > c.high[d] {
					t.Errorf("point %d: feature %d is %v, outside [%v, %v]", i, d, v, c.low[d], c.high[d])
				}
			}
		}
	}
}

func TestRightSingularVector(t *testing.T) {
	v := rightSingularVector([]float64{3, 0, 0, 4, 0, 1}, 2, 3)
	var svd mat.SVD
	svd.Factorize(mat.NewDense(2, 3, []float64{3, 0, 0, 4, 0, 1}), mat.SVDThin)
	var want mat.Dense
	svd.VTo(&want)
	dot := math.Abs(v[0]*want.At(0, 0) + v[1]*want.At(1, 0) + v[2]*want.At(2, 0))
	if !near(dot, 1, 1e-9) {
		t.Errorf("%v is not along %v", v, mat.Col(nil, 0, &want))
	}
}
