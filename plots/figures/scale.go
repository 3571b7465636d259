package figures

import (
	"math"
	"slices"

	"gonum.org/v1/plot"

	"github.com/liptrack/liptrack/plots"
)

// An axisScale is the stretch of an axis that is shown.
type axisScale struct {
	log       bool
	low, high float64
	values    []string // of an axis of named places
}

// scale returns the scale of the x (dim 0) or the y axis of a figure: all that is drawn, with some
// air around. Values that are not positive have no place on a logarithmic one.
func scale(f *plots.Figure, dim int) axisScale {
	axis := []plots.Axis{f.X, f.Y}[dim]
	s := axisScale{log: axis.Log, values: axis.Values}
	if axis.Values != nil {
		s.low, s.high = -0.5, float64(len(axis.Values))-0.5
		return s
	}
	numbers := coordinates(f, dim)
	if s.log && !slices.ContainsFunc(numbers, func(v float64) bool { return v > 0 }) {
		s.log = false
	}
	s.low, s.high = extent(numbers, s.log)
	if axis.Low < axis.High {
		s.low, s.high = axis.Low, axis.High
	}
	if !(dim == 0 && f.Epochs && s.low < s.high) {
		s.pad()
	}
	return s
}

// coordinates lists the finite numbers of a figure along one of its axes.
func coordinates(f *plots.Figure, dim int) []float64 {
	var numbers []float64
	for _, s := range visible(f) {
		if s.Shape == plots.Marks && s.Vertical == (dim == 0) {
			for _, m := range s.Marks {
				numbers = append(numbers, m.Value)
			}
		}
		for _, r := range s.Rows {
			switch {
			case s.Shape == plots.Cells && dim == 0:
				numbers = append(numbers, (r[0]+r[1])/2)
			case s.Shape == plots.Cells:
				numbers = append(numbers, r[2], r[3])
			case dim == 0 || s.Shape != plots.Band:
				numbers = append(numbers, r[dim])
			}
		}
	}
	return slices.DeleteFunc(numbers, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// extent returns the ends of numbers, of the positive ones where log.
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

// pad puts air at both ends; a linear scale that starts near zero starts at zero.
func (s *axisScale) pad() {
	switch {
	case s.log && s.low == s.high:
		s.low, s.high = s.low/2, s.high*2
	case s.log:
		air := math.Pow(s.high/s.low, 0.04)
		s.low, s.high = s.low/air, s.high*air
	case s.low == s.high:
		s.low, s.high = s.low-max(1, math.Abs(s.low))/2, s.high+max(1, math.Abs(s.high))/2
	case s.low >= 0 && s.low < 0.4*s.high:
		s.low, s.high = 0, s.high+(s.high-s.low)*0.05
	default:
		air := (s.high - s.low) * 0.05
		s.low, s.high = s.low-air, s.high+air
	}
}

// place returns where in [0, 1] a value lies on the axis.
func (s axisScale) place(v float64) float64 {
	if s.log {
		return math.Log(v/s.low) / math.Log(s.high/s.low)
	}
	return (v - s.low) / (s.high - s.low)
}

// ticks returns labelled ticks at round values at least gap apart on an axis of the given
// length, and on a logarithmic axis of few decades unlabelled ones between; none where there is no room.
func (s axisScale) ticks(length, gap float64) []plot.Tick {
	var ticks []plot.Tick
	switch {
	case !(length > 0):
		return nil
	case s.values != nil:
		for i, name := range s.values {
			ticks = append(ticks, plot.Tick{Value: float64(i), Label: name})
		}
		return ticks
	case s.log:
		for _, v := range s.logTicks(length, gap) {
			ticks = append(ticks, plot.Tick{Value: v, Label: plots.FormatTick(v)})
		}
		if math.Log10(s.high/s.low) < 6 {
			for _, v := range s.multiples([]int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1) {
				ticks = append(ticks, plot.Tick{Value: v})
			}
		}
		return ticks
	}
	for _, v := range s.linearTicks(length / gap) {
		ticks = append(ticks, plot.Tick{Value: v, Label: plots.FormatTick(v)})
	}
	return ticks
}

// logTicks are the densest of several choices of multiples of powers of ten that are far enough
// apart.
func (s axisScale) logTicks(length, gap float64) []float64 {
	for _, multiples := range [][]int{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}} {
		values, crowded := s.multiples(multiples, 1), false
		for i := range values {
			crowded = crowded || i > 0 && (s.place(values[i])-s.place(values[i-1]))*length < gap
		}
		switch {
		case !crowded && len(values) > 1:
			return values
		case !crowded:
			return s.linearTicks(length / gap)
		}
	}
	return s.multiples([]int{1}, int(math.Ceil(math.Log10(s.high/s.low)*gap/length)))
}

// multiples are those of every stride-th power of ten within the scale.
func (s axisScale) multiples(of []int, stride int) []float64 {
	var values []float64
	for power := int(math.Floor(math.Log10(s.low)/float64(stride))) * stride; float64(power) <= math.Log10(s.high); power += stride {
		for _, m := range of {
			if v := float64(m) * math.Pow10(power); v >= s.low && v <= s.high {
				values = append(values, v)
			}
		}
	}
	return values
}

// linearTicks are at most count values, one, two or five powers of ten apart.
func (s axisScale) linearTicks(count float64) []float64 {
	rough := (s.high - s.low) / max(1, count)
	step := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*step >= rough*(1-1e-9) {
			step *= m
			break
		}
	}
	var values []float64
	for i := math.Ceil(s.low/step - 1e-9); i*step <= s.high+step*1e-9; i++ {
		values = append(values, i*step)
	}
	return values
}
