// Package conv is the arithmetic of convolutions and pools on batches of planes, in float32 and
// float64: what training, evaluation and measurement share. Its columns live in scratch memory of
// at most [ScratchBytes] a goroutine, whatever the batch.
package conv

import (
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/internal/linalg"
)

// Shape is the shape of a point: so many channels, each a plane of height×width numbers, row by
// row, channel after channel. A signal in one dimension has the height 1.
type Shape struct{ Channels, Height, Width int }

// Size returns the number of numbers in a point.
func (s Shape) Size() int {
	return s.Channels * s.Height * s.Width
}

// Plane returns the number of numbers in a channel.
func (s Shape) Plane() int { return s.Height * s.Width }

// String writes channels × height × width, of a signal channels × width.
func (s Shape) String() string {
	if s.Height == 1 {
		return fmt.Sprintf("%d×%d", s.Channels, s.Width)
	}
	return fmt.Sprintf("%d×%d×%d", s.Channels, s.Height, s.Width)
}

// Window is how a window moves over a plane, along its height and along its width.
type Window struct {
	Size, Stride, Pad [2]int
	// Dilation is the distance between neighbouring entries of the window; 0 stands for 1.
	Dilation [2]int
}

// Square returns a window of the same measures along both axes.
func Square(size, stride, pad int) Window {
	return Window{
		Size:   [2]int{size, size},
		Stride: [2]int{stride, stride},
		Pad:    [2]int{pad, pad},
	}
}

// Line returns a window over signals in one dimension.
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

// reach returns how far the window reaches along an axis, its first and last entries included.
func (w Window) reach(axis int) int {
	return (w.Size[axis]-1)*w.dilation(axis) + 1
}

func (w Window) dilation(axis int) int {
	return max(w.Dilation[axis], 1)
}

var axisNames = [2]string{"height", "width"}

// over returns the height and width of what a window makes of planes of a shape.
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
				"a window of %s %d over an input of %s %d with %d of padding on either side: is larger",
				name,
				reach,
				name,
				side,
				pad,
			)
		}

		// What a stride does not reach is left out, as PyTorch does.
		sides[axis] = (side+2*pad-reach)/stride + 1
	}

	return sides, nil
}

// Grid is a window at all its places over planes of a shape.
type Grid struct {
	In Shape
	Window
	Height, Width int // of the planes that come out
}

// NewGrid lays a window over planes. It fails if the window does not fit.
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

// Places returns the number of places of the window, which is the size of an output plane.
func (g Grid) Places() int { return g.Height * g.Width }

// inside returns the outputs from first to before end along an axis at which the entry of the
// window at an offset falls inside the plane, not into its padding, and the coordinate at which it
// is at output 0.
func (g Grid) inside(axis, entry int) (first, end, origin int) {
	side, outs := g.In.Height, g.Height
	if axis == 1 {
		side, outs = g.In.Width, g.Width
	}

	stride := g.Stride[axis]
	origin = entry*g.dilation(axis) - g.Pad[axis]

	// The entry is at origin + o·stride at output o: inside from the first o with a coordinate ≥ 0
	// to the last with one < side.
	if origin < 0 {
		first = (-origin + stride - 1) / stride
	}

	if origin < side {
		end = (side-1-origin)/stride + 1
	}

	end = min(end, outs)

	return min(first, end), end, origin
}

// ScratchBytes bounds the columns that a convolution lays out at a time.
const ScratchBytes = 1 << 20

// Conv is a convolution (a cross-correlation, as everywhere in machine learning): a kernel of
// Outs×(In.Channels·Size[0]·Size[1]) numbers, row-major, at every place of a grid.
type Conv struct {
	Grid
	Outs int
}

// NewConv returns a convolution with so many output channels.
func NewConv(in Shape, outs int, w Window) (Conv, error) {
	if outs < 1 {
		return Conv{}, fmt.Errorf("a convolution with %d channels: must be at least 1", outs)
	}

	grid, err := NewGrid(in, w)
	return Conv{Grid: grid, Outs: outs}, err
}

// Out returns the shape of what comes out.
func (c Conv) Out() Shape {
	return Shape{c.Outs, c.Height, c.Width}
}

// FanIn returns the number of numbers that an output is made of, padding included.
func (c Conv) FanIn() int {
	return c.In.Channels * c.entries()
}

// FanOut returns the number of outputs that a number takes part in, as initialisations count it.
func (c Conv) FanOut() int { return c.Outs * c.entries() }

// Kernel returns the number of numbers in the kernel.
func (c Conv) Kernel() int { return c.Outs * c.FanIn() }

// Scratch is the memory of a convolution in use; one goroutine has it at a time.
type Scratch[T linalg.Float] struct {
	columns, rows []T
}

// room returns two slices with room for so many numbers.
func (s *Scratch[T]) room(columns, rows int) (c, r []T) {
	s.columns = slices.Grow(s.columns[:0], columns)[:columns]
	s.rows = slices.Grow(s.rows[:0], rows)[:rows]
	return s.columns, s.rows
}

// Group returns how many points are laid out as columns at a time.
func (c Conv) Group(n int) int {
	const bytes = 4 // of a float32; the columns of float64 take twice the memory
	points := ScratchBytes / (bytes * c.FanIn() * c.Places())
	// A single point may exceed the bound.
	return max(min(points, n), 1)
}

// EachInput calls visit for the entries of a row of the kernel that see a number at a place, not
// padding, with the number's place in the point.
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
