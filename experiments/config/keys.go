package config

import (
	"slices"
	"strings"
)

// Allowed names what lives in other packages and a config may mention. An empty list allows
// any name, for tools that only read configs.
type Allowed struct {
	Datasets []string
	Metrics  []string
	// DefaultMetrics is what the entry default of track.metrics stands for; the entry is left
	// as it is if there are none.
	DefaultMetrics []string
	// Layers checks the value of model.layers, a name or a list; any is allowed if it is nil.
	Layers func(value any) error
}

// Keys describes every key of a config, in the order of [Marshal], then those of the sections
// sweep and quick.
func Keys(a Allowed) []KeyInfo {
	var infos []KeyInfo
	for _, k := range schema(a) {
		infos = append(infos, k.info())
	}
	for _, k := range sweepKeys {
		k.path = "sweep." + k.path
		infos = append(infos, k.info())
	}
	return append(infos,
		KeyInfo{Key: "quick", Type: "mapping of keys", Default: "none", Doc: "laid over the rest by --quick: any of the keys above"},
		KeyInfo{Key: "quick.note", Type: text.name, Default: show(encode("")), Doc: "what the quick form changes"})
}

// KeyInfo describes a key to the user.
type KeyInfo struct {
	Key     string // dotted
	Type    string // as "integer"
	Default string // as YAML; "required" if there is none
	Allowed string // as "≥ 0"; empty if any value of the type is
	Doc     string
}

