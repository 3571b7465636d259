package network

import (
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/linalg"
)

// MaxPool takes the largest number in each of its windows. It is the identity where a window is a
// single number.
type MaxPool struct {
	In      int       // number of inputs
	Windows [][]int32 // for each output the inputs that it is the largest of, at least one
	grid    *conv.Grid
}

// NewMaxPool returns a pool over a grid.
func NewMaxPool(g conv.Grid) *MaxPool {
	return &MaxPool{
		In:      g.In.Size(),
		Windows: g.Windows(),
		grid:    &g,
	}
}

// Out returns the number of outputs.
func (p *MaxPool) Out() int { return len(p.Windows) }

// Overlap returns the largest number of windows that an input is in.
func (p *MaxPool) Overlap() int {
	counts := make([]int, p.In)
	for _, window := range p.Windows {
		for _, j := range window {
			counts[j]++
		}
	}
	return slices.Max(counts)
}

// Lipschitz returns a Lipschitz constant of the pool in the 2-norm, rounded up. Between any two
// points, an output changes by at most the norm of the change of its window. If an input is in at
// most m windows, all outputs together change by at most √m times the change of the inputs.
func (p *MaxPool) Lipschitz() float64 {
	m := float64(p.Overlap())
	root := math.Sqrt(m)
	// Windows that do not overlap have exactly 1.
	if root*root == m {
		return root
	}
	return math.Nextafter(root, math.Inf(1))
}

// beside returns the pool with through additional inputs, which pass through.
func (p *MaxPool) beside(through int) *MaxPool {
	wide := &MaxPool{In: p.In + through, Windows: slices.Clone(p.Windows)}
	for i := range through {
		wide.Windows = append(wide.Windows, []int32{int32(p.In + i)})
	}
	return wide
}

// forwardPool writes the largest number of each window to y and its index in the point to chosen,
// for n points. It takes the first of equal numbers, and the last NaN if a window contains any.
func forwardPool[T linalg.Float](p *MaxPool, x, y []T, chosen []int32, n int) {
	// Pools over planes have a kernel that needs no table of windows.
	if p.grid != nil {
		conv.Max(*p.grid, x, y, chosen, n)
		return
	}

	outs := p.Out()
	for r := range n {
		point := x[r*p.In:][:p.In]
		for o, window := range p.Windows {
			best, at := point[window[0]], window[0]
			for _, j := range window[1:] {
				v := point[j]
				if v > best || v != v {
					best, at = v, j
				}
			}

			y[r*outs+o], chosen[r*outs+o] = best, at
		}
	}
}

// adjointPool applies the adjoint of the choices of the forward pass to n rows of y. Each group of
// per rows shares a row of chosen.
func adjointPool[T linalg.Float](p *MaxPool, y, x []T, chosen []int32, n, per int) {
	outs := p.Out()
	clear(x[:n*p.In])
	for r := range n {
		to := x[r*p.In:][:p.In]
		at := chosen[r/per*outs:][:outs]
		for o, v := range y[r*outs:][:outs] {
			to[at[o]] += v
		}
	}
}

// choose applies the choices of the forward pass to n rows of tangents.
func choose[T linalg.Float](p *MaxPool, x, y []T, chosen []int32, n int) {
	outs := p.Out()
	for r := range n {
		for o, at := range chosen[r*outs:][:outs] {
			y[r*outs+o] = x[r*p.In+int(at)]
		}
	}
}
