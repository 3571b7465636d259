package tracker

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Objective is what training minimises: the loss of the outputs times a temperature, without
// dropout or penalties.
type Objective struct {
	Loss LossFunction
	// Temperature multiplies the outputs; 0 means 1.
	Temperature float64
}

// value is that of a point of the label with these outputs.
func (o Objective) value(outputs []float64, label int) float64 {
	return outputLoss(o.Loss, o.scaled(outputs), label)
}

// gradient writes that of value with respect to the outputs to g.
func (o Objective) gradient(g, outputs []float64, label int) {
	outputGradient(g, o.Loss, o.scaled(outputs), label)
	floats.Scale(cmp.Or(o.Temperature, 1), g)
}

func (o Objective) scaled(outputs []float64) []float64 {
	t := cmp.Or(o.Temperature, 1)
	if t == 1 {
		return outputs
	}
	outputs = slices.Clone(outputs)
	floats.Scale(t, outputs)
	return outputs
}
