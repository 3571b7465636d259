package tracker

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// Options are the settings that metrics take.
type Options struct {
	Jacobian    JacobianOptions
	Enlarged    EnlargedOptions
	Adversarial AdversarialOptions
	// SearchRadius, if not 0, is the radius of the 2-norm ball around a probe point in which
	// search_lower_bound stays. Otherwise it stays in the box that the probe points span.
	SearchRadius float64
	// SearchRounds is the number of rounds of search_lower_bound; 0 means MostSearchRounds.
	SearchRounds int
	Best         BestOptions
	Local        LocalOptions
	Sandwich     SandwichOptions
	Grid         GridOptions
	Training     TrainingSet
	// LinearisationPoints is the number of training points, the first ones, at which linearisation
	// differentiates; 0 means the paper's 470.
	LinearisationPoints int
}

// Settings binds the settings of the metrics.
func (o *Options) Settings(s *settings.Set) {
	o.Jacobian.settings(s)
	o.Enlarged.settings(s)
	o.Adversarial.settings(s)
	linearisationSettings(&o.LinearisationPoints, s)
	o.Grid.settings(s)
	searchSettings(&o.SearchRadius, s)
	o.Best.settings(s)
	o.Local.settings(s)
	o.Sandwich.settings(s)
}

// complete fills in defaults and returns an error if a value is out of range.
func (o *Options) complete() error {
	var set settings.Set
	o.Settings(&set)
	set.FillZeros()

	var errs []error
	for _, problem := range set.OutOfRange() {
		errs = append(errs, problem)
	}
	return errors.Join(errs...)
}

// MetricInfo describes an entry of the table of metrics.
type MetricInfo struct {
	// Name is the metric's name in configurations.
	Name string
	// About describes in a sentence what the metric measures and what it costs.
	About string
	// Growth is the order of growth of its cost, in GrowthLetters.
	Growth string
	// Default means that it is measured unless a configuration lists other metrics.
	Default bool
	// Slow means that a measurement may take many seconds.
	Slow bool

	make func(Options) measurer
	// memory returns the least number of bytes that a measurement takes in addition to the network,
	// from the sizes of its layers; nil if that is little.
	memory func(*network.Network) float64
}

// GrowthLetters explains the letters used in Growth.
const GrowthLetters = "P parameters, L layers of n neurons, H hidden units in all, d inputs, K outputs,\n" +
	"S probe points, and J = P·min(d, K) for a Jacobian"

