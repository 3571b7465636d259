// Package config reads the YAML files that describe experiments.
//
// A configuration is layered: the defaults, then the file, its section quick if asked for,
// LIPTRACK_… environment variables, then key=value arguments, each overriding the one before.
// Mappings merge key by key; scalars and lists replace. A section sweep makes one more layer for
// each of its points, over the layer that holds it: a config of its own. Shorthands (model.name, the paper's names of data sets,
// a learning-rate schedule given as a name) are expanded in the layer that uses them, so a
// later layer may override any key they set. Every problem of every layer is reported at once,
// with its place.
//
// One table, in keys.go, holds each key with its type, default and meaning; defaults, checks,
// error messages and the listing of keys all come from it. The package holds plain values: it
// knows nothing of training or tracking, and is the only importer of viper. Package experiments
// and the commands import it.
package config

// Config describes one run completely. Configs come from [Load], which checks them, and are
// read-only.
type Config struct {
	// Name is the experiment's name and its folder's: letters, digits, "." "_" "-". Required.
	Name string `mapstructure:"name"`
	// Description is free text for the report. Default empty.
	Description string `mapstructure:"description"`
	Data        Data   `mapstructure:"data"`
	Model       Model  `mapstructure:"model"`
	Train       Train  `mapstructure:"train"`
	// Seed opens the streams of initialisation, shuffling and probes; 0 to 2³²−1. Default 42.
	Seed       uint64     `mapstructure:"seed"`
	Stop       Stop       `mapstructure:"stop"`
	Track      Track      `mapstructure:"track"`
	Checkpoint Checkpoint `mapstructure:"checkpoint"`
}

// Model is the multilayer perceptron. The key model.name takes the paper's names (FF_ReLU_256,
// Bias_LeakyOutput_FF_ReLU_64_64, …) and stands for the keys below.
type Model struct {
	// Hidden lists the widths ≥ 1 of the hidden layers; empty for a linear model. Required.
	Hidden []int `mapstructure:"hidden"`
	// Layers, unless empty, are the hidden layers in place of Hidden, as YAML in one line: a list of dense layers,
	// convolutions, pools and residual blocks, or the name of a network such as CNN_5. Default empty.
	Layers string `mapstructure:"layers"`
	// Bias gives every layer a bias. Default false.
	Bias bool `mapstructure:"bias"`
	// Activation of the hidden layers: relu, leaky_relu, tanh, sigmoid, gelu, silu, softplus or
	// identity. Default relu.
	Activation string `mapstructure:"activation"`
	// Slope of leaky_relu for negative inputs, from 0 to 1. Default 0.01.
	Slope float64 `mapstructure:"slope"`
	// Output is the activation of the last layer: none, relu or leaky_relu. Default none.
	Output string `mapstructure:"output"`
	// Dropout ≥ 0 and < 1 is the probability with which training drops the value of a hidden
	// neuron, scaling the others by 1/(1 − dropout). Evaluation and measurements see the whole
	// network. Default 0.
	Dropout float64 `mapstructure:"dropout"`
	Init    Init    `mapstructure:"init"`
}

// Init is how parameters are drawn.
type Init struct {
	// Scheme is torch (as torch.nn.Linear, to the bit), he, glorot or orthogonal. Default torch.
	Scheme string `mapstructure:"scheme"`
	// Scale > 0 multiplies every parameter drawn. Default 1.
	Scale float64 `mapstructure:"scale"`
}

// Train is how the model is fitted.
type Train struct {
	// Loss is cross_entropy (mean over samples), mse (sum over outputs, mean over samples, as the
	// paper) or mse_mean (mean over both). Default cross_entropy.
	Loss string `mapstructure:"loss"`
	// Temperature > 0 multiplies the logits in the loss, in training and in the losses recorded.
	// Bounds are of the network itself, without it. Default 1.
	Temperature float64      `mapstructure:"temperature"`
	Optimizer   Optimizer    `mapstructure:"optimizer"`
	Schedule    RateSchedule `mapstructure:"schedule"`
	// BatchSize ≥ 0 is the number of samples of an update; 0 (full) takes all. Default 512.
	BatchSize int `mapstructure:"batch_size"`
	// Shuffle reorders the training points every epoch. Default false, as the paper.
	Shuffle bool `mapstructure:"shuffle"`
	// Clip ≥ 0 is the global gradient 2-norm above which a gradient is scaled down to it; 0 is
	// off, the paper has 50. Default 0.
	Clip float64 `mapstructure:"clip"`
	// Constraint ≥ 0 limits the product of the spectral norms of the weight matrices: after every
	// update each matrix of a norm above constraint^(1/matrices) is scaled to it. The network at
	// initialisation is as drawn. 0 is off. Default 0.
	Constraint float64 `mapstructure:"constraint"`
	// JacobianPenalty ≥ 0 times C_lower, the largest Jacobian 2-norm over the training points, is
	// added to what updates minimise; the point is sought once an epoch. The losses and the gradient
	// norm recorded are without it. It needs piecewise linear activations. 0 is off. Default 0.
	JacobianPenalty float64             `mapstructure:"jacobian_penalty"`
	Adversarial     AdversarialTraining `mapstructure:"adversarial"`
	// Precision of training: float32 or float64. Default float32.
	Precision string `mapstructure:"precision"`
}

