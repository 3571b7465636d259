package conv

import (
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// Forward computes y = K∗x for n points, which lie one after another in x as in y.
func Forward[T linalg.Float](c Conv, kernel, x, y []T, n int, s *Scratch[T]) {
	places, fan := c.Places(), c.FanIn()
	step := c.Group(n)

	for from := 0; from < n; from += step {
		count := min(step, n-from)
		wide := count * places
		columns, rows := s.room(fan*wide, c.Outs*wide)
		exchange(spread, c.Grid, x[from*c.In.Size():], columns, count)

		// A single point's product is laid out as y already.
		to := y[from*c.Outs*places:]
		if count == 1 {
			rows = to
		}

		// All places of all points of the group in one product: rows of outs, columns of places.
		linalg.Gemm(false, false, c.Outs, wide, fan, 1, kernel, fan, columns, wide, 0, rows, wide)
		if count > 1 {
			pointsFromRows(to, rows, c.Outs, count, places)
		}
	}
}

// Adjoint computes x = K∗ᵀy for n points: the gradient in the input, from that in the output.
func Adjoint[T linalg.Float](c Conv, kernel, y, x []T, n int, s *Scratch[T]) {
	places, fan := c.Places(), c.FanIn()
	step := c.Group(n)
	clear(x[:n*c.In.Size()])

	for from := 0; from < n; from += step {
		count := min(step, n-from)
		wide := count * places
		columns, rows := s.room(fan*wide, c.Outs*wide)
		rows = rowsFromPoints(rows, y[from*c.Outs*places:], c.Outs, count, places)

		// The columns' gradients are Kᵀ times the outputs', and gathering adds up what overlaps.
		linalg.Gemm(true, false, fan, wide, c.Outs, 1, kernel, fan, rows, wide, 0, columns, wide)
		exchange(gather, c.Grid, x[from*c.In.Size():], columns, count)
	}
}

// KernelGradient computes grad = beta·grad + the gradient in the kernel, summed over n points, from
// the inputs x and the gradient y in the outputs.
func KernelGradient[T linalg.Float](c Conv, x, y, grad []T, n int, beta T, s *Scratch[T]) {
	places, fan := c.Places(), c.FanIn()
	step := c.Group(n)

	for from := 0; from < n; from += step {
		count := min(step, n-from)
		wide := count * places
		columns, rows := s.room(fan*wide, c.Outs*wide)
		exchange(spread, c.Grid, x[from*c.In.Size():], columns, count)
		rows = rowsFromPoints(rows, y[from*c.Outs*places:], c.Outs, count, places)

		linalg.Gemm(false, true, c.Outs, fan, wide, 1, rows, wide, columns, wide, beta, grad, fan)
		beta = 1 // the groups that follow are added
	}
}

// pointsFromRows turns rows of outs×(count·places), a channel of all points a row, into count
// points of outs×places.
func pointsFromRows[T linalg.Float](points, rows []T, outs, count, places int) {
	// BLAS gives a row for each channel, over all points; a point has its channels side by side.
	for i := range count {
		for o := range outs {
			copy(points[(i*outs+o)*places:][:places], rows[(o*count+i)*places:])
		}
	}
}

// rowsFromPoints undoes pointsFromRows; with a single point both copy.
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

// direction is whether points are spread out as columns, or columns gathered into points.
type direction bool

const (
	// spread lays points out as columns: row (channel, entry of the window), column (point, place)
	// is the number that the entry sees at the place, 0 in the padding.
	spread direction = true
	// gather is the adjoint: it adds the columns to what they were taken from, so that what windows
	// of several places see gets all of their gradients.
	gather direction = false
)

// exchange takes numbers from points x to columns, or back.
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
						clear(seen[:top*g.Width]) // places whose entry is in the padding
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

// spreadLine writes line[o·stride + origin] to to[o] for the outputs o from left to before right, 0
// to the others.
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

// gatherLine adds from[o] to line[o·stride + origin] for the outputs o from left to before right.
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
