package trainer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// Config determines a training run, given the data. Its method Settings lists the ranges and
// defaults. A field left at zero takes its default if zero is not allowed.
type Config struct {
	// Hidden lists the widths of the hidden layers, each ≥ 1; an empty list makes a linear model.
	Hidden []int
	// Layers, unless nil, replaces Hidden, which is shorthand for dense layers. The last layer,
	// dense with an output for each class, is implied.
	Layers []LayerSpec
	layers string // the text that model.layers was set to
	Bias   bool
	// Activation follows every hidden layer, Output the last one.
	Activation, Output network.Activation
	slope              float64 // what model.slope was set to, even without a leaky_relu
	Init               Init
	// Dropout in [0, 1) is the probability that an update drops a hidden neuron at a point; the
	// others are scaled by 1/(1 − Dropout). Evaluation and hooks see all neurons.
	Dropout float64
	Loss    losses.Loss
	// Temperature > 0 multiplies the logits in the loss, in training and evaluation; 0 stands for
	// 1. Hooks see the network without it.
	Temperature float64
	Optimizer   Optimizer
	Schedule    Schedule
	// BatchSize is the number of samples per update; 0, or more than the training set has, means
	// the full set. The last batch of an epoch may be smaller; its loss is averaged over its own
	// size.
	BatchSize int
	// Shuffle draws a new order of the training points every epoch; otherwise the order never
	// changes.
	Shuffle bool
	// ClipNorm limits the 2-norm of each update's gradient; 0 for no limit.
	ClipNorm float64
	// Constraint limits the product of the spectral norms of the weight matrices after every
	// update; 0 for no limit.
	Constraint float64
	// JacobianPenalty ≥ 0 weights a penalty added to the training loss: the largest Jacobian 2-norm
	// over the training points. Recorded losses exclude it. The point with the largest norm is
	// searched for once per epoch. The penalty requires piecewise linear activations.
	JacobianPenalty float64
	// Adversarial perturbs the points of every update.
	Adversarial Adversarial
	// FollowUpdates records the Travel of the parameters. It costs one pass over them per update.
	FollowUpdates bool
	// Float64 trains in double instead of single precision.
	Float64 bool
	// Seed determines initialisation, shuffling, dropout and adversarial noise.
	Seed uint64
	Stop Stop
}

// Stop determines when training ends.
type Stop struct {
	// Epochs is the number of epochs after which training ends in any case, ≥ 0; 0 measures the
	// network at initialisation only.
	Epochs int
	// MinEpochs is the first epoch at which reaching a target may end training.
	MinEpochs int
	// GradNorm ends training when the gradient norm of the full training loss is at or below it,
	// TrainLoss when the training loss is; 0 turns either off.
	GradNorm, TrainLoss float64
	// TrainAccuracy ends training when the accuracy is at or above it; 0 turns it off.
	TrainAccuracy float64
	GiveUp        GiveUp
}

// GiveUp ends a hopeless run: one whose training loss after Epochs epochs is above TrainLoss. It is
// off if Epochs is 0.
type GiveUp struct {
	Epochs    int
	TrainLoss float64
}

