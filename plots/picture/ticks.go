package picture

import (
	"math"

	"github.com/liptrack/liptrack/plots/figure"
	"gonum.org/v1/plot"
)

// Steps between ticks must be large enough for float64: relative to the ends of the axis, and, near
// zero where powers of ten underflow, absolutely.
const (
	leastRelativeStep = 1e-14
	leastStep         = 1e-300
)

// ticks returns labelled ticks at round values, at least gap apart on an axis of the given length.
// A logarithmic axis of few decades also has unlabelled ticks. Without any length there are none.
func (s axisScale) ticks(length, gap float64) []plot.Tick {
	switch {
	case !(length > 0):
		return nil
	case s.values != nil:
		return s.namedTicks()
	case s.log:
		return s.logTicks(length, gap)
	}
	return labelled(s.linearTicks(length / gap))
}

// namedTicks returns a tick for each place.
func (s axisScale) namedTicks() []plot.Tick {
	var ticks []plot.Tick
	for i, name := range s.values {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: name})
	}
	return ticks
}

// labelled returns ticks labelled with their values, with enough digits to distinguish neighbours.
func labelled(values []float64) []plot.Tick {
	step := math.Inf(1)
	for i := 1; i < len(values); i++ {
		step = min(step, values[i]-values[i-1])
	}

	var ticks []plot.Tick
	for _, v := range values {
		ticks = append(ticks, plot.Tick{Value: v, Label: figure.FormatTick(v, step)})
	}
	return ticks
}

// logTicks returns the ticks of a logarithmic axis: the densest of several sets of multiples of
// powers of ten whose labels do not collide.
func (s axisScale) logTicks(length, gap float64) []plot.Tick {
	ticks := labelled(s.multiplesApart(length, gap))

	// On more decades unlabelled ticks would merge into a grey bar.
	const mostDecades = 6
	if s.decades() < mostDecades {
		for _, v := range s.multiples([]int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1) {
			ticks = append(ticks, plot.Tick{Value: v})
		}
	}
	return ticks
}

// multiplesApart returns the labelled values of a logarithmic axis.
func (s axisScale) multiplesApart(length, gap float64) []float64 {
	for _, multiples := range [][]int{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}} {
		values := s.multiples(multiples, 1)
		switch {
		case s.crowded(values, gap/length):
		case len(values) > 1:
			return values
		default:
			return s.linearTicks(length / gap)
		}
	}
	return s.multiples([]int{1}, int(math.Ceil(s.decades()*gap/length)))
}

// crowded reports whether neighbours are closer than the given fraction of the axis.
func (s axisScale) crowded(values []float64, least float64) bool {
	for i := 1; i < len(values); i++ {
		if s.position(values[i])-s.position(values[i-1]) < least {
			return true
		}
	}
	return false
}

// decades returns the number of powers of ten that a logarithmic axis spans.
func (s axisScale) decades() float64 {
	return math.Log10(s.high) - math.Log10(s.low)
}

// multiples returns the given multiples of every stride-th power of ten that lie on the axis.
func (s axisScale) multiples(factors []int, stride int) []float64 {
	var values []float64
	first := int(math.Floor(math.Log10(s.low)/float64(stride))) * stride
	last := int(math.Floor(math.Log10(s.high)))
	for power := first; power <= last; power += stride {
		for _, m := range factors {
			v := float64(m) * math.Pow10(power)
			if s.holds(v) {
				values = append(values, v)
			}
		}
	}
	return values
}

// linearTicks returns at most count values whose step is one, two or five times a power of ten.
func (s axisScale) linearTicks(count float64) []float64 {
	count = max(1, count)
	ends := max(math.Abs(s.low), math.Abs(s.high))
	rough := max(s.high/count-s.low/count, ends*leastRelativeStep, leastStep)

	power := math.Pow10(int(math.Floor(math.Log10(rough))))
	step := power
	for _, m := range []float64{1, 2, 5, 10} {
		step = m * power
		if step >= rough*(1-1e-9) {
			break
		}
	}

	var values []float64
	first, last := math.Ceil(s.low/step-1e-9), math.Floor(s.high/step+1e-9)
	for i := range int(last-first) + 1 {
		values = append(values, (first+float64(i))*step)
	}

	return values
}