// schema is the table of all keys. Each has its dotted path, the type and range of its values,
// its default (nil if the key is required) and its meaning; then, if it is read with some values
// of another key only, which.
func schema(a Allowed) []key {
	images := []string{"mnist", "fashion_mnist", "cifar10", "cifar100"}
	files := append(slices.Clone(images), "csv", "npz")
	synthetic := []string{"gaussian_mixture", "random_labels"}
	withoutWarmup := slices.DeleteFunc(slices.Clone(rateSchedules), func(name string) bool {
		return strings.HasPrefix(name, "Warmup")
	})
	return []key{
		k("name", fileName, nil, "name of the experiment and of its folder"),
		k("description", text, "", "free text for the report"),

		k("data.name", dataset(a.Datasets), "mnist1d", "data set or file format"),
		k("data.path", someText, "data", "folder of the files").only("data.name", files...),
		k("data.train", text, "", "file of the training points").only("data.name", "csv", "npz"),
		k("data.test", text, "", "file of the test points").only("data.name", "csv"),
		k("data.test_fraction", inner, 0.2, "part held out for testing where there are no test points").only("data.name", "csv", "npz"),
		k("data.label", someText, "label", "column that holds the class").only("data.name", "csv"),
		k("data.columns", text, "", "columns that are features, or -NAME for each that is none; all if empty").only("data.name", "csv"),
		k("data.keys.x", someText, "x", "array of training features").only("data.name", "npz"),
		k("data.keys.y", someText, "y", "array of training labels").only("data.name", "npz"),
		k("data.keys.x_test", someText, "x_test", "array of test features").only("data.name", "npz"),
		k("data.keys.y_test", someText, "y_test", "array of test labels").only("data.name", "npz"),
		k("data.train_size", integer(0).orZero("all"), 0, "training points drawn"),
		k("data.test_size", integer(0).orZero("all"), 0, "test points drawn"),
		k("data.permute", boolean, true, "the paper's permutation, also if all points are kept"),
		k("data.feature_noise", nonNegative, 0.0, "standard deviation of noise on training features (the paper's dataset_noise)"),
		k("data.label_noise", fraction, 0.0, "fraction of training labels swapped (the paper's alpha_shuffle)"),
		k("data.standardize", boolean, false, "features of mean 0 and standard deviation 1 over the training points"),
		k("data.seed", seed, uint64(42), "seed of permutation, noises, held-out and synthetic points"),
		k("data.greyscale", boolean, false, "average the colour channels").only("data.name", "cifar10", "cifar100"),
		k("data.resize", integerUpTo(0, 1024).orZero("off"), 0, "side in pixels that images are scaled to").only("data.name", images...),
		k("data.superclasses", boolean, false, "the 20 coarse labels").only("data.name", "cifar100"),
		k("data.mnist1d.samples", multipleOf(10), 5000, "samples generated, a fifth of them for testing").only("data.name", "mnist1d"),
		k("data.mnist1d.scale", nonNegative, 0.4, "range of the random amplitude about 1").only("data.name", "mnist1d"),
		k("data.mnist1d.max_translation", integerUpTo(1, 72), 48, "number of shifts drawn from, in positions").only("data.name", "mnist1d"),
		k("data.mnist1d.correlated_noise", nonNegative, 0.25, "scale of the smoothed noise around the digit").only("data.name", "mnist1d"),
		k("data.mnist1d.iid_noise", nonNegative, 0.02, "standard deviation of the white noise").only("data.name", "mnist1d"),
		k("data.mnist1d.shear", nonNegative, 0.75, "range of the random linear trend").only("data.name", "mnist1d"),
		k("data.mnist1d.shuffle_positions", boolean, false, "permute the 40 features, alike in all samples").only("data.name", "mnist1d"),
		k("data.mnist1d.seed", seed, uint64(42), "seed of the generator").only("data.name", "mnist1d"),
		k("data.synthetic.classes", integer(2), 3, "number of classes").only("data.name", synthetic...),
		k("data.synthetic.dim", integer(2), 2, "number of features").only("data.name", synthetic...),
		k("data.synthetic.train", integer(2), 45, "training points, over all classes").only("data.name", synthetic...),
		k("data.synthetic.test", integer(2), 15, "test points, over all classes").only("data.name", synthetic...),
		k("data.synthetic.distance", nonNegative, 1.5, "distance of the means from the origin").only("data.name", "gaussian_mixture"),
		k("data.synthetic.deviation", nonNegative, 1.0, "standard deviation of a feature about its mean").only("data.name", synthetic...),

		k("model.name", paperModel, "", "the paper's name; stands for the keys that it implies").shorthand(),
		k("model.hidden", widths, nil, "widths of the hidden layers; empty for a linear model"),
		k("model.layers", layersOf(a.Layers), "", "hidden layers of all kinds in place of model.hidden: a list, or CNN_5, ConvBase, MLPBase"),
		k("model.bias", boolean, false, "a bias in every layer"),
		k("model.activation", oneOf("relu", "leaky_relu", "tanh", "sigmoid", "gelu", "silu", "softplus", "identity"), "relu", "activation of the hidden layers"),
		k("model.slope", fraction, defaultSlope, "slope of leaky_relu for negative inputs"),
		k("model.output", oneOf("none", "relu", "leaky_relu"), "none", "activation of the last layer"),
		k("model.dropout", belowOne.orZero("off"), 0.0, "probability with which training drops a hidden value"),
		k("model.init.scheme", oneOf("torch", "he", "glorot", "orthogonal"), "torch", "distribution of the initial parameters"),
		k("model.init.scale", positive, 1.0, "factor on every initial parameter"),

		k("train.loss", oneOf("cross_entropy", "mse", "mse_mean"), "cross_entropy", "mse sums over outputs, as the paper; mse_mean averages"),
		k("train.temperature", positive, 1.0, "factor on the logits in the loss; bounds are of the network without it"),
		k("train.optimizer.name", oneOf("sgd", "adam", "adamw"), "sgd", "update rule"),
		k("train.optimizer.lr", positive, nil, "learning rate that the schedule multiplies"),
		k("train.optimizer.momentum", belowOne, 0.0, "momentum").only("train.optimizer.name", "sgd"),
		k("train.optimizer.nesterov", boolean, false, "Nesterov's form of momentum").only("train.optimizer.name", "sgd"),
		k("train.optimizer.weight_decay", nonNegative, 0.0, "weight decay, decoupled in adamw"),
		k("train.optimizer.betas", list("pair of", belowOne, pair[float64]), []float64{0.9, 0.999}, "decay rates of the two moments").only("train.optimizer.name", "adam", "adamw"),
		k("train.optimizer.eps", positive, 1e-8, "addition to the denominator").only("train.optimizer.name", "adam", "adamw"),
		k("train.schedule", oneOf(rateSchedules...), "", "learning-rate schedule by name alone").shorthand(),
		k("train.schedule.name", oneOf(rateSchedules...), "constant", "learning-rate schedule"),
		k("train.schedule.step_epochs", integer(0), 0, "epochs between drops").only("train.schedule.name", "step"),
		k("train.schedule.gamma", factor, 0.95, "factor of a drop, or of an epoch if exponential").only("train.schedule.name", "step", "multistep", "exponential"),
		k("train.schedule.milestones", list("increasing list of", integer(1), increasing[int]), []int{}, "epochs of the drops").only("train.schedule.name", "multistep"),
		k("train.schedule.min_factor", fraction, 0.0, "least factor").only("train.schedule.name", "step", "exponential", "cosine"),
		k("train.schedule.epochs", integer(0), 0, "epochs of the decay; 0: stop.epochs").only("train.schedule.name", "cosine"),
		k("train.schedule.warmup.updates", integer(0), 0, "updates of linear rise before the schedule begins").only("train.schedule.name", withoutWarmup...),
		k("train.schedule.warmup.epochs", integer(0), 0, "the same in epochs").only("train.schedule.name", withoutWarmup...),
		k("train.batch_size", integer(0).orZero("full"), 512, "samples of an update"),
		k("train.shuffle", boolean, false, "reorder the training points every epoch"),
		k("train.clip", nonNegative.orZero("off"), 0.0, "largest global gradient norm (the paper: 50)"),
		k("train.constraint", nonNegative.orZero("off"), 0.0, "largest product of the weights' spectral norms, enforced after every update"),
		k("train.jacobian_penalty", nonNegative.orZero("off"), 0.0, "factor of the largest training Jacobian norm added to the loss; losses recorded are without it"),
		k("train.adversarial.eps", nonNegative.orZero("off"), 0.0, "radius in which training points are perturbed to raise the loss (the paper's adv_train)"),
		k("train.adversarial.norm", oneOf("2", "inf"), "2", "norm of the perturbation"),
		k("train.adversarial.steps", integer(1), 10, "steps of gradient ascent"),
		k("train.adversarial.rate", positive, 20.0, "length of the first step, before it is projected"),
		k("train.adversarial.decay", factor, 0.95, "factor of the length from step to step"),
		k("train.adversarial.noise", nonNegative, 1e-4, "standard deviation of the start about the clean point"),
		k("train.precision", oneOf("float32", "float64"), "float32", "precision of training"),

		k("seed", seed, uint64(42), "seed of initialisation, shuffling and probes"),

		k("stop.epochs", integer(0), nil, "largest number of epochs"),
		k("stop.min_epochs", integer(0), 0, "epochs before which no target ends training"),
		k("stop.grad_norm", nonNegative.orZero("off"), 0.0, "full-train gradient norm that ends training"),
		k("stop.train_loss", nonNegative.orZero("off"), 0.0, "training loss that ends training"),
		k("stop.train_accuracy", fraction.orZero("off"), 0.0, "training accuracy that ends training"),
		k("stop.give_up.epochs", integer(0).orZero("off"), 0, "epoch at which a run of too high a training loss ends, gave_up"),
		k("stop.give_up.train_loss", nonNegative, 0.0, "largest training loss with which it goes on"),

		k("track.schedule.every", integer(1), 1, "measure at multiples of this epoch"),
		k("track.schedule.first", integer(0), 0, "measure at each of the first epochs as well"),
		k("track.schedule.log", integer(0).orZero("off"), 0, "measured epochs a decade, instead of every"),
		k("track.probes.from", oneOf("train", "test", "file"), "train", "points at which Jacobians are measured"),
		k("track.probes.sample", integer(0).orZero("all"), 0, "number of them drawn"),
		k("track.probes.file", text, "", "file of the points").only("track.probes.from", "file"),
		k("track.jacobian.of", someOf("logits", "softmax", "loss"), []string{"logits"}, "functions differentiated; maxima of softmax and loss are estimates"),
		k("track.jacobian.norms", someOf("1", "2", "inf"), []string{"2"}, "operator norms of the Jacobian"),
		k("track.jacobian.upto", oneOf("last", "all"), "last", "the whole network, or each prefix of its layers"),
		k("track.jacobian.quantiles", list("increasing list of", fraction, increasing[float64]), []float64{0.05, 0.25, 0.5, 0.75, 0.95}, "quantiles of the norm over the points"),
		k("track.jacobian.histogram", boolean, true, "count the points by norm"),
		k("track.enlarged.combinations", integer(1), 100000, "pairs combined for each weight and set, by enlarged_lower_bound"),
		k("track.enlarged.noise", list("increasing list of", positive, increasing[float64]), []float64{0.1, 0.2, 0.5}, "standard deviations of noise on training points, by noisy_lower_bound"),
		k("track.adversarial.eps", positive, 0.5, "radius of the 2-norm ball that adversarial searches about each point"),
		k("track.adversarial.steps", integer(1), 100, "steps of its gradient ascent"),
		k("track.adversarial.rate", positive, 10.0, "length of the first of them"),
		k("track.adversarial.decay", factor, 0.95, "length of each over that of the one before"),
		k("track.linearisation.points", integer(1), 470, "training points, the first, at which linearisation differentiates"),
		k("track.grid.range", positive, 5.0, "the metric grid covers [-range, range]²"),
		k("track.grid.points", integerUpTo(2, 4000), 1000, "its points on a side"),
		k("track.grid.picture", integerUpTo(0, 200).orZero("off"), 60, "cells on a side of its picture, made after the last epoch"),
		k("track.search.radius", nonNegative.orZero("the box of the points"), 0.0, "radius of the 2-norm ball about its start in which search_lower_bound stays"),
		k("track.local.radius", positive, 0.1, "radius of the 2-norm balls about probe points in which local_upper bounds Lipschitz constants"),
		k("track.local.points", integer(1), 8, "how many probe points have such a ball"),
		k("track.metrics", metrics(a), a.expand([]Metric{{Name: defaultMetrics}}), "what to measure; {name, every, first, log} has its own schedule"),
		k("track.memory", integer(1), 64, "MB of the blocks in which Jacobians are computed"),

		k("checkpoint.every", integer(0), 0, "epochs between checkpoints kept; 0: first and last only"),
		k("checkpoint.interval", nonNegative, 10.0, "seconds between the saves that a run resumes from"),
	}
}

