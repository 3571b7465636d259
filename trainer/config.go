package trainer

import "liptrack/internal/mlp"

// Config is everything that decides a training run, given the data.
type Config struct {
	// Hidden are the widths of the hidden layers, each ≥ 1; none makes a linear model.
	Hidden []int
	Bias   bool
	// Activation follows every hidden layer, Output the last one.
	Activation, Output mlp.Activation
	Init               Init
	Loss               Loss
	Optimizer          Optimizer
	Schedule           Schedule
	// BatchSize ≥ 1; larger than the training set means all of it. A last partial batch is
	// trained on, its loss averaged over its own size.
	BatchSize int
	// Shuffle draws a new order of the training points every epoch; off, the order never changes.
	Shuffle bool
	// ClipNorm limits the 2-norm of each update's gradient; 0 for no limit.
	ClipNorm float64
	// Float64 trains in double precision; default single.
	Float64 bool
	// Seed decides initialisation and shuffling.
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
}

// hasTarget says whether anything but the number of epochs may end training.
func (s Stop) hasTarget() bool { return s.GradNorm > 0 || s.TrainLoss > 0 || s.TrainAccuracy > 0 }

// reached says whether an evaluation meets a target.
func (s Stop) reached(e Evaluation) bool {
	return s.GradNorm > 0 && e.GradNorm <= s.GradNorm ||
		s.TrainLoss > 0 && e.TrainLoss <= s.TrainLoss ||
		s.TrainAccuracy > 0 && e.TrainAccuracy >= s.TrainAccuracy
}
