// Package series holds what a run measured, as tidy time series: one header, then one [Point]
// per metric, label and epoch. It is the only thing the tracker, the run store and the charts
// share; it imports none of them, so a new metric changes no writer, no reader and no chart.
package series

// Kind describes how a value relates to the quantity it is named after.
type Kind string

const (
	// Lower is a proved lower bound: the quantity is at least this.
	Lower Kind = "lower"
	// Estimate may err either way (power iteration, sampled extremes).
	Estimate Kind = "estimate"
	// Certified is a proved upper bound, rounding included: the quantity is at most this.
	Certified Kind = "certified"
	// Exact is the quantity itself, up to stated rounding.
	Exact Kind = "exact"
)

// Sample is one measured value, not yet placed in time.
type Sample struct {
	// Metric is the name of the quantity, one of the constants of this package.
	Metric string `json:"metric"`
	// Label distinguishes the values of one metric: comma-joined key=value pairs ("layer=2",
	// "of=softmax,norm=1"), empty if there is only one.
	Label string `json:"label,omitempty"`
	// Value may be NaN or infinite; JSON then carries it as a string.
	Value Float `json:"value"`
	Kind  Kind  `json:"kind"`
	// Warning explains in a sentence why the value is doubtful; empty if it is not.
	Warning string `json:"warning,omitempty"`
	// At is the place where a lower bound is attained; nil for other values.
	At *Place `json:"at,omitempty"`
}

// NewSample returns a sample without a warning or a place.
func NewSample(metric, label string, value float64, kind Kind) Sample {
	return Sample{
		Metric: metric,
		Label:  label,
		Value:  Float(value),
		Kind:   kind,
	}
}

// Point is a sample at the end of an epoch. Epoch 0 is the network at initialisation; Step
// counts the parameter updates made before the measurement.
type Point struct {
	Epoch int `json:"epoch"`
	Step  int `json:"step"`
	Sample
}

// Header opens a series file: everything that identifies the origin of its numbers. It holds no
// clock time and no path, so that equal runs give equal bytes.
type Header struct {
	Format     int    `json:"liptrack_series"`
	Experiment string `json:"experiment"`
	Run        string `json:"run"`
	Seed       uint64 `json:"seed"`
	ConfigHash string `json:"config_hash"`
	// Config is the resolved configuration of the run, flattened to dotted keys.
	Config map[string]string `json:"config,omitempty"`
	// Members are the runs of an ensemble, which differ only in their seeds, so that Config then
	// has no seeds; nil for a run.
	Members []Member `json:"members,omitempty"`
	// Versions names the program, the Go release and the modules that did the arithmetic.
	Versions map[string]string `json:"versions,omitempty"`
	// BLAS names the library, release and processor kernel that multiplied the matrices.
	BLAS string `json:"blas"`
}

// Member is a run of an ensemble, with its seed and the epoch of the network that was measured.
type Member struct {
	Run   string `json:"run"`
	Seed  uint64 `json:"seed"`
	Epoch int    `json:"epoch"`
}

// Format is the version of the file format written by this package.
const Format = 1
