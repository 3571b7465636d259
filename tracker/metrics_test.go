package tracker

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestEveryMetricOnEveryNetwork checks that each metric of the table measures each kind of network,
// with the same result for any number of goroutines, and that every certified bound is above every
// lower bound of the same quantity.
func TestEveryMetricOnEveryNetwork(t *testing.T) {
	for name, net := range testNetworks(t) {
		t.Run(name, func(t *testing.T) {
			var first []series.Sample
			for _, goroutines := range []int{1, 3} {
				s := snapshotOf(net)
				s.Probes.Goroutines = goroutines
				opts := Options{
					Jacobian:    JacobianOptions{EveryLayer: true, Histogram: true, Quantiles: []float64{0.5}},
					Enlarged:    EnlargedOptions{Train: s.Probes.X, Combinations: 20, Noise: []float64{0.1}},
					Adversarial: AdversarialOptions{Steps: 5},
					Training:    TrainingSet{X: s.Probes.X, Labels: s.Probes.Labels, BatchSize: 20}, LinearisationPoints: 20,
					Grid: GridOptions{Points: 30, Picture: 3},
				}

				var samples []series.Sample
				for _, info := range Metrics {
					if info.Name == "grid" && net.In() != 2 {
						continue
					}
					measured, err := metricOf(t, info.Name, opts).Measure(s)
					if err != nil {
						t.Fatalf("%s: %v", info.Name, err)
					}
					samples = append(samples, measured...)
				}

				if first == nil {
					first = samples
				} else if written(t, first) != written(t, samples) {
					t.Errorf("3 goroutines measure different values than 1")
				}
			}

			checkSandwich(t, first)
			checkPlaces(t, snapshotOf(net), first)
		})
	}
}

// written returns the JSON form of samples.
func written(t *testing.T, samples []series.Sample) string {
	t.Helper()
	b, err := json.Marshal(samples)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkSandwich checks mean ≤ rms ≤ lower ≤ certified among the samples of each label.
func checkSandwich(t *testing.T, samples []series.Sample) {
	t.Helper()
	value := map[string]float64{}
	for _, s := range samples {
		value[s.Metric+" "+s.Label] = float64(s.Value)
	}
	for _, lower := range samples {
		if lower.Kind != series.Lower {
			continue
		}
		for _, upper := range samples {
			if upper.Kind == series.Certified && upper.Label == lower.Label && !(lower.Value <= upper.Value) {
				t.Errorf("%s %s = %v is above %s = %v", lower.Metric, lower.Label, lower.Value, upper.Metric, upper.Value)
			}
		}

		if lower.Metric == series.LowerBound {
			mean, rms := value[series.JacobianMean+" "+lower.Label], value[series.JacobianRMS+" "+lower.Label]
			if !(mean <= rms && rms <= float64(lower.Value)) {
				t.Errorf("%s: mean %v, rms %v, max %v", lower.Label, mean, rms, lower.Value)
			}
		}
	}
}

func TestLayerNormsOfKnownMatrices(t *testing.T) {
	net := &network.Network{Layers: []network.Layer{
		{Weight: mat.NewDense(2, 3, []float64{3, 0, 0, 0, -4, 0}), Bias: []float64{3, 4}, Activation: network.ReLU}, // σ = 4, 3
		{Weight: mat.NewDense(2, 2, []float64{1, 2, 2, 4})},                                                         // rank one, σ = 5
	}}

	want := map[string]float64{
		"spectral_norm layer=1": 4, "frobenius_norm layer=1": 5, "stable_rank layer=1": 25.0 / 16, "bias_norm layer=1": 5,
		"spectral_norm layer=2": 5, "frobenius_norm layer=2": 5, "stable_rank layer=2": 1,
	}

	got := measure(t, layerNorms{}, snapshotOf(net))
	if len(got) != len(want) {
		t.Errorf("measured %v", got)
	}
	for key, v := range want {
		if !near(got[key], v, roundoff) {
			t.Errorf("%s = %v, want %v", key, got[key], v)
		}
	}

	if product := measure(t, productBound{}, snapshotOf(net))[series.UpperProduct]; !(product >= 20 && near(product, 20, 1e-9)) {
		t.Errorf("product bound %v, want just above 20", product)
	}
}

func TestDeadUnits(t *testing.T) {
	net := &network.Network{Layers: []network.Layer{
		// The second unit never fires, the third always.
		{Weight: mat.NewDense(3, 1, []float64{1, 0, 0}), Bias: []float64{0, -1, 1}, Activation: network.ReLU},
		{Weight: mat.NewDense(2, 3, []float64{-1, -1, -1, 1, 1, 1}), Activation: network.ReLU}, // the first output is dead
	}}
	got := measure(t, deadUnits{}, snapshotOf(net))
	if len(got) != 2 || got["dead_units layer=1"] != 1 || got["dead_outputs"] != 1 {
		t.Errorf("dead units %v, want 1 hidden and 1 output", got)
	}
}

func TestAltLowerBoundLooksAtAllPairs(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(8), network.ReLU, network.Identity, true, 1, 4, 9, 3))
	s.Probes.X.SetRow(7, s.Probes.X.RawRowView(3)) // a pair at distance 0
	var want float64

	for i := range s.Probes.Len() {
		for j := range i {
			fi, fj := evaluate(s.Net, s.Probes.X.RawRowView(i)), evaluate(s.Net, s.Probes.X.RawRowView(j))
			dx := blas64.Nrm2(difference(s.Probes.X.RawRowView(i), s.Probes.X.RawRowView(j)))
			if dx > 0 {
				want = max(want, blas64.Nrm2(difference(fi, fj))/dx)
			}
		}
	}

	if got := measure(t, altLowerBound{}, s)[series.AltLowerBound]; !near(got, want, roundoff) {
		t.Errorf("largest quotient %v, want %v", got, want)
	}
}

