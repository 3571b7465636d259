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

// scale scales and shifts the values that the chain has come to.
func (w *walk) scale(a affine) {
	// What can be folded into the layer before costs nothing and leaves its bounds tight.
	l := w.open()
	if l != nil && a.folds(l, false) {
		a.after(l)
		return
	}

	if l != nil {
		l.activation = &network.Identity
	}
	w.scaling = w.scaling.then(a)
}

// perPoint returns a constant operand that is one number or has one for each entry of a point.
func (w *walk) perPoint(n node, i int) ([]float64, error) {
	t, err := w.finiteOperand(n, i)
	if err != nil {
		return nil, err
	}
	return w.fitToPoint(t)
}

// fitToPoint returns the values of a tensor that is one number or has one for each entry of a
// point.
func (w *walk) fitToPoint(t tensor) ([]float64, error) {
	if len(t.values) == 1 {
		return t.values, nil
	}

	// Constants broadcast as in NumPy: aligned at the last axis.
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

	// An input of unknown shape takes the shape of the first constant that fits it.
	w.point = shape

	return t.values, nil
}

// repeatOver repeats a tensor over the axes on which it is alone, to a value for each entry of a
// point; ok is false if the shapes do not fit. Only axes of length 1 may come before the point's.
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

// maxEntries is the most entries of a point for each of which a constant is repeated.
const maxEntries = 1 << 24

// perChannel returns a constant operand with a number for each channel, repeated over its plane; or
// what perPoint says where points have one axis.
func (w *walk) perChannel(n node, i int) ([]float64, error) {
	if len(w.point) < 2 {
		return w.perPoint(n, i)
	}

	t, err := w.finiteOperand(n, i)
	if err != nil {
		return nil, err
	}

	// A vector for each channel has no axes for the planes: they are put behind it, of length 1.
	t.shape = append([]int{len(t.values)}, slices.Repeat([]int{1}, len(w.point)-1)...)
	values, ok := repeatOver(t, w.point)
	if !ok || len(t.values) != w.point[0] {
		return nil, fmt.Errorf("%q has %d numbers, points of shape %s have not as many channels",
			t.name, len(t.values), shapeString(w.point))
	}

	return values, w.weights.Take(len(values))
}

// scaled follows an operator of the chain's values and a constant for each of them.
func scaled(by func(n node, c []float64) affine) func(*walk, node) error {
	return func(w *walk, n node) error {
		c, err := w.perPoint(n, 1)
		if err == nil {
			w.scale(by(n, c))
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
	w.scale(affine{scale: []float64{-1}})
	return nil
}

// scaler returns (x − offset)·scale, as the scalers of scikit-learn are written.
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

	// Either may be one number for all entries, so the longer one decides.
	entries := max(len(offset), len(factor))
	if entries == 0 {
		return errors.New("it has neither offset nor scale")
	}

	a := affine{make([]float64, entries), make([]float64, entries)}
	for i := range entries {
		a.scale[i] = entry(factor, i, 1)
		a.shift[i] = -entry(offset, i, 0) * a.scale[i]
	}

	w.scale(a)

	return nil
}

// batchNormalization returns scale·(x − mean)/√(variance + epsilon) + shift, as in inference.
func (w *walk) batchNormalization(n node) error {
	if n.number("training_mode", 0) != 0 {
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
		spread := variance[i] + n.number("epsilon", 1e-5)
		if !(spread > 0) {
			return fmt.Errorf("the variance of channel %d is %g", i, variance[i])
		}

		scale[i] /= math.Sqrt(spread)
		shift[i] -= scale[i] * mean[i]
	}

	w.scale(affine{scale, shift})

	return nil
}

// withoutLeadingOnes returns the shape that broadcasts like the given one.
func withoutLeadingOnes(shape []int) []int {
	for len(shape) > 1 && shape[0] == 1 {
		shape = shape[1:]
	}
	return shape
}
