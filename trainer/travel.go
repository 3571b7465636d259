package trainer

import (
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
)

// Travel measures how far the parameters have moved, update by update. The paper's bounds on the
// evolution of the Lipschitz constant are built on it.
type Travel struct {
	// Path is the sum of ‖θₜ₊₁ − θₜ‖₂ over updates.
	Path float64
	// LargestGradient is the largest 2-norm of an update's gradient, after clipping.
	LargestGradient float64
}

// addUpdate adds an update with the given length and norm of its gradient.
func (t *Travel) addUpdate(length, gradient float64) {
	t.Path += length
	t.LargestGradient = max(t.LargestGradient, gradient)
}

// follower measures single updates. A nil follower measures nothing.
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

// begin records the parameters before an update and the norm of its gradient.
func (f *follower[T]) begin(params, grad []T) {
	if f == nil {
		return
	}
	copy(f.before, params) // the update is in place
	f.grad = math.Sqrt(linalg.SumSquares(grad))
}

// length returns the distance of the parameters from where they were before the update.
func (f *follower[T]) length(params []T) float64 {
	sum := 0.0
	for i, v := range params {
		d := float64(v - f.before[i])
		sum += d * d
	}
	return math.Sqrt(sum)
}
