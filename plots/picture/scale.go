package picture

import (
	"math"
	"slices"

	"github.com/liptrack/liptrack/plots/figure"
)

// An axisScale is the visible range of an axis. Its ends are finite with low < high, and both are
// positive on a logarithmic scale. It implements gonum's Normalizer.
type axisScale struct {
	log       bool
	low, high float64
	values    []string // names of the places; nil for numbers
}

// leastSpan is the smallest visible range relative to its ends. Smaller differences are rounding
// errors, so such values are shown as equal.
const leastSpan = 1e-9

// scaleOf returns the scale of a figure's x (dim 0) or y axis (dim 1): the range of everything
// drawn, with a margin. A logarithmic scale ignores values that are not positive.
func scaleOf(f *figure.Figure, dim int) axisScale {
	axis := []figure.Axis{f.X, f.Y}[dim]
	s := axisScale{log: axis.Log, values: axis.Values}
	if axis.Values != nil {
		s.low, s.high = -0.5, float64(len(axis.Values))-0.5
		return s
	}

	numbers := coordinates(f, dim)
	s.log = s.log && len(numbers) > 0 && slices.Max(numbers) > 0

	s.low, s.high = extent(numbers, s.log)
	if axis.Low < axis.High && (!s.log || axis.Low > 0) {
		s.low, s.high = axis.Low, axis.High
	}

	// A margin beyond the last epoch would look like more training.
	exact := dim == 0 && f.Epochs && s.low < s.high
	if !exact {
		s.addAir()
	}

	s.widen()

	return s
}

// coordinates lists the finite numbers of a figure along one of its axes.
func coordinates(f *figure.Figure, dim int) []float64 {
	var numbers []float64
	for _, s := range visible(f) {
		if s.Shape == figure.Marks && s.Vertical == (dim == 0) {
			for _, m := range s.Marks {
				numbers = append(numbers, m.Value)
			}
		}

		for _, r := range s.Rows {
			switch {
			case s.Shape == figure.Cells && dim == 0:
				numbers = append(numbers, (r[0]+r[1])/2)
			case s.Shape == figure.Cells:
				numbers = append(numbers, r[2], r[3])
			case dim == 0 || s.Shape != figure.Band:
				numbers = append(numbers, r[dim])
			}
		}
	}

	return slices.DeleteFunc(numbers, func(v float64) bool {
		return !figure.Row{v}.Drawable()
	})
}

// extent returns the smallest and the largest number, or the smallest and the largest positive one
// if log is true.
func extent(numbers []float64, log bool) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range numbers {
		if !log || v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return 1, 10
	}
	return low, high
}

// addAir adds a margin at both ends; a linear scale that starts near zero starts at zero.
func (s *axisScale) addAir() {
	switch {
	case s.log && s.low == s.high:
		s.low, s.high = s.low/2, s.high*2
	case s.log:
		air := math.Exp(0.04 * (math.Log(s.high) - math.Log(s.low)))
		s.low, s.high = s.low/air, s.high*air
	case s.low == s.high:
		s.low, s.high = s.low-max(1, math.Abs(s.low))/2, s.high+max(1, math.Abs(s.high))/2
	case s.low >= 0 && s.low < 0.4*s.high:
		s.low, s.high = 0, s.high+(s.high-s.low)*0.05
	default:
		air := s.high*0.05 - s.low*0.05
		s.low, s.high = s.low-air, s.high+air
	}
}

// widen makes both ends finite numbers that differ by more than rounding errors.
func (s *axisScale) widen() {
	least := -math.MaxFloat64
	if s.log {
		least = math.SmallestNonzeroFloat64
	}

	s.low, s.high = max(s.low, least), min(s.high, math.MaxFloat64)

	// Near the smallest float64 a relative distance rounds to zero.
	apart := max(leastSpan*max(math.Abs(s.low), math.Abs(s.high)), 2*math.SmallestNonzeroFloat64)
	if !s.log {
		apart = max(apart, leastStep)
	}

	if s.high-s.low < apart {
		s.low, s.high = max(s.low-apart, least), min(s.high+apart, math.MaxFloat64)
	}
}

// Normalize implements [plot.Normalizer]: it returns the position of a value on the axis, 0 at the
// lower and 1 at the upper end. Positions far outside are limited because coordinates must be
// finite.
func (s axisScale) Normalize(_, _, v float64) float64 {
	const far = 1e4
	return max(-far, min(far, s.position(v)))
}

// position returns the position of a value on the axis, 0 at the lower and 1 at the upper end.
func (s axisScale) position(v float64) float64 {
	if s.log {
		return figure.Fraction(math.Log(v), math.Log(s.low), math.Log(s.high))
	}
	return figure.Fraction(v, s.low, s.high)
}

// shows reports whether a value has a position on the axis, possibly beyond its ends.
func (s axisScale) shows(v float64) bool {
	return figure.Row{v}.Drawable() && (v > 0 || !s.log)
}

// holds reports whether a value lies between the ends of the axis.
func (s axisScale) holds(v float64) bool {
	return v >= s.low && v <= s.high
}
