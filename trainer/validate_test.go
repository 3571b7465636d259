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
		"width":      {func(c *Config, _ *dataset.Dataset) { c.Hidden = []int{8, 0} }, "hidden layer 2 has width 0: must be at least 1"},
		"batch":      {func(c *Config, _ *dataset.Dataset) { c.BatchSize = 0 }, "batch size 0: must be at least 1"},
		"no scale":   {func(c *Config, _ *dataset.Dataset) { c.Init = Init{} }, "initialisation scale 0: must be positive"},
		"clip":       {func(c *Config, _ *dataset.Dataset) { c.ClipNorm = -1 }, "gradient clip -1: must not be negative"},
		"dropout":    {func(c *Config, _ *dataset.Dataset) { c.Dropout = 1 }, "dropout 1: must be in [0, 1)"},
		"constraint": {func(c *Config, _ *dataset.Dataset) { c.Constraint = -1 }, "constraint -1: must be positive"},
		"penalty":    {func(c *Config, _ *dataset.Dataset) { c.JacobianPenalty = -1 }, "Jacobian penalty -1: must be positive"},
		"smooth penalty": {func(c *Config, _ *dataset.Dataset) {
			c.JacobianPenalty = 1
			c.Activation, _ = network.ParseActivation("tanh", 0)
		}, "Jacobian penalty with the activation tanh: needs piecewise linear ones"},
		"radius":        {func(c *Config, _ *dataset.Dataset) { c.Adversarial.Eps = -1 }, "adversarial radius -1: must not be negative"},
		"steps":         {func(c *Config, _ *dataset.Dataset) { c.Adversarial.Eps = 1 }, "0 adversarial steps: must be at least 1"},
		"attack rate":   {func(c *Config, _ *dataset.Dataset) { c.Adversarial.Eps = 1 }, "adversarial rate 0: must be positive"},
		"attack decay":  {func(c *Config, _ *dataset.Dataset) { c.Adversarial.Eps = 1 }, "decay 0 of the adversarial rate: must be in (0, 1]"},
		"noise":         {func(c *Config, _ *dataset.Dataset) { c.Adversarial = Adversarial{Eps: 1, Noise: -1} }, "adversarial noise -1: must not be negative"},
		"temperature":   {func(c *Config, _ *dataset.Dataset) { c.Temperature = -1 }, "temperature -1: must be positive"},
		"give up":       {func(c *Config, _ *dataset.Dataset) { c.Stop.GiveUp.Epochs = -1 }, "giving up after -1 epochs: must not be negative"},
		"epochs":        {func(c *Config, _ *dataset.Dataset) { c.Stop.Epochs = -1 }, "epochs -1: must not be negative"},
		"rate":          {func(c *Config, _ *dataset.Dataset) { c.Optimizer.LearningRate = 0 }, "learning rate 0: must be positive"},
		"rate NaN":      {func(c *Config, _ *dataset.Dataset) { c.Optimizer.LearningRate = math.NaN() }, "learning rate NaN: must be positive"},
		"rate infinite": {func(c *Config, _ *dataset.Dataset) { c.Optimizer.LearningRate = math.Inf(1) }, "learning rate +Inf: must be positive"},
		"decay":         {func(c *Config, _ *dataset.Dataset) { c.Optimizer.WeightDecay = -0.1 }, "weight decay -0.1: must not be negative"},
		"momentum":      {func(c *Config, _ *dataset.Dataset) { c.Optimizer.Momentum = 1 }, "momentum 1: must be in [0, 1)"},
		"Nesterov":      {func(c *Config, _ *dataset.Dataset) { c.Optimizer.Nesterov = true }, "needs momentum > 0"},
		"beta1":         {func(c *Config, _ *dataset.Dataset) { c.Optimizer = adam; c.Optimizer.Beta1 = 1 }, "beta1 1 of adam: must be in [0, 1)"},
		"beta2":         {func(c *Config, _ *dataset.Dataset) { c.Optimizer = adam; c.Optimizer.Beta2 = -1 }, "beta2 -1 of adam: must be in [0, 1)"},
		"epsilon":       {func(c *Config, _ *dataset.Dataset) { c.Optimizer = adam; c.Optimizer.Epsilon = 0 }, "epsilon 0 of adam: must be positive"},
		"gamma":         {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{Kind: ExponentialDecay} }, "gamma 0 of the exponential schedule: must be in (0, 1]"},
		"step":          {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{Kind: StepDecay, Gamma: 1} }, "step of 0 epochs: must be at least 1"},
		"cosine":        {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{Kind: CosineDecay} }, "cosine over 0 epochs: must be at least 1"},
		"milestones": {func(c *Config, _ *dataset.Dataset) {
			c.Schedule = Schedule{Kind: MultiStepDecay, Gamma: 1, Milestones: []int{3, 2}}
		}, "milestones [3 2]: must ascend"},
		"floor":    {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{MinFactor: 1.5} }, "least factor 1.5 of the constant schedule: must be in [0, 1]"},
		"warm-up":  {func(c *Config, _ *dataset.Dataset) { c.Schedule = Schedule{WarmupUpdates: -1} }, "warm-up of -1 updates: must not be negative"},
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
	c.Hidden, c.BatchSize, c.ClipNorm = []int{0}, 0, math.NaN()
	_, err := New(c, testData(20, 5, 4))
	checkError(t, err, "hidden layer 1", "batch size", "gradient clip NaN")
}

func TestConfigsAllowed(t *testing.T) {
	data := testData(20, 5, 4)
	for name, change := range map[string]func(*Config){
		"linear model":              func(c *Config) { c.Hidden = nil },
		"batch larger than the set": func(c *Config) { c.BatchSize = 1000 },
		"momentum ignored by Adam":  func(c *Config) { c.Optimizer = everyOptimizer["Adam"]; c.Optimizer.Momentum = 7 },
		"betas ignored by SGD":      func(c *Config) { c.Optimizer.Beta1 = 7 },
		"no drop":                   func(c *Config) { c.Schedule = Schedule{Kind: MultiStepDecay, Gamma: 1} },
	} {
		c := testConfig()
		change(&c)
		if got := run(t, t.Context(), newTestTrainer(t, c, data)); got.Status != Completed {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
