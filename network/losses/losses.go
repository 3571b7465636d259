// Package losses implements the losses that training minimises, as functions of a network's
// outputs. Each has two implementations: one over a batch, in the precision of training and rounded
// as PyTorch rounds, and one for a single sample in float64, for measurements.
package losses

import (
	"cmp"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// Loss is what training minimises, as a function of the outputs f(x) and the label y.
type Loss int

const (
	// CrossEntropy is −log softmax(f(x))_y, averaged over samples.
	CrossEntropy Loss = iota
	// MSE is Σ_k (f_k(x) − [k = y])², averaged over samples. It is the paper's loss, K times
	// PyTorch's default.
	MSE
	// MSEMean is the squared error averaged over outputs and samples, PyTorch's default.
	MSEMean
)

// definition describes a loss.
type definition struct {
	name    string
	batch32 batchSum[float32]
	batch64 batchSum[float64]

	// at returns the loss of one sample, gradient writes its derivative with respect to the outputs
	// to g.
	at       func(outputs []float64, label int) float64
	gradient func(g, outputs []float64, label int)

	// atTargets and gradientTargets are the same for the targets of a regression; nil if the loss
	// is for classes only.
	atTargets       func(outputs, targets []float64) float64
	gradientTargets func(g, outputs, targets []float64)
}

// table has one row for each loss.
var table = []definition{
	CrossEntropy: {
		name:     "cross_entropy",
		batch32:  crossEntropySum[float32],
		batch64:  crossEntropySum[float64],
		at:       crossEntropyAt,
		gradient: crossEntropyGradient,
	},
	MSE:     squaredError("mse", func(int) int { return 1 }),
	MSEMean: squaredError("mse_mean", func(outputs int) int { return outputs }),
}

// batchSum returns the sum of a loss over the rows of out (n×k), against targets of the same shape,
// and writes scale times its gradient to grad unless that is nil.
type batchSum[T linalg.Float] func(out, target, grad []T, k int, scale T) float64

// Names lists the losses in the order of their values.
func Names() []string {
	names := make([]string, len(table))
	for i, d := range table {
		names[i] = d.name
	}
	return names
}

// String returns the name of the loss, one of the Names.
func (l Loss) String() string { return table[l].name }

// Objective is what training minimises: a loss of the outputs times a temperature, without dropout
// or penalties.
type Objective struct {
	Loss Loss
	// Temperature multiplies the outputs; 0 means 1.
	Temperature float64
}

// Sum returns the sum of the objective over the rows of out (n×k), against targets of the same
// shape, which are one-hot for classes. It writes scale times the gradient with respect to out to
// grad unless that is nil.
func Sum[T linalg.Float](o Objective, out, target, grad []T, k int, scale T) float64 {
	t := T(cmp.Or(o.Temperature, 1))
	// The chain rule: the loss sees t·out, and its gradient with respect to out is t times larger.
	if t != 1 {
		out = slices.Clone(out)
		vec.Scale(out, t)
		scale *= t
	}

	// A table cannot hold generic functions: each loss has one function for each precision.
	sum, ok := any(table[o.Loss].batch32).(batchSum[T])
	if ok {
		return sum(out, target, grad, k, scale)
	}
	return any(table[o.Loss].batch64).(batchSum[T])(out, target, grad, k, scale)
}

// At returns the objective for one sample with these outputs and that label.
func (o Objective) At(outputs []float64, label int) float64 {
	return table[o.Loss].at(o.scaledOutputs(outputs), label)
}

// Gradient writes the derivative of At with respect to the outputs to g.
func (o Objective) Gradient(g, outputs []float64, label int) {
	table[o.Loss].gradient(g, o.scaledOutputs(outputs), label)
	o.scaleGradient(g)
}

// scaleGradient multiplies a derivative by the temperature.
func (o Objective) scaleGradient(g []float64) {
	floats.Scale(cmp.Or(o.Temperature, 1), g)
}

// scaledOutputs returns the outputs times the temperature, or the outputs themselves if it is 1.
func (o Objective) scaledOutputs(outputs []float64) []float64 {
	t := cmp.Or(o.Temperature, 1)
	if t == 1 {
		return outputs
	}

	outputs = slices.Clone(outputs)
	floats.Scale(t, outputs)
	return outputs
}
