package conv

import (
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// Forward computes y = K∗x for n points, stored one after another in x and in y.
func Forward[T linalg.Float](c Conv, kernel, x, y []T, n int, s *Scratch[T]) {
	places, fan := c.Places(), c.FanIn()
	step := c.Group(n)

	for from := 0; from < n; from += step {
		count := min(step, n-from)
		wide := count * places
		columns, rows := s.room(fan*wide, c.Outs*wide)
		exchange(spread, c.Grid, x[from*c.In.Size():], columns, count)

		// The product for a single point already has the layout of y.
		to := y[from*c.Outs*places:]
		if count == 1 {
			rows = to
		}

		// One product covers all output positions of all points in the group: a row per output
		// channel, a column per position.
		linalg.Gemm(
			false,
			false,
			c.Outs,
			wide,
			fan,
			1,
			kernel,
			fan,
			columns,
			wide,
			0,
			rows,
			wide,
		)
		if count > 1 {
			pointsFromRows(to, rows, c.Outs, count, places)
		}
	}
}

// Adjoint computes x = K∗ᵀy for n points: the gradient with respect to the input from the gradient
// with respect to the output.
func Adjoint[T linalg.Float](c Conv, kernel, y, x []T, n int, s *Scratch[T]) {
	places, fan := c.Places(), c.FanIn()
	step := c.Group(n)
	clear(x[:n*c.In.Size()])

	for from := 0; from < n; from += step {
		count := min(step, n-from)
		wide := count * places
		columns, rows := s.room(fan*wide, c.Outs*wide)
		rows = rowsFromPoints(rows, y[from*c.Outs*places:], c.Outs, count, places)

		// The gradients of the columns are Kᵀ times the gradients of the outputs. col2im (gather)
		// adds them up where windows overlap.
		linalg.Gemm(true, false, fan, wide, c.Outs, 1, kernel, fan, rows, wide, 0, columns, wide)
		exchange(gather, c.Grid, x[from*c.In.Size():], columns, count)
	}
}

// KernelGradient computes grad = beta·grad + the gradient with respect to the kernel, summed over n
// points, from the inputs x and the gradient y with respect to the outputs.
func KernelGradient[T linalg.Float](c Conv, x, y, grad []T, n int, beta T, s *Scratch[T]) {
	places, fan := c.Places(), c.FanIn()
	step := c.Group(n)

	for from := 0; from < n; from += step {
		count := min(step, n-from)
		wide := count * places
		columns, rows := s.room(fan*wide, c.Outs*wide)
		exchange(spread, c.Grid, x[from*c.In.Size():], columns, count)
		rows = rowsFromPoints(rows, y[from*c.Outs*places:], c.Outs, count, places)

		linalg.Gemm(
			false,
			true,
			c.Outs,
			fan,
			wide,
			1,
			rows,
			wide,
			columns,
			wide,
			beta,
			grad,
			fan,
		)
		beta = 1 // later groups are added
	}
}

// pointsFromRows converts rows (outs×(count·places), each row one channel of all points) to count
// points of outs×places.
func pointsFromRows[T linalg.Float](points, rows []T, outs, count, places int) {
	// BLAS returns a row per channel for all points, but the channels of a point must be
	// contiguous.
	for i := range count {
		for o := range outs {
			copy(points[(i*outs+o)*places:][:places], rows[(o*count+i)*places:])
		}
	}
}

// rowsFromPoints is the inverse of pointsFromRows. For a single point it returns points itself,
// without copying.
func rowsFromPoints[T linalg.Float](rows, points []T, outs, count, places int) []T {
	if count == 1 {
		return points[:outs*places]
	}

	for i := range count {
		for o := range outs {
			copy(rows[(o*count+i)*places:][:places], points[(i*outs+o)*places:])
		}
	}

	return rows
}

// direction selects im2col (points to columns) or its adjoint col2im (columns to points).
type direction bool

const (
	// spread is im2col. In row (channel, window entry) and column (point, position) it stores the
	// input that the entry covers at that position, 0 in the padding.
	spread direction = true
	// gather is col2im, the adjoint: it adds the columns to the inputs that they were copied from,
	// so an input covered by several windows receives the gradients of all of them.
	gather direction = false
)

// exchange copies points x to columns, or adds columns to points x.
func exchange[T linalg.Float](d direction, g Grid, x, columns []T, count int) {
	places, plane, wide := g.Places(), g.In.Plane(), count*g.Places()

	for channel := range g.In.Channels {
		for ky := range g.Size[0] {
			top, bottom, originY := g.inside(0, ky)
			for kx := range g.Size[1] {
				left, right, originX := g.inside(1, kx)
				entry := (channel*g.Size[0]+ky)*g.Size[1] + kx
				row := columns[entry*wide:][:wide]

				for i := range count {
					inputs := x[(i*g.In.Channels+channel)*plane:][:plane]
					seen := row[i*places:][:places]
					if d == spread {
						clear(seen[:top*g.Width]) // positions at which the entry is in the padding
						clear(seen[bottom*g.Width:])
					}

					for oy := top; oy < bottom; oy++ {
						y := oy*g.Stride[0] + originY
						line, outputs := inputs[y*g.In.Width:][:g.In.Width], seen[oy*g.Width:][:g.Width]
						if d == spread {
							spreadLine(outputs, line, left, right, originX, g.Stride[1])
						} else {
							gatherLine(line, outputs, left, right, originX, g.Stride[1])
						}
					}
				}
			}
		}
	}
}

// spreadLine writes line[o·stride + origin] to to[o] for the outputs o in [left, right), and 0 for
// the other outputs.
func spreadLine[T linalg.Float](to, line []T, left, right, origin, stride int) {
	clear(to[:left])
	clear(to[right:])

	if stride == 1 {
		copy(to[left:right], line[left+origin:])
		return
	}

	at := left*stride + origin
	for o := left; o < right; o++ {
		to[o] = line[at]
		at += stride
	}
}

// gatherLine adds from[o] to line[o·stride + origin] for the outputs o in [left, right).
func gatherLine[T linalg.Float](line, from []T, left, right, origin, stride int) {
	if stride == 1 {
		vec.Add(line[left+origin:right+origin], from[left:right])
		return
	}

	at := left*stride + origin
	for o := left; o < right; o++ {
		line[at] += from[o]
		at += stride
	}
}
