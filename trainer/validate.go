package trainer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// Check returns the error that New would, without drawing a weight.
func (c Config) Check(data *dataset.Dataset) error {
	return c.complete(data)
}

// complete fills in defaults and reports everything in configuration and data that cannot be
// trained, so that all of it is told at once.
func (c *Config) complete(data *dataset.Dataset) error {
	c.slope = defaultSlope // a library user's activations have theirs
	var set settings.Set
	c.Settings(&set)
	set.FillZeros()

	// A struct that was filled in Go has passed no check of a configuration file.
	var errs []error
	for _, problem := range append(set.OutOfRange(), set.Contradictions(nil)...) {
		errs = append(errs, problem)
	}

	// Layers are laid out for the data, so only where both are sound.
	errs = append(errs, checkData(data)...)
	errs = append(errs, c.checkTask(data))
	if errors.Join(errs...) == nil {
		errs = append(errs, c.resolve(data).checkLayers(data))
	}

	err := errors.Join(errs...)
	if err != nil {
		return fmt.Errorf("training configuration: %w", err)
	}

	return nil
}

// checkLayers reports layers that do not chain, that do not fit in memory, or that another setting
// cannot do without.
func (c Config) checkLayers(data *dataset.Dataset) error {
	stages, err := c.stages(shapeOfPoints(data), data.Outputs())
	if err != nil || c.dense() {
		return err
	}

	if c.Constraint > 0 {
		err = fmt.Errorf("train.constraint: %g is for dense layers only", c.Constraint)
	}

	if c.JacobianPenalty > 0 {
		refused := fmt.Errorf("train.jacobian_penalty: %g is for dense layers only",
			c.JacobianPenalty)
		err = errors.Join(err, refused)
	}

	if err != nil {
		return err
	}

	// Refused before the memory is asked for: a failure to allocate cannot be caught.
	numbers, largest := data.Train.Dim(), 0
	for i := range stages {
		numbers += stages[i].numbers()
		largest = max(largest, stages[i].out.Size())
	}

	rows := min(c.BatchSize, data.Train.Len())
	bytes := float64(numbers) * float64(rows) * float64(c.numberBytes())
	if bytes <= maxActivationBytes {
		return nil
	}

	return fmt.Errorf(
		"batches of %d points take %.1f GiB for the values of %d layers, the largest of %d: must fit in "+
			"%d GiB; smaller batches help",
		rows,
		bytes/(1<<30),
		len(stages),
		largest,
		maxActivationBytes>>30,
	)
}

// maxActivationBytes bounds what a batch leaves behind in convolutional networks.
const maxActivationBytes = 8 << 30

// numberBytes returns the size of a number in training.
func (c Config) numberBytes() int {
	if c.Float64 {
		return 8
	}
	return 4
}

// shapeOfPoints returns the shape of a data set's points; where it has none they are signals of one
// channel.
func shapeOfPoints(data *dataset.Dataset) conv.Shape {
	if data.Shape == [3]int{} {
		return conv.Shape{
			Channels: 1,
			Height:   1,
			Width:    data.Train.Dim(),
		}
	}
	return shapeOf(data.Shape)
}

// checkTask refuses an objective or a target of classes for a regression.
func (c Config) checkTask(data *dataset.Dataset) error {
	if !data.IsRegression() {
		return nil
	}

	var errs []error
	if !c.Loss.HasTargets() {
		errs = append(errs, fmt.Errorf(
			"train.loss: %v is of classes, and data set %s is a regression", c.Loss, data.Name,
		))
	}

	if c.Stop.TrainAccuracy > 0 {
		errs = append(errs, fmt.Errorf(
			"stop.train_accuracy: %g, but a regression has no accuracy", c.Stop.TrainAccuracy,
		))
	}

	return errors.Join(errs...)
}

// checkTargets returns what is wrong with the targets of a regression.
func checkTargets(data *dataset.Dataset) error {
	outputs := data.Outputs()
	for _, s := range []dataset.Split{data.Train, data.Test} {
		if s.X == nil && s.Y == nil {
			continue
		}

		if s.X == nil || s.Y == nil {
			return fmt.Errorf("data set %s has points or targets without the other",
				data.Name)
		}

		points, _ := s.X.Dims()
		n, of := s.Y.Dims()
		if n != points || of != outputs {
			return fmt.Errorf("data set %s has %d×%d targets for %d points: must be %d×%d",
				data.Name, n, of, points, points, outputs)
		}

		if slices.ContainsFunc(s.Y.RawMatrix().Data, func(v float64) bool {
			return v-v != 0
		}) {
			return fmt.Errorf("data set %s has a target that is NaN or infinite", data.Name)
		}
	}

	return nil
}

// checkData returns what is wrong with a data set.
func checkData(data *dataset.Dataset) (errs []error) {
	train, test := data.Train, data.Test
	if train.Len() == 0 {
		errs = append(errs, fmt.Errorf("data set %s has no training points", data.Name))
	}

	if test.Len() > 0 && test.Dim() != train.Dim() {
		errs = append(errs, fmt.Errorf(
			"data set %s has %d features in training points but %d in test points",
			data.Name, train.Dim(), test.Dim(),
		))
	}

	if data.IsRegression() {
		return append(errs, checkTargets(data))
	}

	for _, s := range []struct {
		name  string
		split dataset.Split
	}{{"training", train}, {"test", test}} {
		// Library users make data sets by hand; the loss would read beyond its row of logits.
		outside := func(label int) bool {
			return label < 0 || label >= data.Classes
		}
		i := slices.IndexFunc(s.split.Labels, outside)
		if i >= 0 {
			errs = append(errs, fmt.Errorf(
				"data set %s has label %d at %s point %d: must be from 0 to %d",
				data.Name, s.split.Labels[i], s.name, i, data.Classes-1,
			))
		}
	}

	return errs
}
