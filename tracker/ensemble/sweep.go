package ensemble

import (
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
)

const (
	// chunkMB bounds the memory, in MB, of the chunk of points a goroutine works on.
	chunkMB = 128
	// maxChunk is the most points a chunk has, as in package tracker.
	maxChunk = 128
)

// sweep evaluates all networks on the points x, chunk by chunk on several goroutines, and calls
// visit with a pass of each network after the forward passes of each chunk of n points starting at
// from. Calls run side by side. Each network takes cost float64 a point; the chunks depend on
// nothing else.
func (p Points) sweep(
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
	chunk := min(max(chunkMB<<20/(8*perPoint), 1), maxChunk, points)
	first := make([]*network.Pass[float64], len(nets))
	for s, net := range nets {
		first[s] = network.NewPass[float64](net, chunk)
	}

	var next atomic.Int64
	var wg panics.Group
	for w := range min(p.goroutines(), (points+chunk-1)/chunk) {
		passes := first
		if w > 0 {
			passes = share(first)
		}

		// The next chunk for whoever is free; a chunk's results do not depend on who takes it.
		wg.Go(func() {
			values := make([]float64, 0, chunk*dim)
			for {
				from := int(next.Add(int64(chunk))) - chunk
				if from >= points {
					return
				}

				n := min(chunk, points-from)
				values = values[:0]
				for i := range n {
					values = append(values, x.RawRowView(from+i)...)
				}

				for _, pass := range passes {
					pass.Forward(values, n)
				}

				visit(passes, from, n)
			}
		})
	}

	wg.Wait()
}

// share returns passes over the same networks for another goroutine.
func share(passes []*network.Pass[float64]) []*network.Pass[float64] {
	shared := make([]*network.Pass[float64], len(passes))
	for s, pass := range passes {
		shared[s] = pass.Share()
	}
	return shared
}

func (p Points) goroutines() int {
	if p.Goroutines > 0 {
		return p.Goroutines
	}
	return processors.Count()
}

// jacobianCost returns the number of float64 a point takes in a forward pass and a Jacobian.
func jacobianCost(net *network.Network) int { return net.ForwardCost() + net.JacobianCost() }
