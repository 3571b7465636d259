package trainer

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/trainer/dataset"
)

func TestConfigErrors(t *testing.T) {
	adam := everyOptimizer["Adam"]
	for name, test := range map[string]struct {
		spoil func(*Config, *dataset.Dataset)
		want  string
	}{
		"width":      {func(c *Config, _ *dataset.Dataset) { c.Hidden = []int{8, 0} }, "model.hidden: got [8, 0], want list of integers ≥ 1"},
		"batch":      {func(c *Config, _ *dataset.Dataset) { c.BatchSize = -1 }, "train.batch_size: got -1, want integer ≥ 0 or full"},
		"scale":      {func(c *Config, _ *dataset.Dataset) { c.Init.Scale = -1 }, "model.init.scale: got -1, want number > 0"},
		"clip":       {func(c *Config, _ *dataset.Dataset) { c.ClipNorm = -1 }, "train.clip: got -1, want number ≥ 0 or off"},
		"dropout":    {func(c *Config, _ *dataset.Dataset) { c.Dropout = 1 }, "model.dropout: got 1, want number ≥ 0 and < 1 or off"},
		"constraint": {func(c *Config, _ *dataset.Dataset) { c.Constraint = -1 }, "train.constraint: got -1, want number ≥ 0 or off"},
		"penalty":    {func(c *Config, _ *dataset.Dataset) { c.JacobianPenalty = -1 }, "train.jacobian_penalty: got -1, want number ≥ 0 or off"},
		"smooth penalty": {func(c *Config, _ *dataset.Dataset) {
			c.JacobianPenalty = 1
			c.Activation, _ = network.ParseActivation("tanh", 0)
		}, "train.jacobian_penalty: needs piecewise linear activations (identity, relu, leaky_relu), but model.activation is tanh"},
		"radius":        {func(c *Config, _ *dataset.Dataset) { c.Adversarial.Eps = -1 }, "train.adversarial.eps: got -1, want number ≥ 0 or off"},
		"steps":         {func(c *Config, _ *dataset.Dataset) { c.Adversarial.Steps = -1 }, "train.adversarial.steps: got -1, want integer ≥ 1"},
		"attack rate":   {func(c *Config, _ *dataset.Dataset) { c.Adversarial.Rate = -1 }, "train.adversarial.rate: got -1, want number > 0"},
		"attack decay":  {func(c *Config, _ *dataset.Dataset) { c.Adversarial.Decay = 2 }, "train.adversarial.decay: got 2, want number > 0 and ≤ 1"},
		"noise":         {func(c *Config, _ *dataset.Dataset) { c.Adversarial = Adversarial{Eps: 1, Noise: -1} }, "train.adversarial.noise: got -1, want number ≥ 0"},
		"temperature":   {func(c *Config, _ *dataset.Dataset) { c.Temperature = -1 }, "train.temperature: got -1, want number > 0"},
		"give up":       {func(c *Config, _ *dataset.Dataset) { c.Stop.GiveUp.Epochs = -1 }, "stop.give_up.epochs: got -1, want integer ≥ 0 or off"},
		"epochs":        {func(c *Config, _ *dataset.Dataset) { c.Stop.Epochs = -1 }, "stop.epochs: got -1, want integer ≥ 0"},
		"rate":          {func(c *Config, _ *dataset.Dataset) { c.Optimizer.LearningRate = 0 }, "train.optimizer.lr: got 0, want number > 0"},
		"rate NaN":      {func(c *Config, _ *dataset.Dataset) { c.Optimizer.LearningRate = math.NaN() }, "train.optimizer.lr: got .nan, want number > 0"},
		"rate infinite": {func(c *Config, _ *dataset.Dataset) { c.Optimizer.LearningRate = math.Inf(1) }, "train.optimizer.lr: got .inf, want number > 0"},
		"decay":         {func(c *Config, _ *dataset.Dataset) { c.Optimizer.WeightDecay = -0.1 }, "train.optimizer.weight_decay: got -0.1, want number ≥ 0"},
		"momentum":      {func(c *Config, _ *dataset.Dataset) { c.Optimizer.Momentum = 1 }, "train.optimizer.momentum: got 1, want number ≥ 0 and < 1"},
		"Nesterov":      {func(c *Config, _ *dataset.Dataset) { c.Optimizer.Nesterov = true }, "needs train.optimizer.momentum > 0"},
		"beta1":         {func(c *Config, _ *dataset.Dataset) { c.Optimizer = adam; c.Optimizer.Beta1 = 1 }, "train.optimizer.betas: got [1, 0.999], want pair of numbers ≥ 0 and < 1"},
		"beta2":         {func(c *Config, _ *dataset.Dataset) { c.Optimizer = adam; c.Optimizer.Beta2 = -1 }, "train.optimizer.betas: got [0.9, -1], want pair of numbers ≥ 0 and < 1"},
		"epsilon":       {func(c *Config, _ *dataset.Dataset) { c.Optimizer = adam; c.Optimizer.Epsilon = -1 }, "train.optimizer.eps: got -1, want number > 0"},
		"gamma":         {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{Kind: ExponentialDecay, Gamma: 2} }, "train.schedule.gamma: got 2, want number > 0 and ≤ 1"},
		"step":          {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{Kind: StepDecay, Gamma: 1} }, "train.schedule.step_epochs: missing, want integer ≥ 1"},
		"cosine":        {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{Kind: CosineDecay, Epochs: -1} }, "train.schedule.epochs: got -1, want integer ≥ 0"},
		"milestones": {func(c *Config, _ *dataset.Dataset) {
			c.Schedule = Schedule{Kind: MultiStepDecay, Gamma: 1, Milestones: []int{3, 2}}
		}, "train.schedule.milestones: got [3, 2], want increasing list of integers ≥ 1"},
		"floor":    {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{Kind: CosineDecay, MinFactor: 1.5} }, "train.schedule.min_factor: got 1.5, want number from 0 to 1"},
		"warm-up":  {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{WarmupUpdates: -1} }, "train.schedule.warmup.updates: got -1, want integer ≥ 0"},
		"no data":  {func(_ *Config, d *dataset.Dataset) { d.Train = dataset.Split{} }, "data set random has no training points"},
		"features": {func(_ *Config, d *dataset.Dataset) { d.Test = testData(9, 6, 4).Test }, "5 features in training points but 6 in test points"},
		"label":    {func(_ *Config, d *dataset.Dataset) { d.Train.Labels[3] = 4 }, "label 4 at training point 3: must be from 0 to 3"},
		"negative": {func(_ *Config, d *dataset.Dataset) { d.Test.Labels[0] = -1 }, "label -1 at test point 0: must be from 0 to 3"},
	} {
		t.Run(name, func(t *testing.T) {
			c, d := testConfig(), testData(20, 5, 4)
			test.spoil(&c, d)
			tr, err := New(c, d)
			checkError(t, err, "training configuration", test.want)
			if tr != nil {
				t.Error("a trainer came with the error")
			}
		})
	}
}

