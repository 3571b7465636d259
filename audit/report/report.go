// Package report holds the results of an audit and defines the format of "liptrack audit --json".
// Package audit makes reports, the command line prints them, and audit/view draws them. Of this
// module it imports only series, for numbers that may be infinite.
//
// Sizes of perturbations are in the unit of the tolerance: the 2-norm in the data's units, or a
// multiple of the ± of each feature. Rows of the data are counted from 1; classes and the network's
// outputs are counted from 0.
package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// Format is the version of the JSON format.
const Format = 1

// Report is the result of an audit.
type Report struct {
	Format int `json:"liptrack_audit"`
	// Verdict is the worst status of any check.
	Verdict Status `json:"verdict"`
	// Summary describes the results in a few sentences.
	Summary []string `json:"summary"`
	Checks  []Check  `json:"checks"`

	// Origin is nil if it is unknown how the report was made.
	Origin    *Origin  `json:"origin,omitempty"`
	Model     Model    `json:"model"`
	Data      Data     `json:"data"`
	Lipschitz Sandwich `json:"lipschitz"`
	// Local is nil unless it was requested.
	Local  *Local  `json:"local,omitempty"`
	Layers []Layer `json:"layers"`

	// Tolerance and Change are nil if no tolerance was given.
	Tolerance *Tolerance `json:"tolerance,omitempty"`
	Change    *Change    `json:"output_change,omitempty"`
	// Decisions is nil for a regression.
	Decisions *Decisions `json:"decisions,omitempty"`

	Sensitivity Sensitivity `json:"sensitivity"`

	// All has one row for each sample, in the order of the data. It is for tables and not part of
	// the JSON.
	All []SampleRow `json:"-"`
}

// VerdictWords describes in a sentence how the checks ended.
func (r *Report) VerdictWords() string {
	names := map[Status][]string{}
	for _, c := range r.Checks {
		names[c.Status] = append(names[c.Status], c.Name)
	}

	failed, attention := names[Fail], names[Attention]
	counted := func(names []string, one, several string) string {
		if len(names) == 1 {
			return fmt.Sprintf("1 of %d checks %s (%s)", len(r.Checks), one, names[0])
		}
		return fmt.Sprintf("%d of %d checks %s (%s)",
			len(names), len(r.Checks), several, strings.Join(names, ", "))
	}
	fails := counted(failed, "fails", "fail")
	needs := counted(attention, "needs attention", "need attention")

	switch {
	case len(failed) > 0 && len(attention) > 0:
		return fails + ", " + needs + "."
	case len(failed) > 0:
		return fails + "."
	case len(attention) > 0:
		return needs + ", none fails."
	}

	return fmt.Sprintf("all %d checks pass.", len(r.Checks))
}

// Origin records when and from what a report was made, so that it can be reproduced and checked.
type Origin struct {
	// Date is in UTC, as in RFC 3339.
	Date string `json:"date"`
	// Version is the program's version.
	Version string `json:"version"`
	// Command is the command line, quoted for a shell.
	Command string `json:"command"`
	// Seed drew the samples. Thorough is true if the bounds that take long were requested.
	Seed     uint64 `json:"seed"`
	Thorough bool   `json:"thorough"`
	// Files are the files that were read.
	Files []File `json:"files"`
}

