// Package report is what an audit of a network found, and the format of "liptrack audit --json".
// Package audit makes it, the command line prints it, plots draws it. It is a leaf: of this module
// it imports only series, for numbers that may be infinite.
//
// Sizes of perturbations are in the unit of the tolerance: the 2-norm in the data's units, or a
// multiple of the ± of each feature. Rows of the data are counted from 1, classes, as the network's
// outputs, from 0.
package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// Format is the version of the JSON form.
const Format = 1

// Report is the result of an audit.
type Report struct {
	Format int `json:"liptrack_audit"`
	// Verdict is the worst status of any check.
	Verdict Status `json:"verdict"`
	// Summary is what was found, in a few sentences.
	Summary []string `json:"summary"`
	Checks  []Check  `json:"checks"`

	// Origin is nil if nobody said how the report was made.
	Origin    *Origin  `json:"origin,omitempty"`
	Model     Model    `json:"model"`
	Data      Data     `json:"data"`
	Lipschitz Sandwich `json:"lipschitz"`
	// Local is nil unless it was asked for.
	Local  *Local  `json:"local,omitempty"`
	Layers []Layer `json:"layers"`

	// Tolerance is nil, and so is Change, if none was given.
	Tolerance *Tolerance `json:"tolerance,omitempty"`
	Change    *Change    `json:"output_change,omitempty"`
	// Decisions is nil for a regression.
	Decisions *Decisions `json:"decisions,omitempty"`

	Sensitivity Sensitivity `json:"sensitivity"`

	// All is one row for each sample, in the data's order; for tables, not for JSON.
	All []SampleRow `json:"-"`
}

// VerdictWords says in a sentence how the checks ended.
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

// Origin says when and from what a report was made, so that it can be made again and checked.
type Origin struct {
	// Date is in UTC, as in RFC 3339.
	Date string `json:"date"`
	// Version is the program's version.
	Version string `json:"version"`
	// Command is the command line, quoted for a shell.
	Command string `json:"command"`
	// Seed drew the samples; Thorough says that the bounds which take long were computed.
	Seed     uint64 `json:"seed"`
	Thorough bool   `json:"thorough"`
	// Files are those that were read.
	Files []File `json:"files"`
}

// File is a file that a report depends on.
type File struct {
	// Role is what it is: model, data, scale, tolerance or thresholds.
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
	// AtMost says that small values are good; else large ones are.
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

// Limits says in words from where on the check asks for attention and fails.
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

// Model is the network.
type Model struct {
	File       string `json:"file"`
	Format     string `json:"format"`
	Inputs     int    `json:"inputs"`
	Outputs    int    `json:"outputs"`
	Parameters int    `json:"parameters"`
	// Notes say what was assumed.
	Notes []string `json:"notes,omitempty"`
}

// Data is the samples.
type Data struct {
	Source string `json:"source"`
	// Samples were audited, drawn from Available.
	Samples   int `json:"samples"`
	Available int `json:"available"`
	// Scaled says that the data were brought to the model's units by mean and std.
	Scaled bool `json:"scaled"`
	// Classes are the names of the classes; nil if they are numbers.
	Classes []string `json:"classes,omitempty"`
	// Accuracy is the share of labels that the network gives; nil without labels.
	Accuracy *series.Float `json:"accuracy,omitempty"`
	// Guessing is the share of the commonest label, which is right as often; nil without labels.
	Guessing *series.Float `json:"guessing,omitempty"`
	// R2 is the least coefficient of determination over the targets of a regression; nil without.
	R2 *series.Float `json:"r2,omitempty"`
	// Targets say how well each output of a regression predicts its target; nil without.
	Targets []Target `json:"targets,omitempty"`
}

// Target is how well one output of a regression predicts its target.
type Target struct {
	Name string `json:"name"`
	// MSE is the mean square error, in the square of the target's unit.
	MSE series.Float `json:"mse"`
	// R2 is the coefficient of determination, at most 1; nil of a constant target.
	R2 *series.Float `json:"r2,omitempty"`
}

// ClassName returns the name of a class, or its number if it has no name.
func (d Data) ClassName(class int) string {
	if class < len(d.Classes) {
		return d.Classes[class]
	}
	return strconv.Itoa(class)
}

// Sandwich holds the Lipschitz constant in the 2-norm, in units of the model's inputs and outputs,
// between a lower bound and certified upper bounds.
type Sandwich struct {
	// Lower is the largest Jacobian norm found; OnData that over the samples alone.
	Lower  series.Float `json:"lower"`
	OnData series.Float `json:"lower_on_data"`
	// LowerReason says why Lower is 0 where that is not what was found.
	LowerReason string `json:"lower_reason,omitempty"`
	// Upper is the least certified bound, by the method of that name.
	Upper   series.Float `json:"upper"`
	UpperBy string       `json:"upper_by"`
	// Gap is Upper/Lower.
	Gap     series.Float `json:"gap"`
	Methods []Method     `json:"methods"`
}

// Method is one way to an upper bound.
type Method struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Value is nil if there is none, for the Reason.
	Value  *series.Float `json:"value,omitempty"`
	Kind   series.Kind   `json:"kind"`
	Reason string        `json:"reason,omitempty"`
	// Lower is the lower end that the same way reached; nil if it has none.
	Lower *series.Float `json:"lower,omitempty"`
	// Gap is by what share of Value its optimum can be below it, by a dual bound, an estimate; nil
	// of what has no optimum or none that is known.
	Gap *series.Float `json:"optimum_gap,omitempty"`
	// Seconds is how long it took, Allocated how many bytes of memory it took in all, of which it
	// held a part at a time. They come from this run on this machine; nil without a value.
	Seconds   *series.Float `json:"seconds,omitempty"`
	Allocated *series.Float `json:"allocated_bytes,omitempty"`
}

// Layer is a linear layer with its activation, and what the network does up to it.
type Layer struct {
	Layer      int    `json:"layer"` // from 1
	Name       string `json:"name"`
	Inputs     int    `json:"inputs"`
	Outputs    int    `json:"outputs"`
	Activation string `json:"activation"`
	// Norm is the spectral norm of the weight, Slope the activation's Lipschitz constant, Share the
	// part of log(Norm·Slope) in the sum of the magnitudes of all layers; negative if it contracts.
	Norm  series.Float `json:"spectral_norm"`
	Slope series.Float `json:"activation_lipschitz"`
	Share series.Float `json:"share"`
	// StableRank is the squared Frobenius over the squared spectral norm; nil of a pool.
	StableRank *series.Float `json:"stable_rank,omitempty"`
	// Reached is the largest Jacobian norm at the most sensitive samples, from the input to this
	// layer's output, nil if none is proved or the layer is too wide; Certified a bound on it
	// anywhere.
	Reached   *series.Float `json:"reached,omitempty"`
	Certified series.Float  `json:"certified"`
	// Gain is Reached over that of the layer before, nil if one of the two is not known or 0.
	Gain *series.Float `json:"gain,omitempty"`
	// Dead is the share of hidden units whose slope is 0 at every sample; nil for outputs.
	Dead *series.Float `json:"dead_units,omitempty"`
}
