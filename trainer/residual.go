package trainer

import (
	"slices"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
	"github.com/liptrack/liptrack/network"
)

// residual is the module x ↦ φ(x + body(x)), whose body has as many outputs as inputs.
type residual[T linalg.Float] struct {
	learned[T]
	body  []module[T]
	width int
}

func newResidual[T linalg.Float](s *stage) *residual[T] {
	return &residual[T]{
		learned: newLearned[T](s),
		body:    newModules[T](s.body),
		width:   s.in.Size(),
	}
}

func (m *residual[T]) dims() (in, out int) {
	return m.width, m.width
}

func (m *residual[T]) draw(draw drawer) []float64 {
	var theta []float64
	for _, b := range m.body {
		part := b.draw(draw)
		b.settle(make([]T, len(part))) // so that settle knows the sizes
		theta = append(theta, part...)
	}
	return theta
}

func (m *residual[T]) settle(theta []T) {
	m.theta = theta
	for _, b := range m.body {
		size := len(b.params())
		b.settle(theta[:size:size])
		theta = theta[size:]
	}
}

func (m *residual[T]) clone() module[T] {
	other := *m
	other.body = nil
	for _, b := range m.body {
		other.body = append(other.body, b.clone())
	}
	return &other
}

func (m *residual[T]) setWhole(whole bool) {
	for _, b := range m.body {
		b.setWhole(whole)
	}
}

func (m *residual[T]) sharesOut(rows int) bool {
	return slices.ContainsFunc(m.body, func(b module[T]) bool {
		return b.sharesOut(rows)
	})
}

func (m *residual[T]) regions() []region[T] {
	var all []region[T]
	for _, b := range m.body {
		all = append(all, b.regions()...)
	}
	return all
}

func (m *residual[T]) measured(theta []T) (layers []network.Layer, names []string) {
	body, called := measuredAll(m.body, theta)
	return network.NewResidual(body, m.activation), network.ShortcutNames(body, called, m.name)
}

func (m *residual[T]) newTrail(rows int) *trail[T] {
	r := newTrailOf[T](m.activation, rows*m.width)
	for _, b := range m.body {
		_, out := b.dims()
		r.inner = append(r.inner, b.newTrail(rows))
		r.deltas = append(r.deltas, make([]T, rows*out))
	}
	return r
}

func (m *residual[T]) forward(x []T, r *trail[T], n int) {
	// The body writes only to its own trails, so the shortcut still has x afterwards.
	through := x
	for i, b := range m.body {
		b.forward(through, r.inner[i], n)
		through = r.inner[i].value
	}

	// The value is x + body(x), then the activation of the sum.
	value := r.value[:n*m.width]
	copy(value, x)
	vec.Add(value, through)
	m.activate(r, 0, len(value))
}

// backwardActivation also carries the gradient back to before the first activation of the body.
func (m *residual[T]) backwardActivation(delta []T, r *trail[T], n int) {
	m.gate(delta[:n*m.width], r, 0)
	m.descend(delta, r, n, func(i int, delta []T) {
		m.body[i].backwardActivation(delta, r.inner[i], n)
	})
}

// descend carries delta, the gradient with respect to the sum, back through the body to before the
// activation of its first module. The function back turns the gradient with respect to the value of
// module i into the gradient before its activation.
func (m *residual[T]) descend(delta []T, r *trail[T], n int, back func(i int, delta []T)) {
	last := len(m.body) - 1
	// The gradient with respect to the sum is also the gradient with respect to each of its terms,
	// the body's value and the shortcut.
	copy(r.deltas[last], delta[:n*m.width])
	for i := last; i >= 0; i-- {
		_, out := m.body[i].dims()
		back(i, r.deltas[i][:n*out])
		if i > 0 {
			m.body[i].backwardInput(r.deltas[i], r.deltas[i-1], r.inner[i], n)
		}
	}
}

func (m *residual[T]) backwardTheta(x, delta []T, r *trail[T], grad []T, n int, beta T) {
	m.gate(delta[:n*m.width], r, 0)

	// The body is traversed from its end, so the gradients of its modules are cut from the end too.
	end := len(m.theta)
	m.descend(delta, r, n, func(i int, delta []T) {
		before := x
		if i > 0 {
			before = r.inner[i-1].value
		}
		size := len(m.body[i].params())
		m.body[i].backwardTheta(before, delta, r.inner[i], grad[end-size:end], n, beta)
		end -= size
	})
}

func (m *residual[T]) backwardInput(delta, dx []T, r *trail[T], n int) {
	// The input feeds both the body and the shortcut, which passes delta on unchanged.
	m.body[0].backwardInput(r.deltas[0], dx, r.inner[0], n)
	vec.Add(dx[:n*m.width], delta)
}
