// Package conv computes convolutions and pooling on batches of feature maps, in float32 and
// float64, for training, evaluation and measurement. Its im2col buffers are limited to
// [ScratchBytes] per goroutine, regardless of batch size.
package conv

import (
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/internal/linalg"
)

// Shape is the shape of a point: Channels planes of Height×Width numbers, stored row by row and
// channel after channel. A one-dimensional signal has height 1.
type Shape struct{ Channels, Height, Width int }

// Size returns the number of numbers in a point.
func (s Shape) Size() int {
	return s.Channels * s.Height * s.Width
}

// Plane returns the number of numbers in a channel.
func (s Shape) Plane() int { return s.Height * s.Width }

// String returns channels × height × width, or channels × width for a signal.
func (s Shape) String() string {
	if s.Height == 1 {
		return fmt.Sprintf("%d×%d", s.Channels, s.Width)
	}
	return fmt.Sprintf("%d×%d×%d", s.Channels, s.Height, s.Width)
}

// Window describes how a window moves over a plane, along the height and the width.
type Window struct {
	Size, Stride, Pad [2]int
	// Dilation is the distance between neighbouring entries of the window; 0 means 1.
	Dilation [2]int
}

// Square returns a window with the same size, stride and padding along both axes.
func Square(size, stride, pad int) Window {
	return Window{
		Size:   [2]int{size, size},
		Stride: [2]int{stride, stride},
		Pad:    [2]int{pad, pad},
	}
}

// Line returns a window over one-dimensional signals.
func Line(size, stride, pad int) Window {
	return Window{
		Size:   [2]int{1, size},
		Stride: [2]int{1, stride},
		Pad:    [2]int{0, pad},
	}
}

// entries returns the number of entries of the window.
func (w Window) entries() int {
	return w.Size[0] * w.Size[1]
}

// reach returns the extent of the dilated window along an axis, first and last entries included.
func (w Window) reach(axis int) int {
	return (w.Size[axis]-1)*w.dilation(axis) + 1
}

func (w Window) dilation(axis int) int {
	return max(w.Dilation[axis], 1)
}

var axisNames = [2]string{"height", "width"}

// over returns the height and width of the output planes for inputs of the given shape.
func (w Window) over(in Shape) (sides [2]int, err error) {
	for axis, side := range [2]int{in.Height, in.Width} {
		name := axisNames[axis]
		size, stride, pad := w.Size[axis], w.Stride[axis], w.Pad[axis]
		reach, dilation := w.reach(axis), w.Dilation[axis]

		switch {
		case size < 1:
			return sides, fmt.Errorf("a window of %s %d: must be at least 1", name, size)
		case stride < 1:
			return sides, fmt.Errorf("a stride of %d along the %s: must be at least 1",
				stride, name)
		case pad < 0:
			return sides, fmt.Errorf("a padding of %d along the %s: must not be negative",
				pad, name)
		case dilation < 0:
			return sides, fmt.Errorf(
				"a dilation of %d along the %s: must be at least 1",
				dilation,
				name,
			)
		case reach > side+2*pad:
			return sides, fmt.Errorf(
				"a window of %s %d over an input of %s %d with padding %d on either side: must not be larger",
				name,
				reach,
				name,
				side,
				pad,
			)
		}

		// As in PyTorch, inputs that no stride reaches are dropped.
		sides[axis] = (side+2*pad-reach)/stride + 1
	}

	return sides, nil
}

// Grid is a window at all its positions (places) over planes of a given shape.
type Grid struct {
	In Shape
	Window
	Height, Width int // of the output planes
}

// NewGrid returns the grid of a window over planes. It fails if the window does not fit.
func NewGrid(in Shape, w Window) (Grid, error) {
	if in.Channels < 1 || in.Height < 1 || in.Width < 1 {
		return Grid{}, fmt.Errorf("planes of shape %v: every side must be at least 1", in)
	}

	sides, err := w.over(in)
	return Grid{
		In:     in,
		Window: w,
		Height: sides[0],
		Width:  sides[1],
	}, err
}