// AdversarialTraining replaces the points of every update by perturbed ones of larger loss, as the paper's
// --adv_train does, but without its projection onto pixels' [0, 1]. Everything recorded is on clean
// points. An update takes some Steps + 1 times its time.
type AdversarialTraining struct {
	// Eps ≥ 0 is the largest distance from the clean point; 0 is off, whatever the other keys say.
	// Default 0.
	Eps float64 `mapstructure:"eps"`
	// Norm of that distance: 2, with steps along the gradient, or inf, along its signs. Default 2.
	Norm string `mapstructure:"norm"`
	// Steps ≥ 1 is the number of steps. Default 10.
	Steps int `mapstructure:"steps"`
	// Rate > 0 is the length of the first step, each of the next Decay times the one before.
	// Default 20.
	Rate float64 `mapstructure:"rate"`
	// Decay > 0 and ≤ 1. Default 0.95.
	Decay float64 `mapstructure:"decay"`
	// Noise ≥ 0 is the standard deviation of the start about the clean point. Default 0.0001.
	Noise float64 `mapstructure:"noise"`
}

// Optimizer is the update rule, in PyTorch's definitions.
type Optimizer struct {
	// Name is sgd, adam or adamw. Default sgd.
	Name string `mapstructure:"name"`
	// LR > 0 is the learning rate that the schedule multiplies. Required.
	LR float64 `mapstructure:"lr"`
	// Momentum ≥ 0 and < 1 (sgd). Default 0.
	Momentum float64 `mapstructure:"momentum"`
	// Nesterov is that form of momentum (sgd). Default false.
	Nesterov bool `mapstructure:"nesterov"`
	// WeightDecay ≥ 0; decoupled in adamw. Default 0.
	WeightDecay float64 `mapstructure:"weight_decay"`
	// Betas are the two decay rates ≥ 0 and < 1 (adam, adamw). Default [0.9, 0.999].
	Betas []float64 `mapstructure:"betas"`
	// Eps > 0 is added to the denominator (adam, adamw). Default 1e-08.
	Eps float64 `mapstructure:"eps"`
}

// RateSchedule gives the learning rate of each update as a factor of the optimizer's. The key
// train.schedule may be a name alone, which stands for that schedule with nothing else set.
type RateSchedule struct {
	// Name is constant, step, multistep, exponential, cosine, or one of the paper's: Const,
	// Step25, Step10, Warmup20000Step25, Cont50, Cont100, Cont100LimitLR, Cont200, Cont1000,
	// Warmup20000Cont2500. Default constant.
	Name string `mapstructure:"name"`
	// StepEpochs is the number of epochs between drops (step, which requires it). Default 0.
	StepEpochs int `mapstructure:"step_epochs"`
	// Gamma > 0 and ≤ 1 is the factor of a drop (step, multistep) or of an epoch (exponential).
	// Default 0.95.
	Gamma float64 `mapstructure:"gamma"`
	// Milestones are the increasing epochs of the drops (multistep, which requires them).
	// Default [].
	Milestones []int `mapstructure:"milestones"`
	// MinFactor from 0 to 1 is the least factor (step, exponential, cosine). Default 0.
	MinFactor float64 `mapstructure:"min_factor"`
	// Epochs is the length of the decay (cosine); 0 is that of training, stop.epochs. Default 0.
	Epochs int    `mapstructure:"epochs"`
	Warmup Warmup `mapstructure:"warmup"`
}

// Warmup is a linear rise of the learning rate before the schedule begins, of Updates or of
// Epochs; there is none if both are 0.
type Warmup struct {
	// Updates ≥ 0 is its length in updates. Default 0.
	Updates int `mapstructure:"updates"`
	// Epochs ≥ 0 is its length in epochs. Default 0.
	Epochs int `mapstructure:"epochs"`
}

// Stop says when training ends: after Epochs, or before, at the end of the first epoch from
// MinEpochs on that meets a target. A target of 0 is off.
type Stop struct {
	// Epochs ≥ 0 is the largest number of epochs; 0 measures the network at initialisation only.
	// Required.
	Epochs int `mapstructure:"epochs"`
	// MinEpochs ≥ 0 is the number of epochs before which no target ends training. Default 0.
	MinEpochs int `mapstructure:"min_epochs"`
	// GradNorm ≥ 0 ends training at this full-train gradient 2-norm or below. Default 0.
	GradNorm float64 `mapstructure:"grad_norm"`
	// TrainLoss ≥ 0 ends training at this training loss or below. Default 0.
	TrainLoss float64 `mapstructure:"train_loss"`
	// TrainAccuracy from 0 to 1 ends training at this fraction or above. Default 0.
	TrainAccuracy float64 `mapstructure:"train_accuracy"`
	GiveUp        GiveUp  `mapstructure:"give_up"`
}

// GiveUp ends a hopeless run, with the status gave_up: one whose training loss after Epochs epochs
// is above TrainLoss.
type GiveUp struct {
	// Epochs ≥ 0 is the epoch at which the loss is looked at; 0 is off. Default 0.
	Epochs int `mapstructure:"epochs"`
	// TrainLoss ≥ 0 is the largest training loss with which the run goes on. Default 0.
	TrainLoss float64 `mapstructure:"train_loss"`
}

// Checkpoint says which networks are kept.
type Checkpoint struct {
	// Every ≥ 0 is the number of epochs between the checkpoints kept; 0 keeps the first and the
	// last only. Default 0.
	Every int `mapstructure:"every"`
	// Interval ≥ 0 is the time in seconds between the rolling saves from which an interrupted
	// run resumes. Default 10.
	Interval float64 `mapstructure:"interval"`
}
