package audit

import (
	"context"

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

// points returns points from–from+n of x, row-major.
func (s search) points(from, n int) []float64 {
	d := s.net.In()
	return s.x.RawMatrix().Data[from*d : (from+n)*d]
}

// chunks calls f for all points, chunk by chunk and side by side, each with a pass of its own.
func (s search) chunks(
	ctx context.Context,
	f func(pass *network.Pass[float64], from, n int),
) error {
	points, _ := s.x.Dims()
	// The passes share the weights that they prepare, and each has buffers of its own.
	first := network.NewPass[float64](s.net, min(searchChunk, points))
	return processors.EachUntil(ctx, chunks.Count(points, searchChunk), func(i int) error {
		from := i * searchChunk
		f(first.Share(), from, min(searchChunk, points-from))
		return nil
	})
}

// moved evaluates the network at x + D·u for the n points from one on, and writes those to y.
func (s search) moved(
	pass *network.Pass[float64],
	y, u []float64,
	from, n int,
) (outputs []float64) {
	x, d := s.points(from, n), s.net.In()
	for i := range n {
		s.ball.move(row(y, i, d), row(x, i, d), row(u, i, d))
	}
	return pass.Forward(y, n)
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

// row returns the i-th of rows of n numbers.
func row(a []float64, i, n int) []float64 { return a[i*n : (i+1)*n] }
