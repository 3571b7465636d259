package trainer

import (
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// module is one step of a network in training: a linear map of its parameters θ with an activation,
// a pool, or a residual pair. What it does is plain arithmetic on batches, shared by the Gorgonia
// operations and by evaluation. A module is used by one goroutine at a time; a clone of it, over
// the same θ, by another.
type module[T linalg.Float] interface {
	// dims returns how many numbers a point has before and behind the module.
	dims() (in, out int)
	// draw returns initial parameters: weights row by row, then biases.
	draw(drawer) []float64
	// settle gives the module its stretch of the flat parameter vector, as long as what draw
	// returned.
	settle(theta []T)
	params() []T

	// newTrail returns room for what a batch of at most that many rows leaves behind.
	newTrail(rows int) *trail[T]
	// forward computes the trail's value, n×out, and what the way back needs, from x, n×in.
	forward(x []T, r *trail[T], n int)
	// backwardActivation turns the gradient in the value, n×out, into that before the activation,
	// in place. Rows of delta share rows of the trail in groups of per.
	backwardActivation(delta []T, r *trail[T], n, per int)
	// backwardTheta does backwardActivation and computes grad = beta·grad + the gradient in θ; x is
	// what forward was given.
	backwardTheta(x, delta []T, r *trail[T], grad []T, n int, beta T)
	// backwardInput computes the gradient in x, n×in, from what backwardActivation has made of
	// delta, whose rows share rows of the trail in groups of per.
	backwardInput(delta, dx []T, r *trail[T], n, per int)

	// clone returns the module for use by another goroutine.
	clone() module[T]
	// setWhole says that work is not shared out, because other work keeps the processors busy.
	setWhole(bool)
	// sharesOut says whether a batch of the size is work enough for a second processor.
	sharesOut(rows int) bool

	// regions lists the parameters under their names in PyTorch.
	regions() []region[T]
	// measured returns the module with other parameters, of the same layout, as layers of a
	// network, with their names in PyTorch.
	measured(theta []T) (layers []network.Layer, names []string)
}

// trail is what a module keeps of a batch between its way forward and its way back.
type trail[T linalg.Float] struct {
	value  []T         // rows×out
	slope  []T         // rows×out, φ′; nil where the value says all
	chosen []int32     // rows×out, of a max-pool: where in the point each value was found
	inner  []*trail[T] // of the body of a residual pair
	deltas [][]T       // of a residual pair: the gradients before the activations of its body
}

// newModule makes the module of a stage.
func newModule[T linalg.Float](s *stage) module[T] {
	switch s.Kind {
	case ConvLayer:
		return newConvolution[T](s)
	case MaxPoolLayer:
		return &maxPool[T]{grid: s.pool, name: s.name}
	case AvgPoolLayer:
		return &averagePool[T]{grid: s.pool, name: s.name}
	case ResidualLayer:
		return newResidual[T](s)
	default:
		return &layer[T]{
			in: s.in.Size(), out: s.out.Size(), biased: s.bias, activation: s.activation, name: s.name,
		}
	}
}

// newModules makes the modules of stages; pools that change nothing have none.
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

// isNothing says that the stage is a pool whose windows are single numbers.
func (s *stage) isNothing() bool {
	return (s.Kind == MaxPoolLayer || s.Kind == AvgPoolLayer) && s.pool.IsIdentity()
}

// gated says that the values behind an activation say all about its slopes: 1 where they are above
// 0, else 0.
func gated(a network.Activation) bool { return a == network.ReLU }

// newTrailOf returns a trail of values and, where the activation needs them, slopes.
func newTrailOf[T linalg.Float](a network.Activation, numbers int) *trail[T] {
	r := &trail[T]{value: make([]T, numbers)}
	if !gated(a) && !a.IsIdentity() {
		r.slope = make([]T, numbers)
	}
	return r
}
