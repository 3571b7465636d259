package trainer

import (
	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/network"
)

// unlearned is the common part of pools, which have no parameters.
type unlearned[T linalg.Float] struct {
	grid  conv.Grid
	name  string
	whole bool
}

func newUnlearned[T linalg.Float](s *stage) unlearned[T] {
	return unlearned[T]{grid: s.pool, name: s.name}
}

func (u *unlearned[T]) dims() (in, out int) {
	return u.grid.In.Size(), u.grid.Pooled().Size()
}

func (u *unlearned[T]) draw(drawer) []float64 {
	return nil
}

func (u *unlearned[T]) settle([]T) {}

func (u *unlearned[T]) params() []T {
	return nil
}

func (u *unlearned[T]) regions() []region[T] {
	return nil
}

func (u *unlearned[T]) setWhole(whole bool) {
	u.whole = whole
}

func (u *unlearned[T]) sharesOut(int) bool {
	return false
}

func (u *unlearned[T]) backwardActivation([]T, *trail[T], int)                 {}
func (u *unlearned[T]) backwardTheta(_, _ []T, _ *trail[T], _ []T, _ int, _ T) {}

// inHalves calls do for each half of the rows; a row's result does not depend on the others.
func (u *unlearned[T]) inHalves(n int, do func(from, count int)) {
	if u.whole || n < 2 {
		do(0, n)
		return
	}
	middle := n / 2
	processors.Both(func() {
		do(0, middle)
	}, func() {
		do(middle, n-middle)
	})
}

// maxPool is the module that takes the maximum of every window.
type maxPool[T linalg.Float] struct{ unlearned[T] }

func (p *maxPool[T]) clone() module[T] {
	return &maxPool[T]{p.unlearned}
}

func (p *maxPool[T]) newTrail(rows int) *trail[T] {
	numbers := rows * p.grid.Pooled().Size()
	return &trail[T]{value: make([]T, numbers), chosen: make([]int32, numbers)}
}

func (p *maxPool[T]) forward(x []T, r *trail[T], n int) {
	in, out := p.dims()
	p.inHalves(n, func(from, count int) {
		conv.Max(p.grid, x[from*in:], r.value[from*out:], r.chosen[from*out:], count)
	})
}

func (p *maxPool[T]) backwardInput(delta, dx []T, r *trail[T], n int) {
	in, out := p.dims()
	p.inHalves(n, func(from, count int) {
		conv.MaxAdjoint(p.grid, delta[from*out:], dx[from*in:], r.chosen[from*out:], count)
	})
}

func (p *maxPool[T]) measured([]T) (layers []network.Layer, names []string) {
	return []network.Layer{{Pool: network.NewMaxPool(p.grid)}}, []string{p.name}
}

// averagePool is the module that takes the mean of every window, including the zeros of the
// padding.
type averagePool[T linalg.Float] struct{ unlearned[T] }

func (p *averagePool[T]) clone() module[T] {
	return &averagePool[T]{p.unlearned}
}

func (p *averagePool[T]) newTrail(rows int) *trail[T] {
	return &trail[T]{value: make([]T, rows*p.grid.Pooled().Size())}
}

func (p *averagePool[T]) forward(x []T, r *trail[T], n int) {
	conv.Average(p.grid, true, x, r.value, n)
}

func (p *averagePool[T]) backwardInput(delta, dx []T, _ *trail[T], n int) {
	conv.AverageAdjoint(p.grid, true, delta, dx, n)
}

func (p *averagePool[T]) measured([]T) (layers []network.Layer, names []string) {
	return []network.Layer{{Map: network.NewAvgPool(p.grid, true)}}, []string{p.name}
}
