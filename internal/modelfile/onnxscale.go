package modelfile

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/network"
)

// scaleValues scales and shifts the current value.
func (w *walk) scaleValues(a affine) {
	// Folding into the previous layer costs nothing and keeps bounds tight.
	l := w.openLayer()
	if l != nil && a.folds(l, false) {
		a.after(l)
		return
	}

	if l != nil {
		l.activation = &network.Identity
	}
	w.scaling = w.scaling.then(a)
}

// perPoint returns a constant operand that has one number, or one for each entry of a point.
func (w *walk) perPoint(n node, i int) ([]float64, error) {
	t, err := w.finiteOperand(n, i)
	if err != nil {
		return nil, err
	}
	return w.fitToPoint(t)
}

// fitToPoint returns the values of a tensor that has one number, or one for each entry of a point.
func (w *walk) fitToPoint(t tensor) ([]float64, error) {
	if len(t.values) == 1 {
		return t.values, nil
	}

	// Constants broadcast as in NumPy, aligned at the last axis.
	if len(w.point) > 1 && len(t.values) > 0 {
		if values, ok := repeatOver(t, w.point); ok {
			return values, w.weights.Take(len(values))
		}
	}

	shape, point := withoutLeadingOnes(t.shape), withoutLeadingOnes(w.point)
	same := func(a, b int) bool { return a == b || b < 0 }
	if len(t.values) == 0 || !slices.EqualFunc(shape, point, same) {
		return nil, fmt.Errorf(
			"%q (%s) is neither one number nor one for each entry of points of shape %s",
			t.name,
			shapeString(t.shape),
			shapeString(w.point),
		)
	}

	// An input of unknown shape gets the shape of the first constant that fits.
	w.point = shape

	return t.values, nil
}

// repeatOver repeats a tensor along its axes of length 1, to one value for each entry of a point.
// ok is false if the shapes do not match. Axes before those of the point must have length 1.
func repeatOver(t tensor, point []int) (values []float64, ok bool) {
	shape := withoutLeadingOnes(t.shape)
	size, known := input.Elements(point)
	if !known || size < 1 || size > maxEntries || len(shape) > len(point) {
		return nil, false
	}

	missing := len(point) - len(shape)
	for axis, n := range shape {
		if n != 1 && n != point[missing+axis] {
			return nil, false
		}
	}

	values = make([]float64, size)
	for i := range values {
		values[i] = t.values[broadcastOffset(unravel(i, point), shape)]
	}

	return values, true
}

// maxEntries is the maximum number of entries of a point.
const maxEntries = 1 << 24

// perChannel returns a constant operand that has a number for each channel, repeated over the
// planes. For points with one axis it is the same as perPoint.
func (w *walk) perChannel(n node, i int) ([]float64, error) {
	if len(w.point) < 2 {
		return w.perPoint(n, i)
	}

	t, err := w.finiteOperand(n, i)
	if err != nil {
		return nil, err
	}

	// The operand has no axes for the planes: append axes of length 1.
	t.shape = append([]int{len(t.values)}, slices.Repeat([]int{1}, len(w.point)-1)...)
	values, ok := repeatOver(t, w.point)
	if !ok || len(t.values) != w.point[0] {
		return nil, fmt.Errorf("%q has %d numbers: must be one for each channel of points of shape %s",
			t.name, len(t.values), shapeString(w.point))
	}

	return values, w.weights.Take(len(values))
}

// scaleBy returns the handler of an entrywise operator on the current value and a constant.
func scaleBy(by func(n node, c []float64) affine) func(*walk, node) error {
	return func(w *walk, n node) error {
		c, err := w.perPoint(n, 1)
		if err == nil {
			w.scaleValues(by(n, c))
		}
		return err
	}
}

func difference(n node, c []float64) affine {
	if n.swapped {
		return affine{scale: []float64{-1}, shift: c}
	}
	floats.Scale(-1, c)
	return affine{shift: c}
}

func quotient(_ node, c []float64) affine {
	for i := range c {
		c[i] = 1 / c[i]
	}
	return affine{scale: c}
}

func (w *walk) neg(node) error {
	w.scaleValues(affine{scale: []float64{-1}})
	return nil
}

// scaler adds (x − offset)·scale, as which scikit-learn's scalers are exported.
func (w *walk) scaler(n node) error {
	setting := func(name string) ([]float64, error) {
		values := slices.Clone(n.attributes[name].numbers)
		if values == nil {
			return nil, nil
		}
		t := tensor{name, []int{len(values)}, values}
		err := t.checkFinite()
		if err != nil {
			return nil, err
		}
		return w.fitToPoint(t)
	}

	offset, offsetErr := setting("offset")
	factor, factorErr := setting("scale")
	err := cmp.Or(offsetErr, factorErr)
	if err != nil {
		return err
	}

	// Either may be one number for all entries, so the longer one determines the length.
	entries := max(len(offset), len(factor))
	if entries == 0 {
		return errors.New("it has neither offset nor scale")
	}

	a := affine{make([]float64, entries), make([]float64, entries)}
	for i := range entries {
		a.scale[i] = entry(factor, i, 1)
		a.shift[i] = -entry(offset, i, 0) * a.scale[i]
	}

	w.scaleValues(a)

	return nil
}

// batchNormalization adds scale·(x − mean)/√(variance + epsilon) + shift, as in inference.
func (w *walk) batchNormalization(n node) error {
	if n.numberOr("training_mode", 0) != 0 {
		return errors.New("it is in training mode")
	}

	var operands [4][]float64
	for i := range operands {
		var err error
		if operands[i], err = w.perChannel(n, i+1); err != nil {
			return err
		}
	}

	scale, shift, mean, variance := operands[0], operands[1], operands[2], operands[3]
	if len(scale) != len(shift) || len(scale) != len(mean) || len(scale) != len(variance) {
		return errors.New("its operands differ in length")
	}

	// ONNX's formula for inference, written as scale·x + shift.
	for i := range scale {
		spread := variance[i] + n.numberOr("epsilon", 1e-5)
		if !(spread > 0) {
			return fmt.Errorf("the variance of channel %d is %g", i, variance[i])
		}

		scale[i] /= math.Sqrt(spread)
		shift[i] -= scale[i] * mean[i]
	}

	w.scaleValues(affine{scale, shift})

	return nil
}

// withoutLeadingOnes returns a shape without leading axes of length 1, which broadcasts in the same
// way.
func withoutLeadingOnes(shape []int) []int {
	for len(shape) > 1 && shape[0] == 1 {
		shape = shape[1:]
	}
	return shape
}
