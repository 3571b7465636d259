package trainer

import (
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
	"github.com/liptrack/liptrack/network"
)

// module is one step of a network in training: a linear map with parameters θ followed by an
// activation, a pool, or a residual block. It does plain arithmetic on batches, which the Gorgonia
// operations and the evaluation share. A module is used by one goroutine at a time; other
// goroutines use clones over the same θ.
type module[T linalg.Float] interface {
	// dims returns how many numbers a point has before and after the module.
	dims() (in, out int)
	// draw returns initial parameters: weights row by row, then biases.
	draw(drawer) []float64
	// settle gives the module its slice of the flat parameter vector, as long as the result of
	// draw.
	settle(theta []T)
	params() []T

	// newTrail returns buffers for a batch of at most the given number of rows.
	newTrail(rows int) *trail[T]
	// forward computes the trail's value, n×out, and what the backward pass needs, from x, n×in.
	forward(x []T, r *trail[T], n int)
	// backwardActivation turns delta, the gradient with respect to the value, n×out, into the
	// gradient before the activation, in place.
	backwardActivation(delta []T, r *trail[T], n int)
	// backwardTheta does the work of backwardActivation and computes grad = beta·grad + the
	// gradient with respect to θ; x is the input of forward.
	backwardTheta(x, delta []T, r *trail[T], grad []T, n int, beta T)
	// backwardInput computes dx, the gradient with respect to x, n×in, from a delta that
	// backwardActivation or backwardTheta has turned into the gradient before the activation.
	backwardInput(delta, dx []T, r *trail[T], n int)

	// clone returns the module for use by another goroutine.
	clone() module[T]
	// setWhole sets whether work is kept whole instead of shared out, because other work keeps the
	// processors busy.
	setWhole(bool)
	// sharesOut reports whether a batch of the given size is enough work for a second processor.
	sharesOut(rows int) bool

	// regions lists the parameters under their names in PyTorch.
	regions() []region[T]
	// measured returns the module with the parameters theta, laid out like its own, as layers of a
	// network, and the names of these layers in PyTorch.
	measured(theta []T) (layers []network.Layer, names []string)
}

// trail holds what a module keeps of a batch between the forward and the backward pass.
type trail[T linalg.Float] struct {
	value  []T         // rows×out
	slope  []T         // rows×out, φ′; nil if the value determines it
	chosen []int32     // rows×out, of a max-pool: the position in the point of each value
	inner  []*trail[T] // of the body of a residual block
	deltas [][]T       // of a residual block: the gradients before the activations of its body
}

// newModule returns the module of a stage.
func newModule[T linalg.Float](s *stage) module[T] {
	switch s.Kind {
	case ConvLayer:
		return newConvolution[T](s)
	case MaxPoolLayer:
		return &maxPool[T]{newUnlearned[T](s)}
	case AvgPoolLayer:
		return &averagePool[T]{newUnlearned[T](s)}
	case ResidualLayer:
		return newResidual[T](s)
	default:
		return &layer[T]{
			learned: newLearned[T](s),
			in:      s.in.Size(),
			out:     s.out.Size(),
		}
	}
}

// newModules returns the modules of stages. It omits pools that change nothing.
func newModules[T linalg.Float](stages []stage) []module[T] {
	var modules []module[T]
	for i := range stages {
		s := &stages[i]
		if !s.isNothing() {
			modules = append(modules, newModule[T](s))
		}
	}
	return modules
}

// isNothing reports whether the stage is a pool that changes nothing, because its windows are
// single numbers.
func (s *stage) isNothing() bool {
	return (s.Kind == MaxPoolLayer || s.Kind == AvgPoolLayer) && s.pool.IsIdentity()
}

// learned is the common part of modules with parameters and an activation.
type learned[T linalg.Float] struct {
	activation network.Activation
	name       string
	biased     bool
	theta      []T
	whole      bool // work is not shared out: other work keeps the processors busy
}

func newLearned[T linalg.Float](s *stage) learned[T] {
	return learned[T]{
		activation: s.activation,
		name:       s.name,
		biased:     s.bias,
	}
}

func (l *learned[T]) settle(theta []T) {
	l.theta = theta
}

func (l *learned[T]) params() []T {
	return l.theta
}

func (l *learned[T]) setWhole(whole bool) {
	l.whole = whole
}

// drawn draws weights of a shape and returns them, followed by the biases.
func (l *learned[T]) drawn(draw drawer, shape fans) []float64 {
	w, b := draw(shape, l.biased)
	return append(w, b...)
}

// activate applies the activation to the values from, …, to − 1 of the trail.
func (l *learned[T]) activate(r *trail[T], from, to int) {
	if l.activation.IsIdentity() {
		return
	}

	var slopes []T
	if r.slope != nil {
		slopes = r.slope[from:to]
	}
	network.Apply(l.activation, r.value[from:to], slopes)
}

// gate multiplies delta by the slopes of the activation at the trail's values, beginning with the
// value at from.
func (l *learned[T]) gate(delta []T, r *trail[T], from int) {
	switch {
	case l.activation.IsIdentity():
	case gated(l.activation):
		vec.Gate(delta, r.value[from:])
	default:
		vec.Mul(delta, r.slope[from:])
	}
}

// gated reports whether the values after an activation determine its slopes: 1 where the value is
// above 0, else 0.
func gated(a network.Activation) bool {
	return a == network.ReLU
}

// newTrailOf returns a trail with buffers for values and, if the activation needs them, slopes.
func newTrailOf[T linalg.Float](a network.Activation, numbers int) *trail[T] {
	r := &trail[T]{value: make([]T, numbers)}
	if !gated(a) && !a.IsIdentity() {
		r.slope = make([]T, numbers)
	}
	return r
}
