package network

import (
	"slices"
	"sync"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// selection multiplies the Jacobian of a network point by point from the output down, skipping the
// units that are off at the point: with ReLU they are about half of every layer, and BLAS cannot
// skip them. Comments in the code cite these steps of J = D_L W_L D_{L−1} W_{L−1} … D_1 W_1:
//
//  1. left ← W_L D_{L−1}, on the columns of units that are on: with ReLU, columns of W_L.
//
//  2. carried ← left·W_i, a sum over the units of layer i that are on.
//
//  3. left ← carried·D_{i−1}, on the columns of units that are on. Then step 2 for i − 1.
//
//  4. The last product, with W_1, goes to the result, whose rows are multiplied by D_L.
//
//     rows, TileRows at a time      units that are off are not read
//     left   ┌───────────────┐             ┌───────────────┐
//     K×H   │ x   x x     x │   ×   W_i   │ xxxxxxxxxxxxx │  ← a row for each x of left
//     └───────────────┘    H×D      └───────────────┘
//
// A block of points is multiplied by a layer together, one panel of the weights at a time, so that
// all points but the first find the panel in the cache.
type selection struct {
	*panels
	block   int         // how many points share a pair of panels of weights while it is in the cache
	on      [][]int32   // the units of a layer that are on, for each point of a block
	left    [][]float32 // what the layer's weights are multiplied by, for each point and group of rows
	own     [][]float32 // memory for left, which may also be the last layer's weights themselves
	carried []float32   // the rows of every point after a layer's weights, width×in each
	result  []float32
}

// selectionBlock is the size of a block of points, if chunks are not smaller.
const selectionBlock = 32

// leastRows is the number of outputs from which tiles, padded to TileRows, are faster than BLAS.
const leastRows = 4

// selects reports whether the Jacobian of the first k layers can be multiplied by selection, and if
// so prepares the selection.
func selects(p *Pass[float64], k int) bool {
	depth, width := len(p.layers), p.layers[k-1].out
	if !p.net.IsDense() || k != depth || k < 2 {
		return false
	}

	// Tiles need enough rows to fill them and panels enough columns. Multiplying from the output
	// down pays only if there are no more outputs than inputs.
	tooNarrow := func(l passLayer[float64]) bool {
		return l.in < linalg.PanelCols
	}
	switch {
	case width < leastRows || width > p.layers[0].in:
		return false
	case slices.ContainsFunc(p.layers[:depth-1], tooNarrow) || !linalg.FastSelection():
		return false
	}

	// The panels are shared between passes: the first pass that needs them lays them out.

	p.weights.panels.once.Do(func() { p.weights.panels.lay(p.net) })
	if p.narrow.selection == nil {
		p.narrow.selection = newSelection(p)
	}

	p.narrow.selection.panels = p.weights.panels

	return true
}

func newSelection(p *Pass[float64]) *selection {
	depth, width := len(p.layers), p.layers[len(p.layers)-1].out
	s := &selection{block: min(selectionBlock, p.rows)}
	widest := 0
	for _, l := range p.layers[:depth-1] {
		widest = max(widest, l.in, l.out)
	}

	for range s.block {
		s.on = append(s.on, make([]int32, widest))
		for range groupsOf(width) {
			s.own = append(s.own, make([]float32, widest*linalg.TileRows))
		}
	}

	// Groups of fewer than TileRows rows still write TileRows rows, also after the last point.
	s.left = slices.Clone(s.own)
	s.carried = make([]float32, (s.block*width+linalg.TileRows)*widest)
	s.result = make([]float32, (p.rows*width+linalg.TileRows)*p.layers[0].in)

	return s
}

// panels are the weights of a network laid out for selection, shared between passes.
type panels struct {
	once  sync.Once
	below []*linalg.Panels // of each layer but the last
	top   [][]float32      // of the last, transposed, in groups of TileRows outputs
}

func (w *panels) lay(net *Network) {
	single := convertWeights[float32](net).w
	last := len(net.Layers) - 1
	for i, l := range net.Layers[:last] {
		w.below = append(w.below, linalg.NewPanels(single[i], l.Out(), l.In()))
	}

	width, hidden := net.Out(), net.Layers[last].In()
	for g := range groupsOf(width) {
		group := make([]float32, hidden*linalg.TileRows)
		first := firstRow(g, width)
		// The kernel reads a row of TileRows numbers for each unit, so the group is transposed.
		for r := range min(linalg.TileRows, width) {
			for h := range hidden {
				group[h*linalg.TileRows+r] = single[last][(first+r)*hidden+h]
			}
		}

		w.top = append(w.top, group)
	}
}

// groupsOf returns the number of groups of TileRows that cover width rows.
func groupsOf(width int) int {
	return (width + linalg.TileRows - 1) / linalg.TileRows
}

// firstRow returns the first row of a group. The last group ends at the last row, if there are at
// least TileRows rows.
func firstRow(group, width int) int {
	return max(min(group*linalg.TileRows, width-linalg.TileRows), 0)
}

// product returns the Jacobians at the points of p's last Forward.
func (s *selection) product(p *Pass[float64]) []float32 {
	depth := len(p.layers)
	dim, width := p.layers[0].in, p.layers[depth-1].out
	j := s.result[:p.count*width*dim]
	for from := 0; from < p.count; from += s.block {
		n := min(s.block, p.count-from)
		s.fromTop(p, from, n) // step 1
		for i := depth - 2; i > 0; i-- {
			s.multiply(s.carried, i, n, width) // step 2
			s.carry(p, i-1, from, n)           // step 3
		}

		s.multiply(s.result[from*width*dim:], 0, n, width) // step 4
	}

	if !p.net.Layers[depth-1].Activation.IsIdentity() {
		for r, slope := range p.Slopes(depth) {
			vec.Scale(j[r*dim:][:dim], float32(slope))
		}
	}

	return j
}

// fromTop begins with the last layer's weights at n points, starting at from.
func (s *selection) fromTop(p *Pass[float64], from, n int) {
	depth := len(p.layers)
	for i := range n {
		slopes := s.switchOn(p, depth-2, from, i)
		for g, group := range s.top {
			item := i*len(s.top) + g
			// Slopes of units that are on are 1.
			if p.net.Layers[depth-2].Activation == ReLU {
				s.left[item] = group
				continue
			}

			s.scale(i, item, slopes, group, linalg.TileRows, 1)
		}
	}
}

// carry continues with the rows that multiply wrote to s.carried, width×out of layer i (from 0) for
// each of n points.
func (s *selection) carry(p *Pass[float64], i, from, n int) {
	out, width := p.layers[i].out, p.layers[len(p.layers)-1].out
	for q := range n {
		slopes := s.switchOn(p, i, from, q)
		for g := range s.top {
			rows := s.carried[(q*width+firstRow(g, width))*out:]
			s.scale(q, q*len(s.top)+g, slopes, rows, 1, out)
		}
	}
}

// scale sets an item of left to TileRows rows times the slopes, in the columns of the units that
// are on at point q. The number of row r and unit h is number h·unit + r·stride of rows.
func (s *selection) scale(q, item int, slopes []float64, rows []float32, unit, stride int) {
	s.left[item] = s.own[item] // it may have been the last layer's weights
	for _, h := range s.on[q] {
		slope, to := float32(slopes[h]), s.own[item][int(h)*linalg.TileRows:][:linalg.TileRows]
		of := rows[int(h)*unit:]
		for r := range to {
			to[r] = of[r*stride] * slope
		}
	}
}

// switchOn notes which units of layer i (from 0) are on at point from+q and returns their slopes.
func (s *selection) switchOn(p *Pass[float64], i, from, q int) []float64 {
	out := p.layers[i].out
	slopes := p.layers[i].slopes[(from+q)*out:][:out]
	s.on[q] = s.on[q][:cap(s.on[q])]
	s.on[q] = s.on[q][:vec.NonZero(s.on[q], slopes)]
	return slopes
}

// multiply writes the product with the weights of layer i (from 0), width×in for each of n points,
// to dst. Groups of fewer than TileRows rows also write to the next point's rows, which are
// overwritten later.
func (s *selection) multiply(dst []float32, i, n, width int) {
	w := s.below[i]
	for pair := range w.Pairs() {
		for q := range n {
			for g := range s.top {
				to := dst[(q*width+firstRow(g, width))*w.Cols:]
				w.MulSelected(to, s.left[q*len(s.top)+g], pair, s.on[q])
			}
		}
	}
}
