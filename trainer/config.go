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

// Config is everything that decides a training run, given the data. Its method Settings has the
// ranges and the defaults; a field left at a zero that is not allowed has its default.
type Config struct {
	// Hidden are the widths of the hidden layers, each ≥ 1; none makes a linear model.
	Hidden []int
	// Layers, unless nil, are the hidden layers in place of Hidden, which is short for dense ones.
	// The last one, dense, with an output for each class, goes without saying.
	Layers []LayerSpec
	layers string // what model.layers was set to
	Bias   bool
	// Activation follows every hidden layer, Output the last one.
	Activation, Output network.Activation
	slope              float64 // what model.slope was set to, whether there is a leaky_relu or not
	Init               Init
	// Dropout in [0, 1) is the probability with which an update ignores a hidden neuron at a
	// point; the others are scaled by 1/(1 − Dropout). Evaluation and hooks see all neurons.
	Dropout float64
	Loss    losses.Loss
	// Temperature > 0 multiplies the logits in the loss, in training and evaluation; 0 stands for
	// 1. The network that hooks see is without it.
	Temperature float64
	Optimizer   Optimizer
	Schedule    Schedule
	// BatchSize is the number of samples of an update; 0, or more than the training set has, means
	// all of it. A last partial batch is trained on, its loss averaged over its own size.
	BatchSize int
	// Shuffle draws a new order of the training points every epoch; off, the order never changes.
	Shuffle bool
	// ClipNorm limits the 2-norm of each update's gradient; 0 for no limit.
	ClipNorm float64
	// Constraint limits the product of the spectral norms of the weight matrices after every
	// update; 0 for no limit.
	Constraint float64
	// JacobianPenalty ≥ 0 times the largest 2-norm of the Jacobian at a training point is added to
	// what updates minimise, and to no loss that is recorded; the point is sought once an epoch. It
	// needs piecewise linear activations.
	JacobianPenalty float64
	// Adversarial perturbs the points of updates.
	Adversarial Adversarial
	// FollowUpdates keeps the Travel of the parameters; it costs a pass over them each update.
	FollowUpdates bool
	// Float64 trains in double precision; default single.
	Float64 bool
	// Seed decides initialisation, shuffling, dropout and adversarial noise.
	Seed uint64
	Stop Stop
}