func TestConfigErrorsComeTogether(t *testing.T) {
	c := testConfig()
	c.Hidden, c.BatchSize, c.ClipNorm = []int{0}, -1, math.NaN()
	_, err := New(c, testData(20, 5, 4))
	checkError(t, err, "model.hidden", "train.batch_size", "train.clip: got .nan")
}

func TestConfigsAllowed(t *testing.T) {
	data := testData(20, 5, 4)
	for name, change := range map[string]func(*Config){
		"linear model":              func(c *Config) { c.Hidden = nil },
		"batch larger than the set": func(c *Config) { c.BatchSize = 1000 },
		"momentum ignored by Adam":  func(c *Config) { c.Optimizer = everyOptimizer["Adam"]; c.Optimizer.Momentum = 7 },
		"betas ignored by SGD":      func(c *Config) { c.Optimizer.Beta1 = 7 },
		"the whole set":             func(c *Config) { c.BatchSize = 0 },
		"fields left out":           func(c *Config) { c.Init, c.Temperature = Init{}, 0 },
		"a decay over all epochs":   func(c *Config) { c.Schedule = Schedule{Kind: CosineDecay} },
		"the paper's schedule":      func(c *Config) { c.Schedule = Schedule{Kind: CosineDecay + 1} },
	} {
		c := testConfig()
		change(&c)
		if got := run(t, t.Context(), newTestTrainer(t, c, data)); got.Status != Completed {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
