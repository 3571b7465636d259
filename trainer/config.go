package trainer

import "github.com/liptrack/liptrack/network"

// Config is everything that decides a training run, given the data.
type Config struct {
	// Hidden are the widths of the hidden layers, each ≥ 1; none makes a linear model.
	Hidden []int
	// Layers, unless nil, are the hidden layers in place of Hidden, which is short for dense ones. The
	// last one, dense, with an output for each class, goes without saying.
	Layers []LayerSpec
	Bias   bool
	// Activation follows every hidden layer, Output the last one.
	Activation, Output network.Activation
	Init               Init
	// Dropout in [0, 1) is the probability with which an update ignores a hidden neuron at a
	// point; the others are scaled by 1/(1 − Dropout). Evaluation and hooks see all neurons.
	Dropout float64
	Loss    Loss
	// Temperature > 0 multiplies the logits in the loss, in training and evaluation; 0 stands for
	// 1. The network that hooks see is without it.
	Temperature float64
	Optimizer   Optimizer
	Schedule    Schedule
	// BatchSize ≥ 1; larger than the training set means all of it. A last partial batch is
	// trained on, its loss averaged over its own size.
	BatchSize int
	// Shuffle draws a new order of the training points every epoch; off, the order never changes.
	Shuffle bool
	// ClipNorm limits the 2-norm of each update's gradient; 0 for no limit.
	ClipNorm float64
	// Constraint limits the product of the spectral norms of the weight matrices after every
	// update; 0 for no limit.
	Constraint float64
	// JacobianPenalty ≥ 0 times the largest 2-norm of the Jacobian at a training point is added to what
	// updates minimise, and to no loss that is recorded; the point is sought once an epoch. It needs
	// piecewise linear activations.
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

// hopeless says whether a run is to be given up at this epoch.
func (g GiveUp) hopeless(e *Epoch) bool {
	return g.Epochs > 0 && e.Index == g.Epochs && e.Evaluation().TrainLoss > g.TrainLoss
}

// hasTarget says whether anything but the number of epochs may end training.
func (s Stop) hasTarget() bool { return s.GradNorm > 0 || s.TrainLoss > 0 || s.TrainAccuracy > 0 }

// reached says whether an evaluation meets a target.
func (s Stop) reached(e Evaluation) bool {
	return s.GradNorm > 0 && e.GradNorm <= s.GradNorm ||
		s.TrainLoss > 0 && e.TrainLoss <= s.TrainLoss ||
		s.TrainAccuracy > 0 && e.TrainAccuracy >= s.TrainAccuracy
}
