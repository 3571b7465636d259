package config

// Track says what is measured, at which epochs and on which points.
type Track struct {
	Schedule      Schedule      `mapstructure:"schedule"`
	Probes        Probes        `mapstructure:"probes"`
	Jacobian      Jacobian      `mapstructure:"jacobian"`
	Enlarged      Enlarged      `mapstructure:"enlarged"`
	Adversarial   Adversarial   `mapstructure:"adversarial"`
	Linearisation Linearisation `mapstructure:"linearisation"`
	Grid          Grid          `mapstructure:"grid"`
	Search        Search        `mapstructure:"search"`
	Local         Local         `mapstructure:"local"`
	// Metrics lists what to measure. In YAML an entry is a name or a mapping
	// {name, every, first, log} with a schedule of its own; the entry default stands for the
	// default set, of which entries beside it replace those of the same name.
	// Default [default].
	Metrics []Metric `mapstructure:"metrics"`
	// Memory ≥ 1 is the budget, in MB, of the blocks in which Jacobians are computed. Default 64.
	Memory int `mapstructure:"memory"`
}

// Schedule chooses the epochs of a measurement; epoch 0 and the last are always measured.
type Schedule struct {
	// Every ≥ 1 measures at the multiples of this epoch. Default 1.
	Every int `mapstructure:"every"`
	// First ≥ 0 measures at each of the first epochs as well. Default 0.
	First int `mapstructure:"first"`
	// Log ≥ 0, if not 0, measures at that many logarithmically spaced epochs a decade instead;
	// Every and First are then at their defaults. Default 0.
	Log int `mapstructure:"log"`
}

// Metric is one entry of Track.Metrics.
type Metric struct {
	// Name is one of the tracker's.
	Name string
	// Schedule is the metric's own; the zero value leaves it to that of Track.
	Schedule `yaml:",inline"`
}

// MarshalYAML writes a metric without a schedule of its own as its name.
func (m Metric) MarshalYAML() (any, error) {
	if m.Schedule == (Schedule{}) {
		return m.Name, nil
	}
	type mapping Metric
	return mapping(m), nil
}

// Probes are the points at which Jacobians are measured.
type Probes struct {
	// From is train, test or file. Default train.
	From string `mapstructure:"from"`
	// Sample ≥ 0 is the number of them drawn; 0 takes all. Default 0.
	Sample int `mapstructure:"sample"`
	// File holds the points, for From file. Default empty.
	File string `mapstructure:"file"`
}

// Jacobian says which Jacobians are measured and how they are summed up.
type Jacobian struct {
	// Of lists the functions differentiated: logits, softmax, loss. Default [logits].
	Of []string `mapstructure:"of"`
	// Norms lists the operator norms: 1, 2, inf. Default [2].
	Norms []string `mapstructure:"norms"`
	// UpTo is last for the whole network, all for each prefix of its layers. Default last.
	UpTo string `mapstructure:"upto"`
	// Quantiles are the increasing quantiles, from 0 to 1, of the norm over the probes.
	// Default [0.05, 0.25, 0.5, 0.75, 0.95].
	Quantiles []float64 `mapstructure:"quantiles"`
	// Histogram counts the probes by norm. Default true.
	Histogram bool `mapstructure:"histogram"`
}

// Enlarged says at which points beyond the data the metrics enlarged_lower_bound and
// noisy_lower_bound take Jacobians.
type Enlarged struct {
	// Combinations ≥ 1 is the number of pairs drawn for each of five weights, within the training
	// and within the test points. Default 100000, the paper's.
	Combinations int `mapstructure:"combinations"`
	// Noise lists the increasing standard deviations > 0 of the noise added to training points.
	// Default [0.1, 0.2, 0.5].
	Noise []float64 `mapstructure:"noise"`
}

// Adversarial says how the metric adversarial seeks points of large loss about the probe points, by
// projected gradient ascent in the 2-norm.
type Adversarial struct {
	// Eps > 0 is the radius of the ball about each point. Default 0.5, the paper's.
	Eps float64 `mapstructure:"eps"`
	// Steps ≥ 1 is the number of steps. Default 100.
	Steps int `mapstructure:"steps"`
	// Rate > 0 is the length of the first step. Default 10, the paper's.
	Rate float64 `mapstructure:"rate"`
	// Decay in (0, 1] is the length of a step over that of the one before. Default 0.95, the paper's.
	Decay float64 `mapstructure:"decay"`
}

// Linearisation says where the metric linearisation takes mixed derivatives.
type Linearisation struct {
	// Points ≥ 1 is the number of training points, the first ones after data.permute; all if there are
	// no more. Default 470, the paper's.
	Points int `mapstructure:"points"`
}

// Grid says where the metric grid measures a network of two inputs.
type Grid struct {
	// Range > 0 puts the grid on [−Range, Range]². Default 5, the paper's.
	Range float64 `mapstructure:"range"`
	// Points from 2 to 4000 is the number of grid points on a side. Default 1000, the paper's.
	Points int `mapstructure:"points"`
	// Picture from 0 to 200 is the number of cells on a side of the picture made after the last epoch;
	// 0 makes none. Default 60.
	Picture int `mapstructure:"picture"`
}

// Local says where the metric local_upper bounds Lipschitz constants.
type Local struct {
	// Radius > 0, in the data's units, is that of the 2-norm balls about the points. Default 0.1.
	Radius float64 `mapstructure:"radius"`
	// Points ≥ 1 is how many of the probe points have a ball. Default 8.
	Points int `mapstructure:"points"`
}

// Search says where the metric search_lower_bound looks.
type Search struct {
	// Radius ≥ 0, if not 0, is the radius, in the data's units, of the 2-norm ball about its start in
	// which a point stays; 0 is the box that the probe points span. Default 0.
	Radius float64 `mapstructure:"radius"`
}
