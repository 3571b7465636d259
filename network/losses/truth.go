package losses

import "gonum.org/v1/gonum/mat"

// Truth is what a network should predict at N points: their classes or, in a regression, their
// targets.
type Truth struct {
	Labels  []int      // from 0, length N; nil for a regression
	Targets *mat.Dense // N×K; nil for classes
}

// IsKnown reports whether there are labels or targets.
func (t Truth) IsKnown() bool {
	return t.Labels != nil || t.Targets != nil
}

// Len returns the number of points; 0 without labels and targets.
func (t Truth) Len() int {
	if t.Targets == nil {
		return len(t.Labels)
	}
	n, _ := t.Targets.Dims()
	return n
}

// HasTargets reports whether a loss is defined for the targets of a regression.
func (l Loss) HasTargets() bool {
	return table[l].atTargets != nil
}

// AtPoint returns the objective at point i for these outputs of a network. For targets the loss
// must be defined, see HasTargets.
func (o Objective) AtPoint(outputs []float64, t Truth, i int) float64 {
	if t.Targets == nil {
		return o.At(outputs, t.Labels[i])
	}
	return table[o.Loss].atTargets(o.scaledOutputs(outputs), t.Targets.RawRowView(i))
}

// GradientAtPoint writes the derivative of AtPoint with respect to the outputs to g.
func (o Objective) GradientAtPoint(g, outputs []float64, t Truth, i int) {
	if t.Targets == nil {
		o.Gradient(g, outputs, t.Labels[i])
		return
	}
	table[o.Loss].gradientTargets(g, o.scaledOutputs(outputs), t.Targets.RawRowView(i))
	o.scaleGradient(g)
}
