package trainer

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/trainer/dataset"
)

func TestDivergence(t *testing.T) {
	fill := func(d *dataset.Dataset, v float64) {
		d.Train.X.Apply(func(int, int, float64) float64 { return v }, d.Train.X)
	}
	for name, test := range map[string]struct {
		spoil func(*Config, *dataset.Dataset)
		epoch int // the epoch that diverges
		step  int
	}{
		"loss and all within an epoch": {func(c *Config, _ *dataset.Dataset) {
			c.BatchSize, c.Loss, c.Optimizer.LearningRate = 16, losses.MSE, 1e30
		}, 1, 2},
		"NaN among the data": {func(c *Config, d *dataset.Dataset) {
			c.BatchSize = 16
			d.Train.X.Set(20, 3, math.NaN())
		}, 1, 2},
		"the loss alone: a logit is −∞ after its row's maximum is taken off": {func(c *Config, d *dataset.Dataset) {
			fill(d, 1)
			c.Hidden, c.Bias, c.Init.Scale = nil, false, 6e38
		}, 1, 1},
		"parameters to infinity with the last update": {func(c *Config, _ *dataset.Dataset) {
			c.Optimizer.LearningRate, c.Optimizer.WeightDecay = 1e30, 1e30
		}, 1, 1},
		"parameters to NaN with the last update": {func(c *Config, d *dataset.Dataset) {
			fill(d, 1e20)
			c.Hidden, c.Loss, c.Optimizer = nil, losses.MSE, everyOptimizer["Adam"]
		}, 1, 1},
		// After a ReLU that turned NaN into 0, the loss would be finite.
		"activations before an output ReLU": {func(c *Config, _ *dataset.Dataset) {
			c.Optimizer.LearningRate, c.Output, c.Loss = 1e38, network.ReLU, losses.MSE
		}, 2, 2},
	} {
		c, d := testConfig(), testData(50, 5, 4)
		c.BatchSize, c.Stop = 50, Stop{Epochs: 5, TrainLoss: 1e-9}
		test.spoil(&c, d)
		tr := newTestTrainer(t, c, d)
		last := -1

		tr.OnEpoch("look", everyEpoch(func(e *Epoch) {
			if e.Diverged != (e.Index == test.epoch) || e.Last != e.Diverged {
				t.Errorf("%s: epoch %d: diverged %t, last %t", name, e.Index, e.Diverged, e.Last)
			}
			last = e.Index
			e.Evaluation()
			e.Network()
		}))

		if got := run(t, t.Context(), tr); got.Status != Diverged || last != test.epoch || got.Steps != test.step {
			t.Errorf("%s: %+v, the last epoch seen was %d; want %s at epoch %d, step %d", name, got, last, Diverged, test.epoch, test.step)
		}
	}
}
