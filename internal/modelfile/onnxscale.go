package modelfile

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// scale scales and shifts the values that the chain has come to.
func (w *walk) scale(a affine) {
	if l := w.open(); l != nil {
		a.after(l)
	} else {
		w.scaling = w.scaling.then(a)
	}
}

// perPoint is a constant operand that is one number or has one for each entry of a point.
func (w *walk) perPoint(n node, i int) ([]float64, error) {
	t, err := w.operand(n, i)
	if err != nil {
		return nil, err
	}

	if err := t.checkFinite(); err != nil {
		return nil, err
	}

	if len(t.values) == 1 {
		return t.values, nil
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

	w.point = shape

	return t.values, nil
}

func (w *walk) add(n node) error {
	c, err := w.perPoint(n, 1)
	if err == nil {
		w.scale(affine{shift: c})
	}
	return err
}

func (w *walk) sub(n node) error {
	c, err := w.perPoint(n, 1)
	if err != nil {
		return err
	}
	for i := range c {
		c[i] = -c[i]
	}
	w.scale(affine{shift: c})
	return nil
}

func (w *walk) mul(n node) error {
	c, err := w.perPoint(n, 1)
	if err == nil {
		w.scale(affine{scale: c})
	}
	return err
}

func (w *walk) div(n node) error {
	c, err := w.perPoint(n, 1)
	if err != nil {
		return err
	}
	for i := range c {
		c[i] = 1 / c[i]
	}
	w.scale(affine{scale: c})
	return nil
}

// batchNormalization is scale·(x − mean)/√(variance + epsilon) + shift, as in inference.
func (w *walk) batchNormalization(n node) error {
	if n.number("training_mode", 0) != 0 {
		return errors.New("it is in training mode")
	}

	var operands [4][]float64
	for i := range operands {
		var err error
		if operands[i], err = w.perPoint(n, i+1); err != nil {
			return err
		}
	}

	scale, shift, mean, variance := operands[0], operands[1], operands[2], operands[3]
	if len(scale) != len(shift) || len(scale) != len(mean) || len(scale) != len(variance) {
		return errors.New("its operands differ in length")
	}

	for i := range scale {
		scale[i] /= math.Sqrt(variance[i] + n.number("epsilon", 1e-5))
		shift[i] -= scale[i] * mean[i]
	}

	w.scale(affine{scale, shift})

	return nil
}

// withoutLeadingOnes is the shape that broadcasts like the given one.
func withoutLeadingOnes(shape []int) []int {
	for len(shape) > 1 && shape[0] == 1 {
		shape = shape[1:]
	}
	return shape
}