// Places returns the number of positions of the window, which is the size of an output plane.
func (g Grid) Places() int { return g.Height * g.Width }

// inside returns the range [first, end) of outputs along an axis at which the given window entry
// lies inside the plane, not in its padding. origin is the coordinate of the entry at output 0.
func (g Grid) inside(axis, entry int) (first, end, origin int) {
	side, outs := g.In.Height, g.Height
	if axis == 1 {
		side, outs = g.In.Width, g.Width
	}

	stride := g.Stride[axis]
	origin = entry*g.dilation(axis) - g.Pad[axis]

	// At output o the entry is at origin + o·stride. It is inside from the first o with a
	// coordinate ≥ 0 to the last with a coordinate < side.
	if origin < 0 {
		first = (-origin + stride - 1) / stride
	}

	if origin < side {
		end = (side-1-origin)/stride + 1
	}

	end = min(end, outs)

	return min(first, end), end, origin
}

// ScratchBytes bounds the im2col buffer of a convolution in float32; a single large point may
// exceed it.
const ScratchBytes = 1 << 20

// Conv is a convolution (a cross-correlation, as usual in machine learning): a kernel of
// Outs×(In.Channels·Size[0]·Size[1]) numbers, row-major, applied at every position of a grid.
type Conv struct {
	Grid
	Outs int
}

// NewConv returns a convolution with outs output channels. It fails if the window does not fit.
func NewConv(in Shape, outs int, w Window) (Conv, error) {
	if outs < 1 {
		return Conv{}, fmt.Errorf("a convolution with %d channels: must be at least 1", outs)
	}

	grid, err := NewGrid(in, w)
	return Conv{Grid: grid, Outs: outs}, err
}

// Out returns the shape of the output.
func (c Conv) Out() Shape {
	return Shape{c.Outs, c.Height, c.Width}
}

// FanIn returns the number of inputs to each output, padding included.
func (c Conv) FanIn() int {
	return c.In.Channels * c.entries()
}

// FanOut returns the number of outputs that an input contributes to, as weight initialisation
// counts them.
func (c Conv) FanOut() int { return c.Outs * c.entries() }

// Kernel returns the number of numbers in the kernel.
func (c Conv) Kernel() int { return c.Outs * c.FanIn() }

// Scratch holds the buffers of a convolution. Only one goroutine may use it at a time.
type Scratch[T linalg.Float] struct {
	columns, rows []T
}

// room returns two buffers of the given lengths.
func (s *Scratch[T]) room(columns, rows int) (c, r []T) {
	s.columns = slices.Grow(s.columns[:0], columns)[:columns]
	s.rows = slices.Grow(s.rows[:0], rows)[:rows]
	return s.columns, s.rows
}

// Group returns the number of points, at most n, that are laid out as columns at a time.
func (c Conv) Group(n int) int {
	const bytes = 4 // of a float32; float64 columns take twice the memory
	points := ScratchBytes / (bytes * c.FanIn() * c.Places())
	// A single point may exceed the bound.
	return max(min(points, n), 1)
}

// EachInput calls visit for each entry of a kernel row that covers an input, not padding, when the
// window is at the given place, with the index of the input in the point.
func (c Conv) EachInput(place int, visit func(entry, input int)) {
	oy, ox := place/c.Width, place%c.Width

	for channel := range c.In.Channels {
		for ky := range c.Size[0] {
			y := oy*c.Stride[0] - c.Pad[0] + ky*c.dilation(0)
			if y < 0 || y >= c.In.Height {
				continue
			}

			for kx := range c.Size[1] {
				x := ox*c.Stride[1] - c.Pad[1] + kx*c.dilation(1)
				if x < 0 || x >= c.In.Width {
					continue
				}

				entry := (channel*c.Size[0]+ky)*c.Size[1] + kx
				visit(entry, (channel*c.In.Height+y)*c.In.Width+x)
			}
		}
	}
}
