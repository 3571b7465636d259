package tracker

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/testnet"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
)

func TestMain(m *testing.M) {
	linalg.UseBLAS(linalg.AutoBLAS)
	os.Exit(m.Run())
}

// randomNetwork returns a network with the given widths, input first, and He-scaled Gaussian
// weights times scale.
func randomNetwork(r *rand.Rand, a, output network.Activation, bias bool, scale float64, widths ...int) *network.Network {
	he := func(in int) float64 { return scale * math.Sqrt(2/float64(in)) * r.NormFloat64() }
	if bias {
		return testnet.Network(widths, a, output, he, r.NormFloat64)
	}
	return testnet.Network(widths, a, output, he, nil)
}

func randomPoints(r *rand.Rand, n, dim int, scale float64) *mat.Dense {
	return testnet.Matrix(n, dim, func() float64 { return scale * r.NormFloat64() })
}

func generator(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// allActivations has one activation of each kind.
func allActivations(t *testing.T) []network.Activation {
	t.Helper()
	var all []network.Activation
	for _, name := range network.ActivationNames() {
		a, err := network.ParseActivation(name, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// testNetworks returns networks of every kind that a metric must handle, by description.
func testNetworks(t *testing.T) map[string]*network.Network {
	t.Helper()
	r := generator(1)
	nets := map[string]*network.Network{
		"linear":        randomNetwork(r, network.ReLU, network.Identity, true, 1, 5, 3),
		"a plane":       randomNetwork(r, network.ReLU, network.Identity, true, 1, 2, 9, 8, 3),
		"one unit":      randomNetwork(r, network.ReLU, network.Identity, true, 1, 1, 1, 1),
		"zero":          {Layers: []network.Layer{{Weight: mat.NewDense(4, 5, nil), Activation: network.ReLU}, {Weight: mat.NewDense(3, 4, nil)}}},
		"tiny weights":  randomNetwork(r, network.ReLU, network.Identity, false, 1e-90, 5, 8, 3),
		"huge weights":  randomNetwork(r, network.ReLU, network.Identity, false, 1e90, 5, 8, 3),
		"more outputs":  randomNetwork(r, network.ReLU, network.Identity, true, 1, 3, 8, 20),
		"output relu":   randomNetwork(r, network.ReLU, network.ReLU, false, 1, 5, 8, 3),
		"wide and deep": randomNetwork(r, network.ReLU, network.LeakyReLU(0.01), true, 1, 7, 60, 50, 40, 4),
	}

	for _, a := range allActivations(t) {
		for depth := 1; depth <= 4; depth++ {
			widths := []int{6}
			for range depth {
				widths = append(widths, 2+r.IntN(12))
			}
			name := fmt.Sprintf("%v, %d hidden", a, depth)
			nets[name] = randomNetwork(r, a, network.Identity, depth%2 == 0, 1.5, append(widths, 3)...)
		}
	}

	return nets
}

// snapshotOf returns a snapshot of a network with 50 random probe points.
func snapshotOf(net *network.Network) *Snapshot {
	r := generator(2)
	const points = 50
	labels := make([]int, points)
	for i := range labels {
		labels[i] = r.IntN(net.Out())
	}
	return &Snapshot{Net: net, Probes: Probes{X: randomPoints(r, points, net.In(), 1), Labels: labels}}
}

// measure returns the values of a metric by "metric label".
func measure(t *testing.T, m measurer, s *Snapshot) map[string]float64 {
	t.Helper()
	samples, err := m.Measure(s)
	if err != nil {
		t.Fatalf("%T: %v", m, err)
	}
	values := map[string]float64{}
	for _, sample := range samples {
		key := sample.Metric
		if sample.Label != "" {
			key += " " + sample.Label
		}
		if _, twice := values[key]; twice {
			t.Errorf("%T: %s measured twice", m, key)
		}
		values[key] = float64(sample.Value)
	}

	return values
}

// near reports whether two numbers agree to a relative tolerance.
func near(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
}

// metricOf returns the metric with a name and these options.
func metricOf(t testing.TB, name string, o Options) Metric {
	t.Helper()
	m, err := NewMetric(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// everyLoss returns all losses in the order of their values.
func everyLoss() []losses.Loss {
	var all []losses.Loss
	for i := range losses.Names() {
		all = append(all, losses.Loss(i))
	}
	return all
}
