package audit

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rounding"
)

// Tolerance is the set of errors that the inputs may have, in the data's units: all changes with
// 2-norm up to Radius or, if Each is set, all changes of each feature by up to ± its entry in Each.
// Exactly one of the two is set.
type Tolerance struct {
	Radius float64
	Each   []float64
}

// Scale converts data to the model's units: each feature x becomes (x − Mean)/Std.
type Scale struct{ Mean, Std []float64 }

func (t *Tolerance) validate(features int) error {
	switch {
	case t == nil:
		return nil
	case t.Each == nil:
		// The negated comparison also rejects NaN.
		if !(t.Radius > 0 && t.Radius <= math.MaxFloat64) {
			return fmt.Errorf("tolerance %g: must be a positive number", t.Radius)
		}

		return nil
	case t.Radius != 0:
		return errors.New("tolerance: either a radius or a ± for each feature, not both")
	case len(t.Each) != features:
		return fmt.Errorf("tolerance: %d numbers for %d features", len(t.Each), features)
	}

	for i, v := range t.Each {
		if !(v >= 0 && v <= math.MaxFloat64) {
			return fmt.Errorf("tolerance of feature %d is %g: must be a number ≥ 0", i+1, v)
		}
	}

	// A box without extent would certify everything.
	if floats.Max(t.Each) == 0 {
		return errors.New("tolerance: it is 0 for every feature, so there is nothing to perturb")
	}

	return nil
}

// validate checks the scale against the number of features or targets. Errors call one of them
// what.
func (s *Scale) validate(what string, count int) error {
	if s == nil {
		return nil
	}

	if len(s.Mean) != count || len(s.Std) != count {
		return fmt.Errorf(
			"scale: %d means and %d standard deviations for %d %ss",
			len(s.Mean),
			len(s.Std),
			count,
			what,
		)
	}

	for i := range s.Mean {
		if !(math.Abs(s.Mean[i]) <= math.MaxFloat64) {
			return fmt.Errorf("scale: the mean of %s %d is %g: must be finite",
				what, i+1, s.Mean[i])
		}

		if !(s.Std[i] > 0 && s.Std[i] <= math.MaxFloat64) {
			return fmt.Errorf(
				"scale: the standard deviation of %s %d is %g: must be positive",
				what,
				i+1,
				s.Std[i],
			)
		}
	}

	return nil
}

// apply returns the points in the model's units. The rounded points are what is audited, so this
// rounding needs no bound.
func (s *Scale) apply(x *mat.Dense) *mat.Dense {
	y := mat.DenseCopyOf(x)
	if s != nil {
		y.Apply(func(_, j int, v float64) float64 {
			return (v - s.Mean[j]) / s.Std[j]
		}, x)
	}
	return y
}

// unitsOf returns, for every feature, the size of the data's unit in the model's units, rounded up.
func (s *Scale) unitsOf(features int) []float64 {
	units := slices.Repeat([]float64{1}, features)
	if s != nil {
		for j, std := range s.Std {
			units[j] = rounding.Up(1 / std)
		}
	}
	return units
}

// ball returns the shape of the tolerance in the model's units, and its size. Without a tolerance
// it returns a 2-norm ball of size 0.
func (t *Tolerance) ball(s *Scale, features int) (b ball, size float64) {
	b.unit = s.unitsOf(features)
	switch {
	case t == nil:
		return b, 0
	case t.Each == nil:
		return b, t.Radius
	}

	b.box = true
	for j, v := range t.Each {
		// Rounding units up enlarges the box, so a certificate for it also holds in the true box.
		if b.unit[j] *= v; s != nil && v > 0 {
			b.unit[j] = rounding.Up(b.unit[j])
		}
	}

	return b, 1
}
