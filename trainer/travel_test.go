package trainer

import (
	"math"
	"testing"
)

// travelOf trains a network and returns its last epoch.
func travelOf(t *testing.T, c Config) (last *Epoch) {
	t.Helper()
	c.Float64, c.FollowUpdates = true, true

	tr := newTestTrainer(t, c, testData(50, 5, 4))
	tr.OnEpoch("last", everyEpoch(func(e *Epoch) { last = e }))
	run(t, t.Context(), tr)
	return last
}

// TestTravelOfOneUpdateAnEpoch compares the path over updates with the path over epochs, which are
// equal if an epoch is one update, and both with the rate times the gradients, which plain SGD
// moves.
func TestTravelOfOneUpdateAnEpoch(t *testing.T) {
	c := testConfig()
	c.BatchSize, c.ClipNorm, c.Optimizer = 50, 0, Optimizer{LearningRate: 0.1}
	c.Schedule = Schedule{}
	e := travelOf(t, c)

	checkNear(t, "path", e.Travel.Path, e.PathLength, 1e-12)
	if longest := e.Travel.LargestGradient * 0.1 * float64(e.Step); !(e.Travel.Path <= longest) || e.Travel.Path == 0 {
		t.Errorf("path %v, at most the largest gradient times rate and updates, %v", e.Travel.Path, longest)
	}
}

// TestTravelIsClipped checks that every update with a clipped gradient is as long as the rate times
// the limit.
func TestTravelIsClipped(t *testing.T) {
	c := testConfig()
	c.BatchSize, c.ClipNorm, c.Optimizer = 10, 1e-3, Optimizer{LearningRate: 0.1}
	c.Schedule = Schedule{}
	e := travelOf(t, c)

	checkNear(t, "largest gradient", e.Travel.LargestGradient, 1e-3, 1e-2)
	checkNear(t, "path", e.Travel.Path, 1e-4*float64(e.Step), 1e-2)
	if !(e.PathLength <= e.Travel.Path) {
		t.Errorf("path by epochs %v, by updates %v", e.PathLength, e.Travel.Path)
	}
}

// TestTravelGoesOnAfterAnInterruption restores a run in the middle of an epoch.
func TestTravelGoesOnAfterAnInterruption(t *testing.T) {
	c := testConfig()
	c.BatchSize, c.FollowUpdates = 10, true
	data := testData(50, 5, 4)

	whole := newTestTrainer(t, c, data)
	run(t, t.Context(), whole)

	first := newTestTrainer(t, c, data)
	run(t, &countdown{t.Context(), 7}, first)
	second := newTestTrainer(t, c, data)
	if err := second.Restore(first.State()); err != nil {
		t.Fatal(err)
	}
	run(t, t.Context(), second)

	want, got := whole.State().Travel, second.State().Travel
	if got != want || math.IsNaN(got.Path) || got.Path == 0 {
		t.Errorf("after an interruption %+v, want %+v", got, want)
	}
}
