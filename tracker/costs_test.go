package tracker

import (
	"testing"

	"github.com/liptrack/liptrack/network"
)

// Exactly the metrics that were due have a cost. The Jacobians of 20 points take more memory than
// their entries.
func TestCostsNameWhatWasDue(t *testing.T) {
	// Small allocations are counted late, so the test takes norms at many points.
	const points = 20_000
	r := generator(7)
	metrics := []Scheduled{
		{metricOf(t, "layer_norms", Options{}), Every(1)},
		{metricOf(t, "jacobian", Options{}), Every(1)},
		{metricOf(t, "upper_liplt", Options{}), Every(2)},
	}
	tr, err := New(Probes{X: randomPoints(r, points, 4, 1)}, metrics)
	if err != nil {
		t.Fatal(err)
	}

	net := randomNetwork(r, network.ReLU, network.Identity, true, 1, 4, 8, 3)
	for epoch, want := range map[int]int{2: 3, 3: 2} {
		if _, err := tr.Track(t.Context(), epoch, net, false); err != nil {
			t.Fatal(err)
		}

		costs := tr.Costs()
		_, bound := costs["upper_liplt"]
		jacobian := costs["jacobian"]
		if len(costs) != want || bound != (want == 3) || jacobian.Time <= 0 || epoch == 2 && jacobian.Allocated < points*8 {
			t.Errorf("epoch %d: %v", epoch, costs)
		}
	}
}
