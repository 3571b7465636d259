package tracker

import (
	"testing"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// A budget lowers the least bound, down to LipSDP's optimum, and gives the same value every time.
func TestBudgetLowersBest(t *testing.T) {
	net := randomNetwork(generator(11), network.ReLU, network.Identity, true, 1, 6, 16, 16, 3)
	best := func(seconds float64) float64 {
		metric := metricOf(t, series.UpperBest, Options{Best: BestOptions{Seconds: seconds}})
		return measure(t, metric, snapshotOf(net))[series.UpperBest]
	}

	optimum := measure(t, metricOf(t, series.UpperLipSDPOptimal, Options{}), snapshotOf(net))[series.UpperLipSDPOptimal]
	none, some := best(0), best(1)
	if !(some <= optimum && optimum < none) {
		t.Errorf("without a budget %v, with one %v, the optimum is %v", none, some, optimum)
	}

	if again := best(1); again != some {
		t.Errorf("%v, then %v", some, again)
	}
}
