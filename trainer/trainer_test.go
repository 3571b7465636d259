package trainer

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/network"
)

func TestRunLearns(t *testing.T) {
	data := testData(60, 10, 3)
	for name, o := range everyOptimizer {
		for _, loss := range everyLoss {
			c := testConfig()
			c.Hidden, c.Optimizer, c.Loss, c.Shuffle = []int{64}, o, loss, true
			c.Stop.Epochs = 200
			tr := newTestTrainer(t, c, data)
			epochs := record(tr)
			run(t, t.Context(), tr)
			first, last := (*epochs)[0].evaluation, (*epochs)[200].evaluation
			if !(last.TrainLoss < first.TrainLoss/2) || !(last.TrainAccuracy > 0.95) {
				t.Errorf("%s, %v: training loss from %v to %v, accuracy %v", name, loss, first.TrainLoss, last.TrainLoss, last.TrainAccuracy)
			}
		}
	}
}

func TestEpochs(t *testing.T) {
	data := testData(50, 5, 4)
	c := testConfig()
	c.Schedule = Schedule{Kind: StepDecay, StepEpochs: 1, Gamma: 0.5}
	tr := newTestTrainer(t, c, data)
	if n := tr.UpdatesPerEpoch(); n != 4 {
		t.Errorf("%d updates an epoch, want 4", n)
	}
	epochs := record(tr)
	if got, want := run(t, t.Context(), tr), (Result{Status: Completed, Epochs: 3, Steps: 12}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	rate := 0.1
	for i, e := range *epochs {
		if e.index != i || e.step != 4*i || e.last != (i == 3) || e.rate != rate {
			t.Errorf("epoch %d: index %d, step %d, last %t, rate %v", i, e.index, e.step, e.last, e.rate)
		}
		rate /= 2
	}
	if len(*epochs) != 4 {
		t.Errorf("%d epochs were seen, want 0 to 3", len(*epochs))
	}
}

// The norm, the distance and the path length are checked against the networks themselves.
func TestDistances(t *testing.T) {
	var start, previous []float64
	var path float64
	c := testConfig()
	c.Float64 = true
	tr := newTestTrainer(t, c, testData(50, 5, 4))

	tr.OnEpoch("distances", everyEpoch(func(e *Epoch) {
		theta := flatten(e.Network())
		if e.Index == 0 {
			start, previous = theta, theta
		}
		path += distance(theta, previous)
		previous = theta
		checkNear(t, "norm", e.ParamNorm, distance(theta, make([]float64, len(theta))), 1e-12)
		checkNear(t, "distance", e.ParamDistance, distance(theta, start), 1e-12)
		checkNear(t, "path", e.PathLength, path, 1e-12)
	}))

	run(t, t.Context(), tr)
	if path == 0 {
		t.Error("nothing moved")
	}
}

func flatten(net *network.Network) []float64 {
	var all []float64
	for _, l := range net.Layers {
		all = append(append(all, l.Weight.RawMatrix().Data...), l.Bias...)
	}
	return all
}

func distance(a, b []float64) float64 {
	var s float64
	for i := range a {
		s += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(s)
}

// The network that hooks see computes what the graph computes and shares no memory with training.
func TestNetworkIsACopy(t *testing.T) {
	data := testData(50, 5, 4)
	c := testConfig()
	c.Hidden, c.Activation, c.Output = []int{8, 7}, network.LeakyReLU(0.1), network.ReLU
	seen, unseen := newTestTrainer(t, c, data), newTestTrainer(t, c, data)

	seen.OnEpoch("spoil", everyEpoch(func(e *Epoch) {
		net := e.Network()
		if err := net.Validate(); err != nil {
			t.Error(err)
		}
		if net.In() != 5 || net.Out() != 4 || net.Layers[1].Activation != c.Activation || net.Layers[2].Activation != network.ReLU {
			t.Errorf("network %d–%d with %v and %v", net.In(), net.Out(), net.Layers[1].Activation, net.Layers[2].Activation)
		}
		s := seen.core.(*session[float32])
		x, _, _ := s.train.rows(0, 5)
		checkClose(t, "outputs", network.NewPass[float32](net, 5).Forward(x, 5), s.evaluator.forward(x, 5), 1e-6)
		for _, l := range net.Layers {
			l.Weight.Zero()
			clear(l.Bias)
		}
	}))

	run(t, t.Context(), seen)
	run(t, t.Context(), unseen)
	checkSameState(t, seen.State(), unseen.State())
}

func TestStop(t *testing.T) {
	// Without targets, the run takes all epochs; the targets below end it earlier.
	data := testData(50, 5, 4)
	c := testConfig()
	c.Optimizer.LearningRate = 0.2
	const total = 12
	c.Stop.Epochs = total
	through := newTestTrainer(t, c, data)
	epochs := record(through)
	run(t, t.Context(), through)
	at := func(i int) Evaluation { return (*epochs)[i].evaluation }
	// first returns the first epoch of training with such an evaluation.
	first := func(such func(Evaluation) bool) int {
		return 1 + slices.IndexFunc((*epochs)[1:], func(e seenEpoch) bool { return such(e.evaluation) })
	}

	best := at(1)
	for i := range total {
		best.TrainLoss = min(best.TrainLoss, at(i+1).TrainLoss)
		best.GradNorm = min(best.GradNorm, at(i+1).GradNorm)
		best.TrainAccuracy = max(best.TrainAccuracy, at(i+1).TrainAccuracy)
	}

	for name, test := range map[string]struct {
		stop   Stop
		epochs int
		status Status
	}{
		"none":                              {Stop{Epochs: total}, total, Completed},
		"no epoch":                          {Stop{Epochs: 0}, 0, Completed},
		"no epoch but a target that is met": {Stop{Epochs: 0, TrainLoss: 1e9}, 0, Completed},
		"loss":                              {Stop{Epochs: total, TrainLoss: best.TrainLoss}, first(func(e Evaluation) bool { return e.TrainLoss == best.TrainLoss }), Converged},
		"accuracy":                          {Stop{Epochs: total, TrainAccuracy: best.TrainAccuracy}, first(func(e Evaluation) bool { return e.TrainAccuracy == best.TrainAccuracy }), Converged},
		"gradient":                          {Stop{Epochs: total, GradNorm: best.GradNorm}, first(func(e Evaluation) bool { return e.GradNorm == best.GradNorm }), Converged},
		"never met":                         {Stop{Epochs: total, TrainLoss: 1e-9, GradNorm: 1e-9}, total, Completed},
		"met at once":                       {Stop{Epochs: total, TrainLoss: 1e9}, 1, Converged},
		"met at once, minimum":              {Stop{Epochs: total, MinEpochs: 4, TrainLoss: 1e9}, 4, Converged},
		"met in the last epoch":             {Stop{Epochs: 4, MinEpochs: 4, TrainLoss: 1e9}, 4, Converged},
		"given up":                          {Stop{Epochs: total, GiveUp: GiveUp{3, at(3).TrainLoss - 1e-9}}, 3, GaveUp},
		"not given up":                      {Stop{Epochs: total, GiveUp: GiveUp{3, at(3).TrainLoss}}, total, Completed},
		"given up and met":                  {Stop{Epochs: total, MinEpochs: 3, TrainLoss: 1e9, GiveUp: GiveUp{3, 1e-12}}, 3, Converged},
		"either of two":                     {Stop{Epochs: total, TrainLoss: 1e-9, TrainAccuracy: 1e-9}, first(func(e Evaluation) bool { return e.TrainAccuracy > 0 }), Converged},
	} {
		c.Stop = test.stop
		tr := newTestTrainer(t, c, data)
		seen := record(tr)
		got := run(t, t.Context(), tr)
		if want := (Result{test.status, test.epochs, 4 * test.epochs}); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		for i, e := range *seen {
			if e.last != (i == test.epochs) {
				t.Errorf("%s: epoch %d is the last: %t", name, i, e.last)
			}
		}

		if again := run(t, t.Context(), tr); again != got || len(*seen) != test.epochs+1 {
			t.Errorf("%s: run again after its end: %+v after %d epochs", name, again, len(*seen))
		}
	}
}

func TestCancellation(t *testing.T) {
	tr := newTestTrainer(t, testConfig(), testData(50, 5, 4))
	epochs := record(tr)
	for _, test := range []struct {
		updates int // until the context ends
		want    Result
		seen    int
	}{
		{0, Result{Cancelled, 0, 0}, 1},
		{2, Result{Cancelled, 0, 2}, 1},
		{2, Result{Cancelled, 1, 4}, 2},
		{3, Result{Cancelled, 1, 7}, 2},
		{100, Result{Completed, 3, 12}, 4},
	} {
		if got := run(t, afterUpdates(test.updates), tr); got != test.want || len(*epochs) != test.seen {
			t.Errorf("after %d more updates: %+v and %d epochs seen, want %+v and %d", test.updates, got, len(*epochs), test.want, test.seen)
		}
	}
}

// Cancellation does not interrupt hooks.
func TestHooksOutliveCancellation(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tr := newTestTrainer(t, testConfig(), testData(50, 5, 4))
	tr.OnEpoch("cancel", onEpoch(2, func(*Epoch) { cancel() }))
	calls := 0
	tr.OnEpoch("after", func(ctx context.Context, _ *Epoch) error { calls++; return ctx.Err() })
	if got, want := run(t, ctx, tr), (Result{Cancelled, 2, 8}); got != want || calls != 3 {
		t.Errorf("%+v after %d calls, want %+v after 3", got, calls, want)
	}
}

func TestHookError(t *testing.T) {
	broken := errors.New("disk full")
	tr := newTestTrainer(t, testConfig(), testData(50, 5, 4))
	var calls []string
	note := func(name string) Hook { return everyEpoch(func(*Epoch) { calls = append(calls, name) }) }
	tr.OnEpoch("first", note("first"))

	tr.OnEpoch("writing", func(_ context.Context, e *Epoch) error {
		if e.Index == 1 {
			return broken
		}
		return nil
	})

	tr.OnEpoch("second", note("second"))
	_, err := tr.Run(t.Context())
	if !errors.Is(err, broken) {
		t.Errorf("error %v does not wrap the hook's", err)
	}
	checkError(t, err, "writing at epoch 1", "disk full")
	if want := []string{"first", "second", "first"}; !slices.Equal(calls, want) {
		t.Errorf("hooks ran as %v, want %v", calls, want)
	}
}
