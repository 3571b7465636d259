package trainer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// Check returns the error that New would return, without drawing any weights.
func (c Config) Check(data *dataset.Dataset) error {
	return c.complete(data)
}

// complete fills in defaults. Its error lists everything in the configuration and the data that
// cannot be trained.
func (c *Config) complete(data *dataset.Dataset) error {
	c.slope = defaultSlope // a library user's activations have their own slopes
	var set settings.Set
	c.Settings(&set)
	set.FillZeros()

	// A struct that was filled in Go has not passed the checks of a configuration file.
	var errs []error
	for _, problem := range append(set.OutOfRange(), set.Contradictions(nil)...) {
		errs = append(errs, problem)
	}

	// Layers are laid out for the data, so this check needs a valid configuration and valid data.
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

// checkLayers returns an error if the layers do not fit one another or memory, or if another
// setting requires dense layers only.
func (c Config) checkLayers(data *dataset.Dataset) error {
	stages, err := c.stages(shapeOfPoints(data), data.Outputs())
	if err != nil || c.dense() {
		return err
	}

	if c.Constraint > 0 {
		err = fmt.Errorf("train.constraint: %g works only with dense layers", c.Constraint)
	}

	if c.JacobianPenalty > 0 {
		refused := fmt.Errorf("train.jacobian_penalty: %g works only with dense layers",
			c.JacobianPenalty)
		err = errors.Join(err, refused)
	}

	if err != nil {
		return err
	}

	// Checked before the memory is allocated, because a failed allocation cannot be caught.
	numbers, largest := data.Train.Dim(), 0
	for i := range stages {
		numbers += stages[i].activationCount()
		largest = max(largest, stages[i].out.Size())
	}

	rows := min(c.BatchSize, data.Train.Len())
	bytes := float64(numbers) * float64(rows) * float64(c.numberBytes())
	if bytes <= maxActivationBytes {
		return nil
	}

	return fmt.Errorf(
		"batches of %d points take %.1f GiB for the values of %d layers, the largest with %d: must fit in "+
			"%d GiB; smaller batches help",
		rows,
		bytes/(1<<30),
		len(stages),
		largest,
		maxActivationBytes>>30,
	)
}

// maxActivationBytes bounds the activations of a batch in convolutional networks.
const maxActivationBytes = 8 << 30

// numberBytes returns the size in bytes of a number in training.
func (c Config) numberBytes() int {
	if c.Float64 {
		return 8
	}
	return 4
}

// shapeOfPoints returns the shape of a data set's points. If the data set has no shape, its points
// are treated as signals of one channel.
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

// checkTask returns an error if the loss or a stopping target only makes sense for classes and the
// data set is a regression.
func (c Config) checkTask(data *dataset.Dataset) error {
	if !data.IsRegression() {
		return nil
	}

	var errs []error
	if !c.Loss.HasTargets() {
		errs = append(errs, fmt.Errorf(
			"train.loss: %v is for classes, but data set %s is a regression", c.Loss, data.Name,
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
			return fmt.Errorf("data set %s has points without targets, or targets without points",
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
		// Library users may build data sets by hand, and the loss would read beyond its row of
		// logits.
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