// Settings binds the keys of training: the sections model, train and stop, and seed.
func (c *Config) Settings(s *settings.Set) {
	widths := settings.OrOne(settings.List("list of", settings.Integer(1)), settings.Integer(1))
	settings.Var(s, &c.Hidden, "model.hidden", widths, nil,
		"widths of the hidden layers; empty for a linear model").Need()
	settings.Bind(s, func() string {
		return c.layers
	}, c.setLayers, "model.layers", layersKind(), "",
		"hidden layers of any kind, in place of model.hidden: a list, or a name such as CNN_5, ConvBase or MLPBase")
	settings.Var(s, &c.Bias, "model.bias", settings.Boolean, false, "a bias in every layer")
	c.activationSettings(s)
	settings.Var(s, &c.Dropout, "model.dropout", settings.OrZero(settings.Probability, "off"), 0,
		"probability with which training drops a hidden value, scaling the others by 1/(1 − dropout); "+
			"measurements see the whole network")
	c.Init.settings(s)

	settings.Var(s, &c.Loss, "train.loss", settings.Choice[losses.Loss](losses.Names()), losses.CrossEntropy,
		"mse sums over outputs, as in the paper; mse_mean averages")
	settings.Var(s, &c.Temperature, "train.temperature", settings.Positive, 1,
		"factor on the logits in the loss; bounds apply to the network without it")
	c.Optimizer.settings(s)
	c.Schedule.settings(s)
	settings.Var(s, &c.BatchSize, "train.batch_size", settings.OrZero(settings.Integer(0), "full"),
		512, "samples per update")
	settings.Var(s, &c.Shuffle, "train.shuffle", settings.Boolean, false,
		"reorder the training points every epoch")
	off := settings.OrZero(settings.NonNegative, "off")
	settings.Var(s, &c.ClipNorm, "train.clip", off, 0,
		"limit on the global gradient norm (the paper: 50)")
	settings.Var(s, &c.Constraint, "train.constraint", off, 0,
		"limit on the product of the weights' spectral norms, enforced after every update")
	settings.Var(s, &c.JacobianPenalty, "train.jacobian_penalty", off, 0,
		"factor of the largest training Jacobian norm added to the loss; recorded losses exclude it")
	s.Rule(c.penaltyNeeds, "train.jacobian_penalty", "model.activation")
	c.Adversarial.settings(s)
	// Users name a precision, but the code only needs to know whether it is double.
	precision := settings.Named([]string{"float32", "float64"},
		func(name string) bool { return name == "float64" },
		func(double bool) string {
			if double {
				return "float64"
			}
			return "float32"
		})
	settings.Var(s, &c.Float64, "train.precision", precision, false, "precision of training")

	settings.Var(s, &c.Seed, "seed", settings.Seed[uint64](), 42,
		"seed of initialisation, shuffling and probes")
	c.Stop.settings(s)
}

// activationSettings binds the names of the two activations and the slope of leaky_relu, which they
// share. The slope comes second: setting it changes activations that already have their names.
func (c *Config) activationSettings(s *settings.Set) {
	named := func(name string) network.Activation {
		a, _ := network.ParseActivation(name, c.slope) // the name is one of those offered
		return a
	}

	isLeaky := func(a network.Activation) bool {
		return a.Name() == network.LeakyReLU(0).Name()
	}

	hidden := settings.Named(network.ActivationNames(), named, network.Activation.Name)
	settings.Bind(s, func() network.Activation { return c.Activation },
		func(a network.Activation) { c.Activation = named(a.Name()) },
		"model.activation", hidden, network.ReLU, "activation of the hidden layers")

	// Both activations share one slope, so it is read from the first that has one.
	slope := func() float64 {
		for _, a := range []network.Activation{c.Activation, c.Output} {
			if isLeaky(a) {
				return a.Slope()
			}
		}

		return c.slope
	}

	setSlope := func(slope float64) {
		c.slope = slope
		c.Activation, c.Output = named(c.Activation.Name()), named(c.Output.Name())
	}

	settings.Bind(s, slope, setSlope, "model.slope", settings.Fraction, defaultSlope,
		"slope of leaky_relu for negative inputs")
	s.Rule(func() string {
		if c.slope == defaultSlope || isLeaky(c.Activation) || isLeaky(c.Output) {
			return ""
		}

		return fmt.Sprintf("%g has no effect, as neither model.activation nor model.output is leaky_relu",
			c.slope)
	}, "model.slope", "model.activation", "model.output")

	output := settings.Named([]string{"none", "relu", "leaky_relu"}, named, func(a network.Activation) string {
		if a.IsIdentity() {
			return "none"
		}

		return a.Name()
	})

	settings.Bind(s, func() network.Activation { return c.Output },
		func(a network.Activation) { c.Output = named(a.Name()) },
		"model.output", output, network.Identity, "activation of the last layer")
}

// penaltyNeeds returns why the penalty on the Jacobian cannot be differentiated, or an empty string
// if it can.
func (c *Config) penaltyNeeds() string {
	for _, a := range []network.Activation{c.Activation, c.Output} {
		if c.JacobianPenalty > 0 && !a.PiecewiseLinear() {
			return fmt.Sprintf("needs piecewise linear activations (%s), but model.activation is %s",
				strings.Join(piecewiseLinearNames(), ", "), a.Name())
		}
	}
	return ""
}