// Metrics is the table of metrics, in the order in which they are measured.
var Metrics = []MetricInfo{
	{
		Name:    "layer_norms",
		Default: true,
		About:   "spectral norm, Frobenius norm and stable rank of every layer, norms of biases (exact)",
		Growth:  "L·n³",
		make:    func(Options) measurer { return layerNorms{} },
		memory:  bounds.Memory,
	},
	{
		Name:    "jacobian",
		Default: true,
		About: "Jacobian norms over the probe points: max (lower bound), mean, rms, quantiles, histogram; " +
			"about the cost of an epoch. Over more than 128 points the products are in float32 (means to " +
			"about 1e-7), the largest norms again in float64",
		Growth: "S·J",
		make:   func(o Options) measurer { return jacobian{o.Jacobian} },
	},
	{
		Name:    series.UpperProduct,
		Default: true,
		About:   "product of norms and activation constants (certified upper bound); free after layer_norms",
		Growth:  "L",
		make:    func(o Options) measurer { return productBound{o.Jacobian} },
		memory:  bounds.Memory,
	},
	{
		Name: series.UpperBalanced,
		About: "upper_product with hidden neurons rescaled to balance their weights (certified upper " +
			"bound); the cost of layer_norms",
		Growth: "L·n³",
		make:   euclidean(series.UpperBalanced, (*bounds.Bounds).Balanced),
		memory: bounds.Memory,
	},
	{
		Name: series.UpperEntrywise,
		About: "norm of the product of absolute weights (certified upper bound), best in the 1- and " +
			"inf-norm; cheaper than layer_norms",
		Growth: "K·P",
		make: func(o Options) measurer {
			return certified{
				series.UpperEntrywise,
				o.Jacobian.norms(),
				(*bounds.Bounds).Entrywise,
			}
		},
		memory: bounds.Memory,
	},
	{
		Name:    series.UpperLipLT,
		Default: true,
		About: "LipLT, for ReLU the bound of Combettes and Pesquet (certified upper bound); about the " +
			"cost of layer_norms",
		Growth: "L²·n³",
		make: func(o Options) measurer {
			return certified{series.UpperLipLT, o.Jacobian.norms(), (*bounds.Bounds).LipLT}
		},
		memory: bounds.Memory,
	},
	{
		Name:    series.UpperEclipseFast,
		Default: true,
		About: "ECLipsE-Fast (certified upper bound); about the cost of layer_norms, or with several hidden " +
			"layers a few times that",
		Growth: "L·n³; n·d² with one hidden layer",
		make:   euclidean(series.UpperEclipseFast, (*bounds.Bounds).EclipseFast),
		memory: bounds.RelaxedMemory,
	},
	{
		Name: series.UpperEclipseScaled,
		About: "ECLipsE-Fast with optimised scales (certified upper bound); with one hidden layer " +
			"free after upper_best, with l hidden layers some 20·l times the cost of upper_eclipse_fast",
		Growth: "L²·n³; n·d² with one hidden layer",
		make:   euclidean(series.UpperEclipseScaled, (*bounds.Bounds).EclipseScaled),
		memory: bounds.RelaxedMemory,
	},
	{
		Name: series.UpperEclipseDiagonal,
		About: "upper_eclipse_scaled with a multiplier for every neuron in closed form (certified upper " +
			"bound); two to four times its cost",
		Growth: "L²·n³",
		make:   euclidean(series.UpperEclipseDiagonal, (*bounds.Bounds).EclipseDiagonal),
		memory: bounds.RelaxedMemory,
	},
	{
		Name: series.UpperLipSDP,
		Slow: true,
		About: "LipSDP-Neuron by descent (certified upper bound); 25 ms for 40-256-10, 2 s for " +
			"40-256-256-10, so for small networks or few epochs",
		Growth: "L·n³ + K³, 360 times; n·d² with one hidden layer",
		make:   euclidean(series.UpperLipSDP, (*bounds.Bounds).LipSDP),
		memory: bounds.RelaxedMemory,
	},
	{
		Name: series.UpperLipSDPOptimal,
		Slow: true,
		About: "LipSDP-Neuron at its optimum (certified upper bound), and upper_lipsdp_gap, the amount by which " +
			"the optimum can be below it (estimate); O(N³ + L·n³) for N hidden units in L layers of n: " +
			"0.1 s for 64-32-32-1, 1 s for 20 layers of 40",
		Growth: "H³ + L²·n³",
		make:   func(Options) measurer { return lipSDPOptimal{} },
		memory: bounds.OptimalMemory,
	},
	{
		Name: series.UpperSandwich,
		Slow: true,
		About: "the Lipschitz constant of a ReLU or leaky ReLU network with at most 64 hidden units, by " +
			"branch and bound over the signs of their inputs: upper_sandwich (certified upper bound) and " +
			"lower_sandwich (reached, lower bound); up to track.sandwich.branches branches of some 5 ms each",
		Growth: "H³ for each branch",
		make:   func(o Options) measurer { return sandwich{o.Sandwich} },
	},
	{
		Name:    series.UpperBest,
		Default: true,
		About: "least of the cheap certified upper bounds, the other measured ones and those that " +
			"track.bounds.seconds pays for; 1.2 ms for 40-256-10, 0.13 s for 40-65536-10, and that budget",
		Growth: "L²·n³ + track.bounds.seconds",
		make:   func(o Options) measurer { return newBest(o) },
		memory: bounds.RelaxedMemory,
	},
	{
		Name: series.LocalUpper,
		Slow: true,
		About: "largest Lipschitz constant within track.local.radius of track.local.points of " +
			"the probe points: local_upper (certified upper bound) and local_lower (largest Jacobian norm " +
			"sampled there, lower bound); for each point a few times upper_best, and upper_lipsdp_optimal " +
			"for networks of up to some 300 hidden units",
		Growth: "L²·n³ + H³ + 65·J for each ball",
		make:   func(o Options) measurer { return local{o.Local} },
		memory: bounds.RelaxedMemory,
	},
	{
		Name: series.ExactLipschitz,
		Slow: true,
		About: "the Lipschitz constant of a ReLU or leaky ReLU network with at most 16 hidden units " +
			"(exact), by enumeration; milliseconds to seconds",
		Growth: "the regions, up to 2^H",
		make:   func(Options) measurer { return exactLipschitz{} },
	},
	{
		Name:    series.DeadUnits,
		Default: true,
		About:   "units of each layer whose slope is zero at every probe point (exact); free after jacobian",
		Growth:  "S·P",
		make:    func(Options) measurer { return deadUnits{} },
	},
	{
		Name: series.AltLowerBound,
		About: "largest difference quotient over pairs of probe points (lower bound), the paper's " +
			"alternative; quadratic in their number",
		Growth: "S²·(d + K)",
		make:   func(Options) measurer { return altLowerBound{} },
	},
	{
		Name: series.SearchLowerBound,
		About: "largest Jacobian norm found by climbing from the best probe points within the box of the " +
			"data or balls, for smooth activations by gradient ascent (lower bound); about twice the cost " +
			"of jacobian",
		Growth: "S·J + 4,320·J",
		make: func(o Options) measurer {
			return searchLowerBound{o.SearchRadius, cmp.Or(o.SearchRounds, MostSearchRounds)}
		},
	},
	{
		Name: series.EnlargedLowerBound,
		Slow: true,
		About: "largest Jacobian norm over a million convex combinations of data (lower bound), the " +
			"paper's C_S*; some 250 times the cost of jacobian",
		Growth: "10⁶·J",
		make: func(o Options) measurer {
			return newEnlargedSet(o.Enlarged)
		},
	},
	{
		Name: series.NoisyLowerBound,
		About: "largest Jacobian norm over training points with Gaussian noise (lower bound); the cost of " +
			"jacobian for each noise",
		Growth: "S·J for each noise",
		make:   func(o Options) measurer { return noisyPoints{o.Enlarged} },
	},
	{
		Name: "adversarial",
		Slow: true,
		About: "Jacobian norm, difference quotient (lower bounds) and loss at adversarial points near the " +
			"probe points, by projected gradient ascent; some 100 times the cost of a forward pass",
		Growth: "S·P for each step",
		make: func(o Options) measurer {
			return adversarial{o.Adversarial}
		},
	},
	{
		Name: "linearisation",
		Slow: true,
		About: "norm of ∂²f/∂x∂θ at training points: max, mean, standard deviation (exact), for piecewise " +
			"linear networks; a few ms a point",
		Growth: "L·J + d²·(d + H) for each training point",
		make: func(o Options) measurer {
			return linearisation{o.Training.X, o.LinearisationPoints}
		},
	},
	{
		Name: series.ParameterJacobian,
		About: "largest norm over the probe points of the Jacobian with respect to the parameters (exact), and at " +
			"epoch 0 the diameter of the points; about the cost of jacobian",
		Growth: "S·J",
		make:   func(Options) measurer { return parameterJacobian{} },
	},
	{
		Name: series.SingularDrift,
		About: "rate at which the training loss makes the spectral norm of each layer grow, and its " +
			"deviation over mini-batches (estimates); about the cost of a pass over the training points",
		Growth: "P for each training point",
		make:   func(o Options) measurer { return singularDrift{o.Training} },
	},
	{
		Name: "grid",
		Slow: true,
		About: "largest Jacobian norm on a dense grid (lower bound), its distance to another class, and a " +
			"picture after the last epoch; for networks of 2 inputs, some seconds for a million points",
		Growth: "10⁶·J",
		make:   func(o Options) measurer { return grid{o.Grid} },
	},
	{
		Name: "paper",
		About: "lower, mean, rms and upper as the paper's own power method gives them (estimates); " +
			"several times the cost of jacobian",
		Growth: "S·J·(steps of the power method)",
		make:   func(Options) measurer { return paperBounds{} },
	},
}

