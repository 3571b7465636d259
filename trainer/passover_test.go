package trainer

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"
)

// passOverStops end the training of the networks below at various epochs between the first and the
// last.
var passOverStops = map[string]Stop{
	"gradient":       {Epochs: 60, GradNorm: 0.35},
	"later gradient": {Epochs: 60, GradNorm: 0.35, MinEpochs: 20},
	"loss":           {Epochs: 60, TrainLoss: 1.1},
	"accuracy":       {Epochs: 60, TrainAccuracy: 0.5},
	"gradient, loss": {Epochs: 60, GradNorm: 1e-9, TrainLoss: 1.1},
	"never":          {Epochs: 20, GradNorm: 1e-9},
	"hopeless":       {Epochs: 60, GradNorm: 1e-9, GiveUp: GiveUp{Epochs: 7, TrainLoss: 1e-3}},
}

// A run ends at the same epoch and in the same state regardless of whether hooks see every epoch.
func TestPassingEpochsOverChangesNothing(t *testing.T) {
	converged := 0
	for name, stop := range passOverStops {
		for _, kind := range []OptimizerKind{SGD, Adam} {
			c := testConfig()
			c.Stop, c.Optimizer.Kind = stop, kind
			c.Optimizer.Beta1, c.Optimizer.Beta2, c.Optimizer.Epsilon = 0.9, 0.999, 1e-8

			seen, want, wantState := runSeeing(t, c, nil)
			if len(seen) != want.Epochs+1 {
				t.Fatalf("%s: hooks saw %d of %d epochs", name, len(seen), want.Epochs+1)
			}

			if want.Status == Converged {
				converged++
			}

			idle := func(epoch int) bool { return epoch%5 != 0 }
			seen, got, state := runSeeing(t, c, idle)
			if got != want {
				t.Errorf("%s, %v: the run ended %+v, without passing over %+v", name, kind, got, want)
			}

			if !reflect.DeepEqual(state, wantState) {
				t.Errorf("%s, %v: another state at the end", name, kind)
			}

			for epoch := 0; epoch <= want.Epochs; epoch++ {
				if (!idle(epoch) || epoch == want.Epochs) && !seen[epoch] {
					t.Errorf("%s, %v: no hook saw epoch %d", name, kind, epoch)
				}
			}
		}
	}

	if converged < 6 {
		t.Errorf("only %d runs converged: the test is too weak", converged)
	}
}

// runSeeing runs a training and returns the epochs that a hook saw. If epochs are passed over, it
// cancels and restores the run again and again.
func runSeeing(t *testing.T, c Config, idle func(int) bool) (map[int]bool, Result, *State) {
	t.Helper()
	data := testData(60, 5, 4)
	seen := map[int]bool{}
	var state *State
	for part := 0; ; part++ {
		training, err := New(c, data)
		if err != nil {
			t.Fatal(err)
		}

		if state != nil {
			if err := training.Restore(state); err != nil {
				t.Fatal(err)
			}
		}

		ctx, cancel := context.WithCancel(context.Background())
		training.OnEpoch("see", func(_ context.Context, e *Epoch) error {
			seen[e.Index] = true
			if idle != nil && e.Index == 10*(part+1) {
				time.AfterFunc(time.Duration(part)*50*time.Microsecond, cancel)
			}
			return nil
		})
		if idle != nil {
			training.PassOver(idle)
		}

		result, err := training.Run(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}

		state = training.State()
		if result.Status != Cancelled {
			return seen, result, state
		}
	}
}

// The cheaper test agrees with an evaluation on both sides of the target and far from it.
func TestReachesIsWhatAnEvaluationSays(t *testing.T) {
	data := testData(700, 5, 4)
	for _, loss := range everyLoss {
		c := testConfig()
		c.Loss = loss
		s := newTestSession[float32](t, c, data)
		e := s.evaluate()

		for _, factor := range []float64{1e-3, 0.3, 0.5, 0.9, 1 - 1e-5, 1, 1 + 1e-5, 2, 1e3} {
			for _, stop := range []Stop{
				{GradNorm: e.GradNorm * factor},
				{TrainLoss: e.TrainLoss * factor},
				{TrainAccuracy: min(e.TrainAccuracy*factor, 1)},
				{GradNorm: e.GradNorm * factor, TrainLoss: e.TrainLoss / 2},
			} {
				want := stop.reached(e)
				what := fmt.Sprintf("loss %v, factor %v, %+v", loss, factor, stop)
				if got := newEvaluator(s.model, c.objective(), 100).reaches(stop, s.train); got != want {
					// Chunks of 100 points are summed in a different order than the chunks of an
					// evaluation.
					if factor != 1 {
						t.Errorf("%s: %v in chunks of 100", what, got)
					}
				}

				for range 3 {
					if got := s.reaches(stop); got != want {
						t.Errorf("%s: reaches says %v", what, got)
					}
					if got := s.reachesAside(stop)(); got != want {
						t.Errorf("%s: reachesAside says %v", what, got)
					}
				}
			}
		}
	}
}

// The quick test decides if the target is far away, and is left out after it was inconclusive.
func TestShorterWay(t *testing.T) {
	s := newTestSession[float64](t, testConfig(), testData(60, 5, 4))
	e := s.evaluate()
	if !s.evaluator.isSteep(e.GradNorm/100, s.train) {
		t.Error("the last layer's gradient is less than a hundredth of the whole")
	}

	s.reaches(Stop{GradNorm: e.GradNorm / 100})
	if s.evaluator.whole != 0 {
		t.Errorf("the shorter way is left out for %d calls", s.evaluator.whole)
	}

	s.reaches(Stop{GradNorm: e.GradNorm * 0.999})
	if s.evaluator.whole != wholeCalls {
		t.Errorf("the shorter way is left out for %d calls, want %d", s.evaluator.whole, wholeCalls)
	}
}
