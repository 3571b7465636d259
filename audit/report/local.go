package report

import (
	"strings"

	"github.com/liptrack/liptrack/tracker/series"
)

// Local encloses Lipschitz constants within neighbourhoods of samples, in the 2-norm and the
// model's units.
type Local struct {
	// Shape is the shape that radii belong to: ball, in the 2-norm, or box, in each input.
	Shape string `json:"shape"`
	// Inputs are the inputs that change; all if empty.
	Inputs []string `json:"inputs,omitempty"`
	// Constants are grouped by outputs and row, with ascending radii.
	Constants []LocalConstant `json:"constants"`
}

// LocalConstant encloses a Lipschitz constant within a neighbourhood between Lower, a Jacobian norm
// found there, and Upper, which is certified. Lower is NaN if rounding errors leave no proof.
type LocalConstant struct {
	// Outputs is an output or a difference of two outputs; empty for all outputs together.
	Outputs string       `json:"outputs,omitempty"`
	Row     int          `json:"row"`
	Radius  series.Float `json:"radius"`
	Lower   series.Float `json:"lower"`
	Upper   series.Float `json:"upper"`
}

// OutputsName returns Outputs in words.
func (c LocalConstant) OutputsName() string {
	if c.Outputs == "" {
		return "all outputs"
	}
	return c.Outputs
}

// Largest returns, for each of the outputs, a curve over the radius with the largest Lower and the
// largest Upper over the rows. outputs lists the keys of curves in their order.
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

// joined adds a constant to a curve. If the curve already has its radius, the larger bounds count.
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

// Words describes the neighbourhoods in which the constants hold.
func (l *Local) Words() string {
	words := "within balls around the samples"
	if l.Shape == "box" {
		words = "within boxes around the samples, whose radius is the largest change of each input"
	}

	if len(l.Inputs) > 0 {
		words += ", as functions of " + strings.Join(l.Inputs, ", ")
	}
	return words
}
