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

// search searches for bad perturbations of points. It evaluates the network at many points at once.
type search struct {
	net  *network.Network
	ball ball
	x    *mat.Dense // N×D, contiguous
	// effort roughly limits the arithmetic operations of a search over all points if the network
	// has layers that are not dense; 0 means no limit.
	effort float64
}

// searchChunk is the number of points evaluated at once.
const searchChunk = 64

// chunk holds n consecutive points of a search, starting at index from, which are evaluated at
// once.
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

// point returns the i-th point of the chunk.
func (c chunk) point(i int) []float64 {
	return c.x.RawRowView(c.from + i)
}

// row returns the slice of numbers for the i-th point; each point has equally many.
func (c chunk) row(numbers []float64, i int) []float64 {
	return row(numbers, i, len(numbers)/c.n)
}

// evaluate returns the outputs at the points, n×K. They are valid until the next pass.
func (c chunk) evaluate() []float64 {
	return c.pass.Forward(c.rows(c.x), c.n)
}

// chunks calls f for all chunks of the points, in parallel. Each chunk has its own pass.
func (s search) chunks(ctx context.Context, f func(c chunk)) error {
	points, _ := s.x.Dims()
	// The passes share the prepared weights, but each has its own buffers.
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

// pullback writes D·Jᵀ·g to w, where J is the Jacobian at a point: the gradient with respect to u
// of the outputs weighted by g.
func (s search) pullback(w, jacobian, g []float64) {
	clear(w)
	for k, v := range g {
		if v != 0 {
			floats.AddScaled(w, v, row(jacobian, k, len(w)))
		}
	}
	floats.Mul(w, s.ball.unit)
}

// rowsAt returns the rows of a matrix at the given indices, in this order.
func rowsAt(x *mat.Dense, which []int) *mat.Dense {
	some := mat.NewDense(len(which), x.RawMatrix().Cols, nil)
	for i, r := range which {
		some.SetRow(i, x.RawRowView(r))
	}
	return some
}

// largestFirst returns the indices of v in descending order of the values. The order of equal
// values is kept.
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

// row returns the i-th row of a row-major matrix with n columns.
func row(a []float64, i, n int) []float64 {
	return a[i*n : (i+1)*n]
}
