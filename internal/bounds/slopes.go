package bounds

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// Range is an interval [Low, High] of slopes of a neuron's activation.
type Range = network.Range

// globalRanges returns the slope ranges of all neurons over all inputs. Units that skip the
// activation have the slope 1.
func globalRanges(net *network.Network) [][]Range {
	ranges := make([][]Range, len(net.Layers))
	for i, l := range net.Layers {
		low, high := l.Activation.SlopeRange()
		ranges[i] = slices.Repeat([]Range{{Low: low, High: high}}, l.Out())
		// The shortcut of a residual block.
		for j := l.Out() - l.Through; j < l.Out(); j++ {
			ranges[i][j] = Range{Low: 1, High: 1}
		}
	}
	return ranges
}

func checkRanges(net *network.Network, ranges [][]Range) error {
	if len(ranges) != len(net.Layers) {
		return fmt.Errorf("slope ranges for %d layers of a network with %d",
			len(ranges), len(net.Layers))
	}

	for i, l := range net.Layers {
		if len(ranges[i]) != l.Out() {
			return fmt.Errorf("layer %d has %d neurons but %d slope ranges",
				i+1, l.Out(), len(ranges[i]))
		}

		for j, r := range ranges[i] {
			if !(r.Low <= r.High && r.High-r.Low <= math.MaxFloat64) {
				return fmt.Errorf("layer %d, neuron %d, %v: slopes from %g to %g are not a finite range",
					i+1, j+1, l.Activation, r.Low, r.High)
			}
		}
	}

	return nil
}

// slopes holds the ranges mid[j] ± radius[j] of the slopes of a layer's neurons.
type slopes struct{ mid, radius []float64 }

// newSlopes returns slopes that enclose the ranges. A range with a single slope has radius 0.
func newSlopes(ranges []Range) slopes {
	s := slopes{make([]float64, len(ranges)), make([]float64, len(ranges))}
	for j, r := range ranges {
		s.mid[j] = r.Low + (r.High-r.Low)/2
		if r.Low < r.High {
			// The midpoint is rounded, so the radius is measured from the rounded midpoint to both
			// ends.
			s.radius[j] = rounding.Up(max(s.mid[j]-r.Low, r.High-s.mid[j]))
		}
	}
	return s
}

// largestSlopes returns, for each neuron, a number proved to be ≥ its |slope|.
func (s slopes) largestSlopes() []float64 {
	v := make([]float64, len(s.mid))
	for j, mid := range s.mid {
		v[j] = rounding.AddUp(math.Abs(mid), s.radius[j])
	}
	return v
}

// lipschitz returns a number proved to be ≥ every |slope|.
func (s slopes) lipschitz() float64 {
	return floats.Max(s.largestSlopes())
}

// open returns the neurons whose slope is not known.
func (s slopes) open() []int {
	var neurons []int
	for j, r := range s.radius {
		if r > 0 {
			neurons = append(neurons, j)
		}
	}
	return neurons
}

// linear reports whether every slope is known, so that the layer is a matrix.
func (s slopes) linear() bool {
	return floats.Max(s.radius) == 0
}
