package audit

import (
	"cmp"
	"context"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/chunks"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
)

// search looks for bad perturbations of points by evaluating the network, many points at once.
type search struct {
	net  *network.Network
	ball ball
	x    *mat.Dense // N×D, contiguous
	// effort is how many arithmetic operations a search of all points may take, about, where the
	// network is not of dense layers; 0 for no limit.
	effort float64
}

// searchChunk is how many points are evaluated at once.
const searchChunk = 64

// chunk is n points of a search, from one on, that are evaluated at once.
type chunk struct {
	search
	pass    *network.Pass[float64]
	from, n int
}

// rows returns the rows of an N×D matrix that belong to the chunk's points, row-major.
func (c chunk) rows(a *mat.Dense) []float64 {
	d := c.net.In()
	return a.RawMatrix().Data[c.from*d : (c.from+c.n)*d]
}

// point returns the i-th of the points.
func (c chunk) point(i int) []float64 {
	return c.x.RawRowView(c.from + i)
}

// row returns what numbers, as many for each point, are for the i-th of the points.
func (c chunk) row(numbers []float64, i int) []float64 {
	return row(numbers, i, len(numbers)/c.n)
}

// evaluate returns the outputs at the points, n×K, until the next call.
func (c chunk) evaluate() []float64 {
	return c.pass.Forward(c.rows(c.x), c.n)
}

// chunks calls f for all points, chunk by chunk and side by side, each with a pass of its own.
func (s search) chunks(ctx context.Context, f func(c chunk)) error {
	points, _ := s.x.Dims()
	// The passes share the weights that they prepare, and each has buffers of its own.
	first := network.NewPass[float64](s.net, min(searchChunk, points))
	return processors.EachUntil(ctx, chunks.Count(points, searchChunk), func(i int) error {
		from := i * searchChunk
		f(chunk{s, first.Share(), from, min(searchChunk, points-from)})
		return nil
	})
}

// moved evaluates the network at x + D·u and writes those points to y.
func (c chunk) moved(y, u []float64) (outputs []float64) {
	for i := range c.n {
		c.ball.move(c.row(y, i), c.point(i), c.row(u, i))
	}
	return c.pass.Forward(y, c.n)
}

// pullback writes D·Jᵀ·g to w, the gradient by u of outputs weighted by g, for the Jacobian J at a
// point.
func (s search) pullback(w, jacobian, g []float64) {
	clear(w)
	for k, v := range g {
		if v != 0 {
			floats.AddScaled(w, v, row(jacobian, k, len(w)))
		}
	}
	floats.Mul(w, s.ball.unit)
}

// rowsAt returns some rows of a matrix, in the order given.
func rowsAt(x *mat.Dense, which []int) *mat.Dense {
	some := mat.NewDense(len(which), x.RawMatrix().Cols, nil)
	for i, r := range which {
		some.SetRow(i, x.RawRowView(r))
	}
	return some
}

// largestFirst returns the indices of numbers in falling order, of equal ones as they come.
func largestFirst(v []float64) []int {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(v[b], v[a])
	})
	return order
}

// row returns the i-th of rows of n numbers.
func row(a []float64, i, n int) []float64 {
	return a[i*n : (i+1)*n]
}