// defaultSlope of leaky_relu is PyTorch's and the paper's.
const defaultSlope = 0.01

// rateSchedules are the names of learning-rate schedules: ours, then the paper's.
var rateSchedules = []string{
	"constant", "step", "multistep", "exponential", "cosine",
	"Const", "Step25", "Step10", "Warmup20000Step25", "Cont50", "Cont100", "Cont100LimitLR",
	"Cont200", "Cont1000", "Warmup20000Cont2500",
}

// key is a line of the schema.
type key struct {
	path string
	typ  valueType
	def  any // of the type of the Config's field; nil if required
	doc  string
	// The key has no effect unless the key decider has one of these values; decider is empty if
	// the key always has.
	decider string
	values  []string
	// inputOnly keys stand for others (see shorthand.go) and have no field of their own.
	inputOnly bool
}

func k(path string, typ valueType, def any, doc string) key {
	return key{path: path, typ: typ, def: def, doc: doc}
}

func (k key) only(decider string, values ...string) key {
	k.decider, k.values = decider, values
	return k
}

func (k key) shorthand() key {
	k.inputOnly = true
	return k
}

// idle says whether the key has no effect in a config of these values.
func (k key) idle(values map[string]any) bool {
	return k.decider != "" && !slices.Contains(k.values, values[k.decider].(string))
}

func (k key) info() KeyInfo {
	info := KeyInfo{Key: k.path, Type: k.typ.name, Default: "required", Allowed: k.typ.allowed, Doc: k.doc}
	if k.def != nil {
		info.Default = show(encode(k.def))
	}
	if k.decider != "" {
		info.Doc += "; only with " + k.decider + " " + strings.Join(k.values, ", ")
	}
	return info
}
