package trainer

import (
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
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

// learned is what modules with parameters, followed by an activation, have in common.
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

// drawn returns weights of a shape, then biases.
func (l *learned[T]) drawn(draw drawer, shape fans) []float64 {
	w, b := draw(shape, l.biased)
	return append(w, b...)
}

// activate applies the activation to a stretch of the trail's values.
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

// gate multiplies delta by the slopes of the activation at the trail's values from a place on.
func (l *learned[T]) gate(delta []T, r *trail[T], from int) {
	switch {
	case l.activation.IsIdentity():
	case gated(l.activation):
		vec.Gate(delta, r.value[from:])
	default:
		vec.Mul(delta, r.slope[from:])
	}
}

// gateRows gates n rows of delta, out wide, that share rows of the trail in groups of per.
func (l *learned[T]) gateRows(delta []T, r *trail[T], n, per, out int) {
	if per == 1 {
		l.gate(delta[:n*out], r, 0)
		return
	}

	for i := range n {
		l.gate(delta[i*out:(i+1)*out], r, i/per*out)
	}
}

// gated says that the values behind an activation say all about its slopes: 1 where they are above
// 0, else 0.
func gated(a network.Activation) bool {
	return a == network.ReLU
}

// newTrailOf returns a trail of values and, where the activation needs them, slopes.
func newTrailOf[T linalg.Float](a network.Activation, numbers int) *trail[T] {
	r := &trail[T]{value: make([]T, numbers)}
	if !gated(a) && !a.IsIdentity() {
		r.slope = make([]T, numbers)
	}
	return r
}
