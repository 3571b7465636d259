package conv

import (
	"fmt"
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
)

// Pooled returns the shape of the output of a pool over the grid, which has as many channels as its
// input.
func (g Grid) Pooled() Shape {
	return Shape{g.In.Channels, g.Height, g.Width}
}

// NewPool returns the grid of a pooling window over planes. The padding must be at most half the
// window, as in PyTorch, so that every window covers an input.
func NewPool(in Shape, w Window) (Grid, error) {
	for axis, pad := range w.Pad {
		if 2*pad > w.Size[axis] {
			return Grid{}, fmt.Errorf(
				"a padding of %d for a pool of %s %d: must be at most half",
				pad,
				axisNames[axis],
				w.Size[axis],
			)
		}
	}

	g, err := NewGrid(in, w)
	if err != nil {
		return Grid{}, err
	}

	// The entries of a dilated window may lie on both sides of a narrow plane.
	for axis, side := range [2]int{in.Height, in.Width} {
		for out := range [2]int{g.Height, g.Width}[axis] {
			from, to := g.span(axis, out, side)
			if from >= to {
				return Grid{}, fmt.Errorf(
					"a pool of %s %d, dilation %d and padding %d over an input of %s %d: "+
						"a window contains only padding",
					axisNames[axis], w.Size[axis], w.Dilation[axis], w.Pad[axis], axisNames[axis], side,
				)
			}
		}
	}

	return g, nil
}

// WindowNumbers returns the total number of inputs in the windows of a pool, as a float64, which
// large windows cannot overflow.
func (g Grid) WindowNumbers() float64 {
	count := float64(g.In.Channels)
	for axis, side := range [2]int{g.In.Height, g.In.Width} {
		along := 0
		for out := range [2]int{g.Height, g.Width}[axis] {
			from, to := g.span(axis, out, side)
			along += (to - from + g.dilation(axis) - 1) / g.dilation(axis)
		}
		count *= float64(along)
	}
	return count
}

// Max writes the largest number in each window to y and its index in the point to at, for n points.
// If several are equal, it takes the first, row by row; if a window contains NaNs, it takes the
// last of them, as PyTorch does. The padding is never the largest.
func Max[T linalg.Float](g Grid, x, y []T, at []int32, n int) {
	places, plane := g.Places(), g.In.Plane()

	for i := range n {
		point := x[i*g.In.Size():][:g.In.Size()]
		for channel := range g.In.Channels {
			first := channel * plane
			values := y[(i*g.In.Channels+channel)*places:][:places]
			chosen := at[(i*g.In.Channels+channel)*places:][:places]
			maxPlane(g, point[first:first+plane], values, chosen, int32(first))
		}
	}
}

// maxPlane pools one plane; first is the index of the plane in the point.
func maxPlane[T linalg.Float](g Grid, plane, values []T, chosen []int32, first int32) {
	o := 0
	for oy := range g.Height {
		top, bottom := g.span(0, oy, g.In.Height)
		for ox := range g.Width {
			left, right := g.span(1, ox, g.In.Width)
			// In a window of −∞ only, nothing is larger, so the first index stands.
			best, place := T(math.Inf(-1)), top*g.In.Width+left

			for y := top; y < bottom; y += g.dilation(0) {
				for x := left; x < right; x += g.dilation(1) {
					at := y*g.In.Width + x
					v := plane[at]
					// A NaN replaces any number; afterwards only another NaN replaces it.
					if v > best || v != v {
						best, place = v, at
					}
				}
			}

			values[o], chosen[o] = best, first+int32(place)
			o++
		}
	}
}

// span returns the range [from, to) of the window at an output along an axis, without padding.
func (g Grid) span(axis, out, side int) (from, to int) {
	from = out*g.Stride[axis] - g.Pad[axis]
	to = min(from+g.reach(axis), side)

	// Move in steps of the dilation, so that from is an entry of the window.
	if from < 0 {
		step := g.dilation(axis)
		from += (-from + step - 1) / step * step
	}

	return from, to
}

