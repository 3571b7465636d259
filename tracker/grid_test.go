package tracker

import (
	"maps"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// rampNetwork has outputs 3·max(x, 0) and max(−x, 0) + 0.6: its Jacobian norm is 3 on the right and
// 1 on the left, and the boundary between its classes is at x = 0.2.
func rampNetwork() *network.Network {
	return &network.Network{Layers: []network.Layer{
		{Weight: mat.NewDense(2, 2, []float64{1, 0, -1, 0}), Activation: network.ReLU},
		{Weight: mat.NewDense(2, 2, []float64{3, 0, 0, 1}), Bias: []float64{0, 0.6}},
	}}
}

func TestGridOfARamp(t *testing.T) {
	s := snapshotOf(rampNetwork())
	m := metricOf(t, "grid", Options{Grid: GridOptions{Range: 1, Points: 5, Picture: 2}})
	want := map[string]float64{series.GridLowerBound: 3, series.GridBoundaryDistance: 0.5}

	check := func() {
		t.Helper()
		got := measure(t, m, s)
		if !maps.EqualFunc(got, want, func(a, b float64) bool { return near(a, b, roundoff) }) {
			t.Errorf("measured %v, want %v", got, want)
		}
	}

	check()
	s.Last = true
	for label, cell := range map[string][2]float64{"x=-0.5,y=-0.5": {1, 1}, "x=0.5,y=-0.5": {3, 0}, "x=-0.5,y=0.5": {1, 1}, "x=0.5,y=0.5": {3, 0}} {
		want[series.GridNorm+" "+label], want[series.GridClass+" "+label] = cell[0], cell[1]
	}
	check()
}

func TestGridOfOneClass(t *testing.T) {
	net := rampNetwork()
	net.Layers[1].Bias[1] = 100
	samples, err := metricOf(t, "grid", Options{Grid: GridOptions{Range: 1, Points: 4}}).Measure(snapshotOf(net))
	if err != nil || !math.IsNaN(float64(samples[1].Value)) || samples[1].Warning == "" {
		t.Errorf("samples %v, error %v", samples, err)
	}
}

func TestGridNeedsAPlane(t *testing.T) {
	_, err := metricOf(t, "grid", Options{}).Measure(snapshotOf(randomNetwork(generator(60), network.ReLU, network.Identity, true, 1, 3, 2)))
	if err == nil || !strings.Contains(err.Error(), "3 inputs") {
		t.Errorf("error %v", err)
	}
}
