package trainer

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// problems collects what cannot be trained, so that all of it is told at once.
type problems []error

// require notes a problem unless ok.
func (p *problems) require(ok bool, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Errorf(format, args...))
	}
}

// validate reports everything in configuration and data that cannot be trained.
func (c Config) validate(data *dataset.Dataset) error {
	var p problems
	for i, w := range c.Hidden {
		p.require(w >= 1, "hidden layer %d has width %d: must be at least 1", i+1, w)
	}
	if len(p) == 0 && data.Train.Len() > 0 {
		c.validateLayers(&p, data)
	}
	p.require(isPositive(c.Init.Scale), "initialisation scale %g: must be positive", c.Init.Scale)
	p.require(c.BatchSize >= 1, "batch size %d: must be at least 1", c.BatchSize)
	p.require(c.ClipNorm >= 0, "gradient clip %g: must not be negative", c.ClipNorm)
	p.require(c.Constraint == 0 || isPositive(c.Constraint), "constraint %g: must be positive, or 0 for none", c.Constraint)
	p.require(c.JacobianPenalty == 0 || isPositive(c.JacobianPenalty), "Jacobian penalty %g: must be positive, or 0 for none", c.JacobianPenalty)
	for _, a := range []network.Activation{c.Activation, c.Output} {
		p.require(c.JacobianPenalty == 0 || a.PiecewiseLinear(), "Jacobian penalty with the activation %v: needs piecewise linear ones", a)
	}
	c.Adversarial.validate(&p)
	p.require(isDecayRate(c.Dropout), "dropout %g: must be in [0, 1)", c.Dropout)
	p.require(c.Temperature == 0 || isPositive(c.Temperature), "temperature %g: must be positive", c.Temperature)
	p.require(c.Stop.GiveUp.Epochs >= 0, "giving up after %d epochs: must not be negative", c.Stop.GiveUp.Epochs)
	p.require(c.Stop.Epochs >= 0, "epochs %d: must not be negative", c.Stop.Epochs)
	c.Optimizer.validate(&p)
	c.Schedule.validate(&p)
	validateData(&p, data)
	return errors.Join(p...)
}

// validateLayers reports layers that do not chain, that do not fit in memory, or that another setting cannot do
// without.
func (c Config) validateLayers(p *problems, data *dataset.Dataset) {
	stages, err := c.stages(shapeOfPoints(data), data.Classes)
	if err != nil {
		*p = append(*p, err)
		return
	}

	dense := c.dense()
	p.require(dense || c.Constraint == 0, "constraint %g: is for dense layers only", c.Constraint)
	p.require(dense || c.JacobianPenalty == 0, "Jacobian penalty %g: is for dense layers only", c.JacobianPenalty)
	if dense {
		return
	}

	numbers, largest := data.Train.Dim(), 0
	for i := range stages {
		numbers += stages[i].numbers()
		largest = max(largest, stages[i].out.Size())
	}
	rows := min(c.BatchSize, data.Train.Len())
	bytes := float64(numbers) * float64(rows) * float64(c.numberBytes())
	p.require(bytes <= maxActivationBytes,
		"batches of %d points take %.1f GiB for the values of %d layers, the largest of %d: must fit in %d GiB; smaller batches help",
		rows, bytes/(1<<30), len(stages), largest, maxActivationBytes>>30)
}

// maxActivationBytes bounds what a batch leaves behind in convolutional networks.
const maxActivationBytes = 8 << 30

// numberBytes is the size of a number in training.
func (c Config) numberBytes() int {
	if c.Float64 {
		return 8
	}
	return 4
}

// shapeOfPoints is the shape of a data set's points; where it has none they are signals of one channel.
func shapeOfPoints(data *dataset.Dataset) conv.Shape {
	if data.Shape == [3]int{} {
		return conv.Shape{Channels: 1, Height: 1, Width: data.Train.Dim()}
	}
	return shapeOf(data.Shape)
}

func (o Optimizer) validate(p *problems) {
	p.require(isPositive(o.LearningRate), "learning rate %g: must be positive", o.LearningRate)
	p.require(o.WeightDecay >= 0, "weight decay %g: must not be negative", o.WeightDecay)
	if o.Kind == SGD {
		p.require(isDecayRate(o.Momentum), "momentum %g: must be in [0, 1)", o.Momentum)
		p.require(!o.Nesterov || o.Momentum != 0, "Nesterov's momentum: needs momentum > 0")
		return
	}
	p.require(isDecayRate(o.Beta1), "beta1 %g of %v: must be in [0, 1)", o.Beta1, o.Kind)
	p.require(isDecayRate(o.Beta2), "beta2 %g of %v: must be in [0, 1)", o.Beta2, o.Kind)
	p.require(isPositive(o.Epsilon), "epsilon %g of %v: must be positive", o.Epsilon, o.Kind)
}

func (a Adversarial) validate(p *problems) {
	if a.Eps == 0 {
		return
	}
	p.require(isPositive(a.Eps), "adversarial radius %g: must not be negative", a.Eps)
	p.require(a.Steps >= 1, "%d adversarial steps: must be at least 1", a.Steps)
	p.require(isPositive(a.Rate), "adversarial rate %g: must be positive", a.Rate)
	p.require(a.Decay > 0 && a.Decay <= 1, "decay %g of the adversarial rate: must be in (0, 1]", a.Decay)
	p.require(a.Noise >= 0 && !math.IsInf(a.Noise, 1), "adversarial noise %g: must not be negative", a.Noise)
}

func (s Schedule) validate(p *problems) {
	name := scheduleKinds[s.Kind]
	if s.Kind == StepDecay || s.Kind == MultiStepDecay || s.Kind == ExponentialDecay {
		p.require(s.Gamma > 0 && s.Gamma <= 1, "gamma %g of the %s schedule: must be in (0, 1]", s.Gamma, name)
	}
	p.require(s.Kind != StepDecay || s.StepEpochs >= 1, "step of %d epochs: must be at least 1", s.StepEpochs)
	p.require(s.Kind != CosineDecay || s.Epochs >= 1, "cosine over %d epochs: must be at least 1", s.Epochs)
	p.require(slices.IsSorted(s.Milestones), "milestones %v: must ascend", s.Milestones)
	p.require(s.MinFactor >= 0 && s.MinFactor <= 1, "least factor %g of the %s schedule: must be in [0, 1]", s.MinFactor, name)
	p.require(s.WarmupUpdates >= 0, "warm-up of %d updates: must not be negative", s.WarmupUpdates)
}

func validateData(p *problems, data *dataset.Dataset) {
	train, test := data.Train, data.Test
	p.require(train.Len() > 0, "data set %s has no training points", data.Name)
	p.require(test.Len() == 0 || test.Dim() == train.Dim(),
		"data set %s has %d features in training points but %d in test points", data.Name, train.Dim(), test.Dim())
	for _, s := range []struct {
		name  string
		split dataset.Split
	}{{"training", train}, {"test", test}} {
		outside := func(label int) bool { return label < 0 || label >= data.Classes }
		if i := slices.IndexFunc(s.split.Labels, outside); i >= 0 {
			p.require(false, "data set %s has label %d at %s point %d: must be from 0 to %d",
				data.Name, s.split.Labels[i], s.name, i, data.Classes-1)
		}
	}
}

// isPositive says whether v is a positive number and finite.
func isPositive(v float64) bool { return v > 0 && !math.IsInf(v, 1) }

// isDecayRate says whether v is in [0, 1).
func isDecayRate(v float64) bool { return v >= 0 && v < 1 }