// MaxAdjoint adds each number of y, a gradient with respect to the output of Max, to the input that
// was the maximum, for n points.
func MaxAdjoint[T linalg.Float](g Grid, y, x []T, at []int32, n int) {
	outs := g.Pooled().Size()
	clear(x[:n*g.In.Size()])

	for i := range n {
		to := x[i*g.In.Size():][:g.In.Size()]
		chosen := at[i*outs:][:outs]
		for j, v := range y[i*outs:][:outs] {
			to[chosen[j]] += v
		}
	}
}

// Average writes the mean of each window to y for n points. If counted, the padding counts as
// zeros, PyTorch's default; otherwise the mean excludes the padding.
func Average[T linalg.Float](g Grid, counted bool, x, y []T, n int) {
	g.eachWindow(counted, func(o int, weight float64, inputs []int32) {
		for i := range n {
			point := x[i*g.In.Size():]
			var sum T
			for _, at := range inputs {
				sum += point[at]
			}
			y[i*g.Pooled().Size()+o] = sum * T(weight)
		}
	})
}

// AverageAdjoint applies the adjoint of Average.
func AverageAdjoint[T linalg.Float](g Grid, counted bool, y, x []T, n int) {
	clear(x[:n*g.In.Size()])

	g.eachWindow(counted, func(o int, weight float64, inputs []int32) {
		for i := range n {
			v := y[i*g.Pooled().Size()+o] * T(weight)
			point := x[i*g.In.Size():]
			for _, at := range inputs {
				point[at] += v
			}
		}
	})
}

// eachWindow calls visit for every output of a pool, with the indices of the inputs in its window
// and the weight of each in the mean. The slice is only valid during the call.
func (g Grid) eachWindow(counted bool, visit func(o int, weight float64, inputs []int32)) {
	inputs := make([]int32, 0, g.entries()) // reused for each output

	for o := range g.Pooled().Size() {
		channel, place := o/g.Places(), o%g.Places()
		top, bottom := g.span(0, place/g.Width, g.In.Height)
		left, right := g.span(1, place%g.Width, g.In.Width)

		inputs = inputs[:0]
		for y := top; y < bottom; y += g.dilation(0) {
			for x := left; x < right; x += g.dilation(1) {
				at := (channel*g.In.Height+y)*g.In.Width + x
				inputs = append(inputs, int32(at))
			}
		}

		// At the edges a window covers fewer inputs than it has entries; counted selects the
		// divisor.
		count := len(inputs)
		if counted {
			count = g.entries()
		}

		visit(o, 1/float64(count), inputs)
	}
}

// Windows returns, for each output of a pool, the indices of the inputs in its window.
func (g Grid) Windows() [][]int32 {
	windows := make([][]int32, 0, g.Pooled().Size())

	g.eachWindow(false, func(_ int, _ float64, inputs []int32) {
		windows = append(windows, append([]int32(nil), inputs...))
	})

	return windows
}

// Overlap returns the largest number of windows that share an input.
func (g Grid) Overlap() int {
	counts := make([]int, g.In.Plane())
	most := 0

	// Channels share no inputs, so counting one is enough.
	plane := g
	plane.In.Channels = 1
	plane.eachWindow(false, func(_ int, _ float64, inputs []int32) {
		for _, at := range inputs {
			counts[at]++
			most = max(most, counts[at])
		}
	})

	return most
}

// IsIdentity reports whether the output of a pool equals its input.
func (g Grid) IsIdentity() bool {
	one := [2]int{1, 1}
	return g.Size == one && g.Stride == one && g.Pad == [2]int{}
}

// IsExact reports whether the windows end where the padded planes do, so that it makes no
// difference whether their number is rounded up or down.
func (g Grid) IsExact() bool {
	for axis, side := range [2]int{g.In.Height, g.In.Width} {
		if (side+2*g.Pad[axis]-g.reach(axis))%g.Stride[axis] != 0 {
			return false
		}
	}
	return true
}
