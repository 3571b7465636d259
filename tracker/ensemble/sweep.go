package ensemble

import (
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/chunks"
	"github.com/liptrack/liptrack/network"
)

// chunkMB bounds the memory, in MB, of the chunk of points a goroutine works on.
const chunkMB = 128

// sweepPoints evaluates all networks on the points x, chunk by chunk on several goroutines, and
// calls visit with a pass of each network after the forward passes of each chunk of n points
// starting at from. Calls run concurrently. Each network takes cost float64 values per point; the
// chunks depend on nothing else.
func (p Points) sweepPoints(
	nets []*network.Network,
	x *mat.Dense,
	cost func(*network.Network) int,
	visit func(passes []*network.Pass[float64], from, n int),
) {
	points, dim := x.Dims()
	perPoint := 0
	for _, net := range nets {
		perPoint += cost(net)
	}

	// Sizes of chunks decide the last bits of products, so they must not depend on goroutines.
	chunk := min(chunks.Size(chunkMB, perPoint), points)
	passes := make([]*network.Pass[float64], len(nets))
	for s, net := range nets {
		passes[s] = network.NewPass[float64](net, chunk)
	}

	workers := make(
		[]func(from, n int),
		min(chunks.Goroutines(p.Goroutines), chunks.Count(points, chunk)),
	)
	for w := range workers {
		own := passes
		if w > 0 {
			own = sharePasses(passes)
		}

		values := make([]float64, 0, chunk*dim)
		workers[w] = func(from, n int) {
			values = values[:0]
			for i := range n {
				values = append(values, x.RawRowView(from+i)...)
			}

			for _, pass := range own {
				pass.Forward(values, n)
			}

			visit(own, from, n)
		}
	}

	chunks.Each(points, chunk, workers)
}

// sharePasses returns passes over the same networks for another goroutine.
func sharePasses(passes []*network.Pass[float64]) []*network.Pass[float64] {
	shared := make([]*network.Pass[float64], len(passes))
	for s, pass := range passes {
		shared[s] = pass.Share()
	}
	return shared
}

// jacobianCost returns the number of float64 values that a forward pass and a Jacobian take per
// point.
func jacobianCost(net *network.Network) int {
	return net.ForwardCost() + net.JacobianCost()
}
