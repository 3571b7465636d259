package report

import "github.com/liptrack/liptrack/tracker/series"

// Tolerance is the set of errors that the inputs may have.
type Tolerance struct {
	// Radius is the largest 2-norm of an error, in the data's units; 0 if there is a ± for each
	// feature.
	Radius series.Float `json:"radius,omitempty"`
	// Each is the ± of each feature in the data's units.
	Each []series.Float `json:"each,omitempty"`
}

// Change describes how much errors within the tolerance change the outputs, in the 2-norm.
type Change struct {
	// Seen is the largest change found at a sample, Row the row of this sample.
	Seen series.Float `json:"seen"`
	Row  int          `json:"row"`
	// Possible is a certified bound on the change at the samples, Anywhere a certified bound on the
	// change at all inputs.
	Possible series.Float `json:"possible"`
	Anywhere series.Float `json:"possible_anywhere"`
	// Spread is the root mean square distance of the samples' outputs from their mean.
	Spread  series.Float   `json:"spread"`
	Outputs []OutputChange `json:"outputs,omitempty"`
}

// OutputChange is like Change, for one output.
type OutputChange struct {
	Output   int          `json:"output"`
	Name     string       `json:"name,omitempty"` // of the target, whose unit the numbers have
	Seen     series.Float `json:"seen"`
	Possible series.Float `json:"possible"`
	Anywhere series.Float `json:"possible_anywhere"`
	Spread   series.Float `json:"spread"`
}

// Decisions describes which sizes of perturbations the network's decisions withstand.
type Decisions struct {
	// At holds the shares within the tolerance; nil without a tolerance.
	At *Shares `json:"at_tolerance,omitempty"`
	// Curve holds the shares over ascending sizes.
	Curve []Shares `json:"curve"`
	// Safe is the size within which half of the decisions certainly do not change. Flip is the size
	// within which perturbations were found that change half of the decisions, +Inf if they were
	// found for fewer.
	Safe series.Float `json:"median_certified_size"`
	Flip series.Float `json:"median_flip_size"`
	// Flips counts the samples with a flip within the tolerance, or of any size if there is no
	// tolerance, by the network's class (row) and the class after the flip (column).
	Flips [][]int `json:"flips"`
}

// Shares holds the shares of the samples that are certified, flipped or undecided under
// perturbations of a size.
type Shares struct {
	Size series.Float `json:"size"`
	// ByNorm is the share certified by margin/(√2·L), ByPairs by the Lipschitz constants of the
	// differences of pairs of outputs, Certified by any means, including local bounds.
	ByNorm    series.Float `json:"certified_by_norm"`
	ByPairs   series.Float `json:"certified_by_pairs"`
	Certified series.Float `json:"certified"`
	// Flipped is the share for which a perturbation was found that changes the decision, Undecided
	// the remaining share.
	Flipped   series.Float `json:"flipped"`
	Undecided series.Float `json:"undecided"`
}

// Sensitivity describes at which samples and to which features the outputs react most.
type Sensitivity struct {
	// Median, Mean and Largest summarise the Jacobian norms over the samples.
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
	// Norm is the Jacobian norm. Local is a certified bound on the Lipschitz constant within a ball
	// of size Ball around the sample.
	Norm  series.Float `json:"jacobian_norm"`
	Local series.Float `json:"local_bound"`
	Ball  series.Float `json:"ball"`
	// Direction is the change of the inputs, of unit size, to which the outputs react most: its
	// largest components, in the data's units, largest first.
	Direction []Component `json:"direction"`
	// Decision is nil for a regression.
	Decision *Decision `json:"decision,omitempty"`
}

// Component is the component of a direction along one feature.
type Component struct {
	Feature string       `json:"feature"`
	Value   series.Float `json:"value"`
}

// Decision describes the class that the network predicts for a sample.
type Decision struct {
	Class int `json:"class"`
	// Label is the class in the data; nil without labels.
	Label *int `json:"label,omitempty"`
	// Safe is a size up to which no perturbation changes the decision. Flip is the size of a
	// perturbation that changes it to the class FlipTo; if none was found, Flip is +Inf and FlipTo
	// nil.
	Safe   series.Float `json:"certified_size"`
	Flip   series.Float `json:"flip_size"`
	FlipTo *int         `json:"flip_to,omitempty"`
}

// Feature describes the sensitivity of the outputs to one input.
type Feature struct {
	Feature string `json:"feature"`
	// Largest and RMS are the largest value and the root mean square over the samples of the norm
	// of the derivatives of all outputs by the feature, in the data's units.
	Largest series.Float `json:"largest"`
	RMS     series.Float `json:"rms"`
	// Share is the feature's share in the sum of the squared derivatives by all features. Each
	// derivative is multiplied by the ± of its feature if there is one, and otherwise in the
	// model's units.
	Share series.Float `json:"share"`
	// Tolerance is the ± of the feature in the data's units; nil if the tolerance is none or a
	// radius.
	Tolerance *series.Float `json:"tolerance,omitempty"`
}

// SampleRow is the short form of one sample's results.
type SampleRow struct {
	Row  int
	Norm series.Float // of the Jacobian
	// Decision is nil for a regression. Margin is the score of its class minus the largest other
	// score.
	Decision *Decision
	Margin   series.Float
}