// Stop is when training ends.
type Stop struct {
	// Epochs is the number of epochs after which training ends in any case, ≥ 0; 0 measures the
	// network at initialisation only.
	Epochs int
	// MinEpochs is the first epoch that may end training because a target is reached.
	MinEpochs int
	// GradNorm ends training when the gradient norm of the full training loss is at or below it;
	// TrainLoss likewise; 0 turns each off.
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

// Settings binds what can be set of training: the sections model, train and stop, and seed.
func (c *Config) Settings(s *settings.Set) {
	widths := settings.OrOne(settings.List("list of", settings.Integer(1)), settings.Integer(1))
	settings.Var(s, &c.Hidden, "model.hidden", widths, nil,
		"widths of the hidden layers; empty for a linear model").Need()
	settings.Bind(s, func() string {
		return c.layers
	}, c.setLayers, "model.layers", layersKind(), "",
		"hidden layers of all kinds in place of model.hidden: a list, or CNN_5, ConvBase, MLPBase")
	settings.Var(s, &c.Bias, "model.bias", settings.Boolean, false, "a bias in every layer")
	c.activationSettings(s)
	settings.Var(s, &c.Dropout, "model.dropout", settings.OrZero(settings.Probability, "off"), 0,
		"probability with which training drops a hidden value, scaling the others by 1/(1 − dropout); "+
			"measurements see the whole network")
	c.Init.settings(s)

	settings.Var(s, &c.Loss, "train.loss", settings.Choice[losses.Loss](losses.Names()), losses.CrossEntropy,
		"mse sums over outputs, as the paper; mse_mean averages")
	settings.Var(s, &c.Temperature, "train.temperature", settings.Positive, 1,
		"factor on the logits in the loss; bounds are of the network without it")
	c.Optimizer.settings(s)
	c.Schedule.settings(s)
	settings.Var(s, &c.BatchSize, "train.batch_size", settings.OrZero(settings.Integer(0), "full"),
		512, "samples of an update")
	settings.Var(s, &c.Shuffle, "train.shuffle", settings.Boolean, false,
		"reorder the training points every epoch")
	off := settings.OrZero(settings.NonNegative, "off")
	settings.Var(s, &c.ClipNorm, "train.clip", off, 0,
		"largest global gradient norm (the paper: 50)")
	settings.Var(s, &c.Constraint, "train.constraint", off, 0,
		"largest product of the weights' spectral norms, enforced after every update")
	settings.Var(s, &c.JacobianPenalty, "train.jacobian_penalty", off, 0,
		"factor of the largest training Jacobian norm added to the loss; losses recorded are without it")
	s.Rule(c.penaltyNeeds, "train.jacobian_penalty", "model.activation")
	c.Adversarial.settings(s)
	// Users name a precision; the code asks for one bit of it only.
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

// activationSettings binds the names of the activations and the slope of leaky_relu, which is
// that of both. The slope comes second: it is put into an activation that has its name by then.
func (c *Config) activationSettings(s *settings.Set) {
	named := func(name string) network.Activation {
		a, _ := network.ParseActivation(name, c.slope) // one of the names offered
		return a
	}

	isLeaky := func(a network.Activation) bool {
		return a.Name() == network.LeakyReLU(0).Name()
	}

	hidden := settings.Named(network.ActivationNames(), named, network.Activation.Name)
	settings.Bind(s, func() network.Activation { return c.Activation },
		func(a network.Activation) { c.Activation = named(a.Name()) },
		"model.activation", hidden, network.ReLU, "activation of the hidden layers")

	// Both activations share one slope, so the first that has one tells it.
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

// penaltyNeeds returns what keeps the penalty on the Jacobian from being differentiated.
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

// settings binds when training ends.
func (t *Stop) settings(s *settings.Set) {
	off := settings.OrZero(settings.NonNegative, "off")
	settings.Var(s, &t.Epochs, "stop.epochs", settings.Integer(0), 0,
		"largest number of epochs; 0 measures the network at initialisation only").Need()
	settings.Var(s, &t.MinEpochs, "stop.min_epochs", settings.Integer(0), 0,
		"epochs before which no target ends training")
	settings.Var(s, &t.GradNorm, "stop.grad_norm", off, 0,
		"full-train gradient norm that ends training")
	settings.Var(s, &t.TrainLoss, "stop.train_loss", off, 0,
		"training loss that ends training")
	settings.Var(s, &t.TrainAccuracy, "stop.train_accuracy", settings.OrZero(settings.Fraction, "off"), 0,
		"training accuracy that ends training")
	settings.Var(s, &t.GiveUp.Epochs, "stop.give_up.epochs", settings.OrZero(settings.Integer(0), "off"), 0,
		"epoch at which a run of too high a training loss ends, gave_up")
	settings.Var(s, &t.GiveUp.TrainLoss, "stop.give_up.train_loss", settings.NonNegative, 0,
		"largest training loss with which it goes on")

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

		return "must be above 0 if stop.give_up.epochs is, and only then"
	}, "stop.give_up.train_loss", "stop.give_up.epochs")
	s.Rule(func() string {
		if t.GiveUp.Epochs == 0 || t.GiveUp.Epochs < t.Epochs {
			return ""
		}

		// A run that ends at that epoch anyhow would never give up.
		return fmt.Sprintf("%d is not before stop.epochs: %d", t.GiveUp.Epochs, t.Epochs)
	}, "stop.give_up.epochs", "stop.epochs")
}

// resolve puts what follows from the data and from other fields in the place of zeros that stand
// for it.
func (c Config) resolve(data *dataset.Dataset) Config {
	n := data.Train.Len()
	if c.BatchSize == 0 || c.BatchSize > n {
		c.BatchSize = max(n, 1)
	}

	updates := (n + c.BatchSize - 1) / c.BatchSize // the last one may be smaller
	c.Schedule = c.Schedule.resolve(c.Stop.Epochs, updates)
	return c
}

// hopeless says whether a run is to be given up at this epoch.
func (g GiveUp) hopeless(e *Epoch) bool {
	return g.Epochs > 0 && e.Index == g.Epochs && e.Evaluation().TrainLoss > g.TrainLoss
}

// hasTarget says whether anything but the number of epochs may end training.
func (t Stop) hasTarget() bool {
	return t.GradNorm > 0 || t.TrainLoss > 0 || t.TrainAccuracy > 0
}

// isJudgedAt says whether a target may end training at an epoch.
func (t Stop) isJudgedAt(epoch int) bool {
	return t.hasTarget() && epoch >= max(t.MinEpochs, 1)
}

// reached says whether an evaluation meets a target.
func (t Stop) reached(e Evaluation) bool {
	return t.GradNorm > 0 && e.GradNorm <= t.GradNorm ||
		t.TrainLoss > 0 && e.TrainLoss <= t.TrainLoss ||
		t.TrainAccuracy > 0 && e.TrainAccuracy >= t.TrainAccuracy
}

// objective returns what training minimises, but for dropout and penalties.
func (c Config) objective() losses.Objective {
	return losses.Objective{Loss: c.Loss, Temperature: c.Temperature}
}