func difference(a, b []float64) blas64.Vector {
	d := slices.Clone(a)
	for i := range d {
		d[i] -= b[i]
	}
	return vector(d)
}

func TestAltLowerBoundOfManyPointsWarns(t *testing.T) {
	s := snapshotOf(randomNetwork(generator(9), network.Identity, network.Identity, false, 1, 2, 1))
	s.Probes = Probes{X: randomPoints(generator(10), pairPoints+1, 2, 1)}
	samples, err := altLowerBound{}.Measure(s)
	if err != nil || !strings.Contains(samples[0].Warning, "sampled") {
		t.Errorf("samples %v, error %v; want a warning", samples, err)
	}
}

// TestPaperNorm compares the power method with the exact norm: it may fall short because of its
// stopping rule, but never exceeds the norm.
func TestPaperNorm(t *testing.T) {
	r := generator(11)
	for _, shape := range [][2]int{{10, 40}, {40, 10}, {1, 5}, {5, 1}, {30, 30}, {600, 700}} {
		a := randomPoints(r, shape[0], shape[1], 1)
		got, exact := paperNorm(a.RawMatrix()), linalg.SpectralNorm(a)
		if got > exact*(1+roundoff) || got < 0.98*exact {
			t.Errorf("%v: power method %v, exact %v", shape, got, exact)
		}
	}

	if got := paperNorm(mat.NewDense(3, 4, nil).RawMatrix()); got != 0 {
		t.Errorf("of a zero matrix: %v", got)
	}
	// A gap this wide converges at once.
	if got := paperNorm(mat.NewDense(2, 2, []float64{5, 0, 0, 0.001}).RawMatrix()); !near(got, 5, 1e-6) {
		t.Errorf("of diag(5, 0.001): %v", got)
	}
	if got := math.Abs(paperStart(2)[0] - 0.8823/math.Hypot(0.8823, 0.9150)); got > 1e-4 { // torch.rand(2) after manual_seed(42)
		t.Errorf("start vector %v", paperStart(2))
	}
}

func TestUnknownMetric(t *testing.T) {
	if _, err := NewMetric("spectral", Options{}); err == nil || !strings.Contains(err.Error(), "layer_norms") {
		t.Errorf("error %v, want one that lists the metrics", err)
	}
}
