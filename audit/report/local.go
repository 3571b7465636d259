package report

import (
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// Local encloses Lipschitz constants within neighbourhoods of samples, in the 2-norm and the
// model's units.
type Local struct {
	// Shape is what radii are of: ball, in the 2-norm, or box, in each input.
	Shape string `json:"shape"`
	// Inputs are those that change, in the model's order; all if empty.
	Inputs []string `json:"inputs,omitempty"`
	// Constants are by outputs, row and radius, each growing.
	Constants []LocalConstant `json:"constants"`
}

// LocalConstant lies between Lower, a Jacobian norm that was met in the neighbourhood, and Upper,
// which is certified. Lower is NaN where rounding leaves no proof.
type LocalConstant struct {
	// Outputs says of which outputs or difference of two it is; empty for all.
	Outputs string       `json:"outputs,omitempty"`
	Row     int          `json:"row"`
	Radius  series.Float `json:"radius"`
	Lower   series.Float `json:"lower"`
	Upper   series.Float `json:"upper"`
}

// OutputsName returns what it is of, in words.
func (c LocalConstant) OutputsName() string {
	if c.Outputs == "" {
		return "all outputs"
	}
	return c.Outputs
}

// Largest returns the largest ends over the rows of each radius, for each of the outputs in order.
func (l *Local) Largest() (outputs []string, curves map[string][]LocalConstant) {
	curves = map[string][]LocalConstant{}
	for _, c := range l.Constants {
		name := c.OutputsName()
		if curves[name] == nil {
			outputs = append(outputs, name)
		}
		curves[name] = joined(curves[name], c)
	}
	return outputs, curves
}

// joined returns a curve with a constant in it: where its radius is there, the larger ends count.
func joined(curve []LocalConstant, c LocalConstant) []LocalConstant {
	for i, old := range curve {
		if old.Radius == c.Radius {
			curve[i].Upper = max(old.Upper, c.Upper)
			if !(old.Lower >= c.Lower) {
				curve[i].Lower = c.Lower
			}

			return curve
		}
	}

	c.Row = 0

	return append(curve, c)
}

// Words says within what the constants hold.
func (l *Local) Words() string {
	words := "within balls about the samples"
	if l.Shape == "box" {
		words = "within boxes about the samples, whose radius is how far each input can be"
	}

	if len(l.Inputs) > 0 {
		words += ", as functions of " + strings.Join(l.Inputs, ", ")
	}
	return words
}
