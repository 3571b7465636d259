package tracker

import (
	"fmt"
	"strings"

	"liptrack/tracker/series"
)

// Options are the settings that metrics take.
type Options struct {
	Jacobian JacobianOptions
	Enlarged EnlargedOptions
}

// MetricInfo describes an entry of the table of metrics.
type MetricInfo struct {
	// Name is how configurations ask for it.
	Name string
	// About says in a sentence what it measures and what it costs.
	About string
	// Default says that it is measured unless a configuration lists others.
	Default bool

	make func(Options) Metric
}

// Metrics is the table of metrics, in the order in which they are measured.
var Metrics = []MetricInfo{
	{
		Name: "layer_norms", Default: true,
		About: "spectral norm, Frobenius norm and stable rank of every layer, norms of biases (exact)",
		make:  func(Options) Metric { return layerNorms{} },
	},
	{
		Name: "jacobian", Default: true,
		About: "Jacobian norms over the probe points: max (lower bound), mean, rms, quantiles, histogram; about the cost of an epoch",
		make:  func(o Options) Metric { return jacobian{o.Jacobian} },
	},
	{
		Name: series.UpperProduct, Default: true,
		About: "product of spectral norms and activation constants (certified upper bound); free after layer_norms",
		make:  func(o Options) Metric { return productBound{o.Jacobian.EveryLayer} },
	},
	{
		Name: series.DeadUnits, Default: true,
		About: "units of each layer whose slope is zero at every probe point (exact); free after jacobian",
		make:  func(Options) Metric { return deadUnits{} },
	},
	{
		Name:  series.AltLowerBound,
		About: "largest difference quotient over pairs of probe points (lower bound), the paper's alternative; quadratic in their number",
		make:  func(Options) Metric { return altLowerBound{} },
	},
	{
		Name:  series.SearchLowerBound,
		About: "largest Jacobian norm found by climbing from the best probe points within the box of the data (lower bound); about twice the cost of jacobian",
		make:  func(Options) Metric { return searchLowerBound{} },
	},
	{
		Name:  series.EnlargedLowerBound,
		About: "largest Jacobian norm over a million convex combinations of data (lower bound), the paper's C_S*; some 250 times the cost of jacobian",
		make:  func(o Options) Metric { return newEnlargedSet(o.Enlarged) },
	},
	{
		Name:  series.NoisyLowerBound,
		About: "largest Jacobian norm over training points with Gaussian noise (lower bound); the cost of jacobian for each noise",
		make:  func(o Options) Metric { return noisyPoints{o.Enlarged} },
	},
	{
		Name:  "paper",
		About: "lower, mean, rms and upper as the paper's own power method gives them (estimates); several times the cost of jacobian",
		make:  func(Options) Metric { return paperBounds{} },
	},
}

// NewMetric returns the metric of a name in the table.
func NewMetric(name string, o Options) (Metric, error) {
	for _, m := range Metrics {
		if m.Name == name {
			return m.make(o), nil
		}
	}
	return nil, fmt.Errorf("unknown metric %q: must be one of %s", name, strings.Join(MetricNames(), ", "))
}

// MetricNames lists the names in the table.
func MetricNames() []string {
	names := make([]string, len(Metrics))
	for i, m := range Metrics {
		names[i] = m.Name
	}
	return names
}