func piecewiseLinearNames() []string {
	return slices.DeleteFunc(network.ActivationNames(), func(name string) bool {
		a, err := network.ParseActivation(name, 0)
		return err != nil || !a.PiecewiseLinear()
	})
}

// settings binds the keys of the section stop.
func (t *Stop) settings(s *settings.Set) {
	off := settings.OrZero(settings.NonNegative, "off")
	settings.Var(s, &t.Epochs, "stop.epochs", settings.Integer(0), 0,
		"largest number of epochs; 0 measures the network at initialisation only").Need()
	settings.Var(s, &t.MinEpochs, "stop.min_epochs", settings.Integer(0), 0,
		"first epoch at which reaching a target may end training")
	settings.Var(s, &t.GradNorm, "stop.grad_norm", off, 0,
		"training ends at or below this gradient norm on the full training set")
	settings.Var(s, &t.TrainLoss, "stop.train_loss", off, 0,
		"training ends at or below this training loss")
	settings.Var(s, &t.TrainAccuracy, "stop.train_accuracy", settings.OrZero(settings.Fraction, "off"), 0,
		"training ends at or above this training accuracy")
	settings.Var(s, &t.GiveUp.Epochs, "stop.give_up.epochs", settings.OrZero(settings.Integer(0), "off"), 0,
		"epoch at which a run with too high a training loss ends as gave_up")
	settings.Var(s, &t.GiveUp.TrainLoss, "stop.give_up.train_loss", settings.NonNegative, 0,
		"largest training loss with which the run continues")

	s.Rule(func() string {
		if t.MinEpochs <= t.Epochs {
			return ""
		}

		return fmt.Sprintf("%d is more than stop.epochs: %d", t.MinEpochs, t.Epochs)
	}, "stop.min_epochs", "stop.epochs")
	s.Rule(func() string {
		if (t.GiveUp.TrainLoss > 0) == (t.GiveUp.Epochs > 0) {
			return ""
		}

		return "must be above 0 if and only if stop.give_up.epochs is"
	}, "stop.give_up.train_loss", "stop.give_up.epochs")
	s.Rule(func() string {
		if t.GiveUp.Epochs == 0 || t.GiveUp.Epochs < t.Epochs {
			return ""
		}

		// A run that ends at that epoch anyway would never give up.
		return fmt.Sprintf("%d is not before stop.epochs: %d", t.GiveUp.Epochs, t.Epochs)
	}, "stop.give_up.epochs", "stop.epochs")
}

// resolve replaces zeros that stand for a value derived from the data or from other fields.
func (c Config) resolve(data *dataset.Dataset) Config {
	n := data.Train.Len()
	if c.BatchSize == 0 || c.BatchSize > n {
		c.BatchSize = max(n, 1)
	}

	updates := (n + c.BatchSize - 1) / c.BatchSize // the last batch may be smaller
	c.Schedule = c.Schedule.resolve(c.Stop.Epochs, updates)
	return c
}

// hopeless reports whether the run should be given up at this epoch.
func (g GiveUp) hopeless(e *Epoch) bool {
	return g.Epochs > 0 && e.Index == g.Epochs && e.Evaluation().TrainLoss > g.TrainLoss
}

// hasTarget reports whether reaching a target may end training before its last epoch.
func (t Stop) hasTarget() bool {
	return t.GradNorm > 0 || t.TrainLoss > 0 || t.TrainAccuracy > 0
}

// isJudgedAt reports whether a target may end training at an epoch.
func (t Stop) isJudgedAt(epoch int) bool {
	return t.hasTarget() && epoch >= max(t.MinEpochs, 1)
}

// reached reports whether an evaluation meets a target.
func (t Stop) reached(e Evaluation) bool {
	return t.GradNorm > 0 && e.GradNorm <= t.GradNorm ||
		t.TrainLoss > 0 && e.TrainLoss <= t.TrainLoss ||
		t.TrainAccuracy > 0 && e.TrainAccuracy >= t.TrainAccuracy
}

// objective returns the loss that training minimises, without dropout and penalties.
func (c Config) objective() losses.Objective {
	return losses.Objective{Loss: c.Loss, Temperature: c.Temperature}
}
