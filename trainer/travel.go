package trainer

import (
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
)

// Travel is how far the parameters have gone, update by update: what the paper's bounds on the
// evolution of the Lipschitz constant are made of.
type Travel struct {
	// Path is Σ over updates of ‖θₜ₊₁ − θₜ‖₂.
	Path float64
	// LargestGradient is the largest 2-norm of a gradient that an update was made by, after
	// clipping.
	LargestGradient float64
}

// addUpdate adds an update of a length, made by a gradient of a norm.
func (t *Travel) addUpdate(length, gradient float64) {
	t.Path += length
	t.LargestGradient = max(t.LargestGradient, gradient)
}

// follower measures single updates. Nil follows none.
type follower[T linalg.Float] struct {
	before []T // θ before the update
	grad   float64
}

// newFollower returns nil unless the configuration asks for one.
func newFollower[T linalg.Float](c Config, parameters int) *follower[T] {
	if !c.FollowUpdates {
		return nil
	}
	return &follower[T]{before: make([]T, parameters)}
}

// begin notes the parameters before an update and the gradient that it is made by.
func (f *follower[T]) begin(params, grad []T) {
	if f == nil {
		return
	}
	copy(f.before, params) // the update is in place
	f.grad = math.Sqrt(linalg.SumSquares(grad))
}

// length returns how far the parameters are from where they were before the update.
func (f *follower[T]) length(params []T) float64 {
	sum := 0.0
	for i, v := range params {
		d := float64(v - f.before[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}
