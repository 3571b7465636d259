package report

import "github.com/liptrack/liptrack/tracker/series"

// Tolerance is the set of errors that the inputs may have.
type Tolerance struct {
	// Radius is the 2-norm in the data's units; 0 if there is a ± for each feature.
	Radius series.Float `json:"radius,omitempty"`
	// Each is the ± of each feature in the data's units.
	Each []series.Float `json:"each,omitempty"`
}

// Change is how much errors within the tolerance change the outputs, in the 2-norm over outputs.
type Change struct {
	// Seen is the largest change found at a sample: Row is its row.
	Seen series.Float `json:"seen"`
	Row  int          `json:"row"`
	// Possible is certified: no error changes the outputs at any of the samples by more. Anywhere
	// is certified for all inputs.
	Possible series.Float `json:"possible"`
	Anywhere series.Float `json:"possible_anywhere"`
	// Spread is the root mean square distance of the samples' outputs from their mean.
	Spread  series.Float   `json:"spread"`
	Outputs []OutputChange `json:"outputs,omitempty"`
}

// OutputChange is Change for one output.
type OutputChange struct {
	Output   int          `json:"output"`
	Name     string       `json:"name,omitempty"` // of the target that it predicts, whose unit the others have
	Seen     series.Float `json:"seen"`
	Possible series.Float `json:"possible"`
	Anywhere series.Float `json:"possible_anywhere"`
	Spread   series.Float `json:"spread"`
}

// Decisions says for perturbations of which size the network's decisions are safe.
type Decisions struct {
	// At is what holds within the tolerance; nil without one.
	At *Shares `json:"at_tolerance,omitempty"`
	// Curve is over sizes, ascending.
	Curve []Shares `json:"curve"`
	// Safe is the size within which half of the decisions certainly do not change; Flip that
	// within which a perturbation was found that changes half of them, +Inf if for fewer.
	Safe series.Float `json:"median_certified_size"`
	Flip series.Float `json:"median_flip_size"`
	// Flips counts the samples of which a flip was found within the tolerance, or of any size
	// without one, by the class that the network gives (row) and the one that it flips to (column).
	Flips [][]int `json:"flips"`
}

// Shares are the parts of the samples of which something is known for perturbations of a size.
type Shares struct {
	Size series.Float `json:"size"`
	// ByNorm is certified by margin/(√2·L), ByPairs by the Lipschitz constant of the difference
	// of each pair of outputs, Certified by any means, local ones included.
	ByNorm    series.Float `json:"certified_by_norm"`
	ByPairs   series.Float `json:"certified_by_pairs"`
	Certified series.Float `json:"certified"`
	// Flipped have a perturbation that changes the decision; the rest is Undecided.
	Flipped   series.Float `json:"flipped"`
	Undecided series.Float `json:"undecided"`
}

// Sensitivity says which samples and features the outputs react to most.
type Sensitivity struct {
	// Median, Mean and Largest are of the Jacobian norms over the samples.
	Median  series.Float `json:"median"`
	Mean    series.Float `json:"mean"`
	Largest series.Float `json:"largest"`
	// Norms are the Jacobian norms at 101 evenly spaced quantiles.
	Norms    []series.Float `json:"quantiles"`
	Samples  []Sample       `json:"samples"`
	Features []Feature      `json:"features"`
}

// Sample is one point of the data.
type Sample struct {
	Row int `json:"row"`
	// Norm is the Jacobian norm; Local is certified: the Lipschitz constant within Ball of the
	// sample.
	Norm  series.Float `json:"jacobian_norm"`
	Local series.Float `json:"local_bound"`
	Ball  series.Float `json:"ball"`
	// Direction is the change of the inputs to which the outputs react most, of unit size, largest
	// components first, in the data's units.
	Direction []Component `json:"direction"`
	// Decision is nil for a regression.
	Decision *Decision `json:"decision,omitempty"`
}

// Component is the part of a direction along one feature.
type Component struct {
	Feature string       `json:"feature"`
	Value   series.Float `json:"value"`
}

// Decision is the class that the network gives a sample.
type Decision struct {
	Class int `json:"class"`
	// Label is the class that the data give; nil without labels.
	Label *int `json:"label,omitempty"`
	// Safe is a size up to which no perturbation changes the decision; Flip that of a perturbation
	// which changes it to the class FlipTo, +Inf and nil if none was found.
	Safe   series.Float `json:"certified_size"`
	Flip   series.Float `json:"flip_size"`
	FlipTo *int         `json:"flip_to,omitempty"`
}

// Feature is an input.
type Feature struct {
	Feature string `json:"feature"`
	// Largest and RMS are of the norm of the derivatives of all outputs by the feature, in the
	// data's units, over the samples.
	Largest series.Float `json:"largest"`
	RMS     series.Float `json:"rms"`
	// Share is the part of the feature in the sum of squared derivatives of all features, each
	// times the ± of its tolerance if there is one, else in the model's units.
	Share series.Float `json:"share"`
	// Tolerance is the ± of the feature in the data's units; nil without one for each feature.
	Tolerance *series.Float `json:"tolerance,omitempty"`
}

// SampleRow is what is known of one sample.
type SampleRow struct {
	Row  int
	Norm series.Float // of the Jacobian
	// Decision is nil for a regression; Margin is by how much the score of its class exceeds all
	// others.
	Decision *Decision
	Margin   series.Float
}
