package tracker

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestSandwichOverEpochs tracks a network whose weights grow and turn from epoch to epoch with
// every certified bound, requested in the worst order. The lower bound stays below all of them, and
// upper_best is the least.
func TestSandwichOverEpochs(t *testing.T) {
	opts := Options{Jacobian: JacobianOptions{Norms: []Norm{Norm2, Norm1, NormInf}}}
	var metrics []Scheduled
	for _, info := range slices.Backward(Metrics) {
		if info.Name == "jacobian" || info.Name == series.ExactLipschitz || strings.HasPrefix(info.Name, "upper_") {
			metrics = append(metrics, Scheduled{metricOf(t, info.Name, opts), Every(1)})
		}
	}

	checkSamples := func(epoch int, samples []series.Sample) {
		least, best := map[string]float64{}, map[string]float64{}
		for _, s := range samples {
			if s.Kind != series.Certified {
				continue
			}
			v, ok := least[s.Label]
			if !ok || float64(s.Value) < v {
				least[s.Label] = float64(s.Value)
			}
			if s.Metric == series.UpperBest {
				best[s.Label] = float64(s.Value)
			}
		}
		for _, label := range []string{"", "norm=1", "norm=inf"} {
			if best[label] != least[label] || best[label] == 0 {
				t.Errorf("epoch %d %s: best %v, least %v", epoch, label, best[label], least[label])
			}
		}
		checkSandwich(t, samples)
		for _, s := range samples {
			if s.Metric != series.ExactLipschitz {
				continue
			}
			lower := value(samples, series.LowerBound)
			if exact := float64(s.Value); !(lower <= exact*(1+roundoff) && exact <= best[""]*(1+roundoff)) {
				t.Errorf("epoch %d: lower %v, exact %v, best %v", epoch, lower, exact, best[""])
			}
		}
	}

	r := generator(40)
	tr, err := New(Probes{X: randomPoints(r, 100, 4, 1)}, metrics)
	if err != nil {
		t.Fatal(err)
	}
	net := randomNetwork(r, network.ReLU, network.LeakyReLU(0.1), true, 0.1, 4, 7, 6, 3)
	for epoch := range 12 {
		samples, err := tr.Track(context.Background(), epoch, net, false)
		if err != nil {
			t.Fatal(err)
		}
		checkSamples(epoch, samples)
		for _, l := range net.Layers {
			_, in := l.Weight.Dims()
			step := randomPoints(r, l.Out(), in, 0.2)
			floats.AddScaled(l.Weight.RawMatrix().Data, 0.3, l.Weight.RawMatrix().Data)
			floats.Add(l.Weight.RawMatrix().Data, step.RawMatrix().Data)
		}
	}
}

// value returns the value of a metric without a label.
func value(samples []series.Sample, metric string) float64 {
	for _, s := range samples {
		if s.Metric == metric && s.Label == "" {
			return float64(s.Value)
		}
	}
	return math.NaN()
}

// TestBoundsAfterEveryLayer checks that the product of the first layers is the product of the
// network cut there.
func TestBoundsAfterEveryLayer(t *testing.T) {
	net := randomNetwork(generator(41), network.ReLU, network.Identity, true, 1, 4, 7, 6, 3)
	m := productBound{JacobianOptions{EveryLayer: true, Norms: []Norm{Norm2, NormInf}}}
	got := measure(t, m, snapshotOf(net))

	for key, cut := range map[string]struct {
		layers int
		label  string
	}{
		"upper_product upto=1":          {1, ""},
		"upper_product upto=2,norm=inf": {2, " norm=inf"},
		"upper_product norm=inf":        {3, " norm=inf"},
	} {
		if want := measure(t, m, snapshotOf(net.UpTo(cut.layers)))[series.UpperProduct+cut.label]; got[key] != want || want == 0 {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
	if len(got) != 6 {
		t.Errorf("measured %v", got)
	}
}

// TestDoubtfulBounds checks that doubtful bounds carry a warning.
func TestDoubtfulBounds(t *testing.T) {
	huge := snapshotOf(randomNetwork(generator(42), network.ReLU, network.Identity, false, 1e200, 3, 4, 2))
	metric, err := NewMetric(series.UpperLipLT, Options{})
	if err != nil {
		t.Fatal(err)
	}
	measured, err := metric.Measure(huge)
	if err != nil || !math.IsInf(float64(measured[0].Value), 1) || !strings.Contains(measured[0].Warning, "range") {
		t.Errorf("of huge weights: %v, error %v", measured, err)
	}
	smooth, err := network.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	measured, err = exactLipschitz{}.Measure(snapshotOf(randomNetwork(generator(43), smooth, network.Identity, false, 1, 3, 4, 2)))
	if err != nil || !math.IsNaN(float64(measured[0].Value)) || !strings.Contains(measured[0].Warning, "tanh") {
		t.Errorf("exact constant of a tanh network: %v, error %v", measured, err)
	}
	steep := snapshotOf(randomNetwork(generator(44), network.LeakyReLU(math.NaN()), network.Identity, false, 1, 3, 4, 2))
	if _, err := metric.Measure(steep); err == nil || !strings.Contains(err.Error(), "leaky_relu(NaN)") {
		t.Errorf("of a slope NaN: error %v", err)
	}
}