// File is a file that a report depends on.
type File struct {
	// Role is one of model, data, scale, tolerance and thresholds.
	Role   string `json:"role"`
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Status is the result of a check.
type Status string

// The statuses, from good to bad.
const (
	Pass      Status = "pass"
	Attention Status = "attention"
	Fail      Status = "fail"
)

// Check compares a measurement with the limits that the user sets.
type Check struct {
	// Name is the key in a file of thresholds.
	Name   string       `json:"name"`
	Status Status       `json:"status"`
	Value  series.Float `json:"value"`
	// AtMost is true if small values are good, false if large ones are.
	AtMost bool `json:"at_most"`
	// Attention and Fail are the limits; nil for none.
	Attention *series.Float `json:"attention,omitempty"`
	Fail      *series.Float `json:"fail,omitempty"`
	// Measured, Meaning and Action are sentences: what was measured, what it means, and what to
	// do about it.
	Measured string `json:"measured"`
	Meaning  string `json:"meaning"`
	Action   string `json:"action"`
}

// Limits describes beyond which values the check needs attention or fails.
func (c Check) Limits() string {
	side := "below"
	if c.AtMost {
		side = "above"
	}
	var parts []string
	if c.Attention != nil {
		parts = append(parts, fmt.Sprintf("attention %s %g", side, float64(*c.Attention)))
	}
	if c.Fail != nil {
		parts = append(parts, fmt.Sprintf("fails %s %g", side, float64(*c.Fail)))
	}
	return strings.Join(parts, ", ")
}

// Model describes the network.
type Model struct {
	File       string `json:"file"`
	Format     string `json:"format"`
	Inputs     int    `json:"inputs"`
	Outputs    int    `json:"outputs"`
	Parameters int    `json:"parameters"`
	// Notes are sentences about what was assumed or left out.
	Notes []string `json:"notes,omitempty"`
}

// Data describes the samples, and how well the network predicts their labels or targets.
type Data struct {
	Source string `json:"source"`
	// Samples is the number of audited samples, Available the number in the data.
	Samples   int `json:"samples"`
	Available int `json:"available"`
	// Scaled is true if the data were converted to the model's units by mean and std.
	Scaled bool `json:"scaled"`
	// Classes are the names of the classes; nil if they are numbers.
	Classes []string `json:"classes,omitempty"`
	// Accuracy is the share of the samples whose label the network predicts; nil without labels.
	Accuracy *series.Float `json:"accuracy,omitempty"`
	// Guessing is the share of the most common label: the accuracy of always guessing it; nil
	// without labels.
	Guessing *series.Float `json:"guessing,omitempty"`
	// R2 is the smallest coefficient of determination over the targets of a regression; nil without
	// targets, or if a target is constant.
	R2 *series.Float `json:"r2,omitempty"`
	// Targets describes how well each output of a regression predicts its target; nil without
	// targets.
	Targets []Target `json:"targets,omitempty"`
}

// Target describes how well one output of a regression predicts its target.
type Target struct {
	Name string `json:"name"`
	// MSE is the mean square error, in the square of the target's unit.
	MSE series.Float `json:"mse"`
	// R2 is the coefficient of determination, at most 1; nil for a constant target.
	R2 *series.Float `json:"r2,omitempty"`
}

// ClassName returns the name of a class, or its number if it has no name.
func (d Data) ClassName(class int) string {
	if class < len(d.Classes) {
		return d.Classes[class]
	}
	return strconv.Itoa(class)
}

// Sandwich encloses the Lipschitz constant in the 2-norm, in units of the model's inputs and
// outputs, between a lower bound and certified upper bounds.
type Sandwich struct {
	// Lower is the largest Jacobian norm or difference quotient found, OnData the largest Jacobian
	// norm at the samples.
	Lower  series.Float `json:"lower"`
	OnData series.Float `json:"lower_on_data"`
	// LowerReason is the reason why there is no lower bound and Lower is 0; otherwise it is empty.
	LowerReason string `json:"lower_reason,omitempty"`
	// Upper is the smallest upper bound, UpperBy the name of its method.
	Upper   series.Float `json:"upper"`
	UpperBy string       `json:"upper_by"`
	// Gap is Upper/Lower.
	Gap     series.Float `json:"gap"`
	Methods []Method     `json:"methods"`
}

// Method is one method for an upper bound, and its result.
type Method struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Value is the bound. It is nil if there is none; then Reason says why.
	Value  *series.Float `json:"value,omitempty"`
	Kind   series.Kind   `json:"kind"`
	Reason string        `json:"reason,omitempty"`
	// Lower is the lower bound that the same method found; nil if it has none.
	Lower *series.Float `json:"lower,omitempty"`
	// Gap is the share of Value by which the method's optimum may be lower, estimated by a dual
	// bound; nil if the method has no optimum or its distance is not known.
	Gap *series.Float `json:"optimum_gap,omitempty"`
	// Seconds is how long the method took, Allocated how many bytes it allocated in total, not all
	// of them at the same time. Both were measured in this run on this machine; nil without a
	// value.
	Seconds   *series.Float `json:"seconds,omitempty"`
	Allocated *series.Float `json:"allocated_bytes,omitempty"`
}

// Layer describes a linear layer with its activation, and the part of the network up to it.
type Layer struct {
	Layer      int    `json:"layer"` // counted from 1
	Name       string `json:"name"`
	Inputs     int    `json:"inputs"`
	Outputs    int    `json:"outputs"`
	Activation string `json:"activation"`
	// Norm is the spectral norm of the weight, Slope the activation's Lipschitz constant. Share is
	// log(Norm·Slope) divided by the sum of its magnitudes over all layers; it is negative if the
	// layer contracts.
	Norm  series.Float `json:"spectral_norm"`
	Slope series.Float `json:"activation_lipschitz"`
	Share series.Float `json:"share"`
	// StableRank is the squared Frobenius norm divided by the squared spectral norm; nil for a
	// pool.
	StableRank *series.Float `json:"stable_rank,omitempty"`
	// Reached is the largest Jacobian norm from the input to this layer's output at the most
	// sensitive samples; nil if none is proved or the layer is too wide. Certified is an upper
	// bound on this norm at all inputs.
	Reached   *series.Float `json:"reached,omitempty"`
	Certified series.Float  `json:"certified"`
	// Gain is Reached divided by Reached of the previous layer; nil if Reached is not known, or not
	// known or 0 in the previous layer.
	Gain *series.Float `json:"gain,omitempty"`
	// Dead is the share of hidden units whose slope is 0 at every sample; nil for the output layer.
	Dead *series.Float `json:"dead_units,omitempty"`
}