// measurer is a metric without its name, as a row of the table makes it.
type measurer interface {
	Measure(*Snapshot) ([]series.Sample, error)
}

// named is a metric of the table.
type named struct {
	name string
	measurer
}

func (n named) Name() string { return n.name }

// NewMetric returns the metric with a name in the table.
func NewMetric(name string, o Options) (Metric, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("options of metrics: %w", err)
	}

	info, ok := infoOf(name)
	if !ok {
		return nil, fmt.Errorf("unknown metric %q: must be one of %s",
			name, strings.Join(MetricNames(), ", "))
	}

	return named{name, info.make(o)}, nil
}

// infoOf returns the row with a name in the table.
func infoOf(name string) (info MetricInfo, ok bool) {
	i := indexOf(name)
	if i < 0 {
		return MetricInfo{}, false
	}
	return Metrics[i], true
}

// indexOf returns a name's position in the table, or −1 if it is not there.
func indexOf(name string) int {
	return slices.IndexFunc(Metrics, func(m MetricInfo) bool {
		return m.Name == name
	})
}

// Memory returns the least number of bytes that a measurement of the metric takes in addition to
// the network, from the sizes of the network's layers alone; 0 if that is little.
func Memory(name string, net *network.Network) float64 {
	info, _ := infoOf(name)
	if info.memory == nil {
		return 0
	}
	return info.memory(net)
}

// Slow reports whether the table has a metric of this name whose measurement may take many seconds.
func Slow(name string) bool {
	info, _ := infoOf(name)
	return info.Slow
}

// rankOf returns a metric's position in the table, or the table's length if it is not there.
func rankOf(m Metric) int {
	i := indexOf(m.Name())
	if i < 0 {
		return len(Metrics)
	}
	return i
}

// MetricNames lists the names in the table.
func MetricNames() []string {
	names := make([]string, len(Metrics))
	for i, m := range Metrics {
		names[i] = m.Name
	}
	return names
}
