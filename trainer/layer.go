package trainer

import (
	"liptrack/internal/linalg"
	"liptrack/internal/mlp"
	"liptrack/internal/vec"
)

// layer is the arithmetic of x ↦ φ(W x + b) and of its gradients on a batch of n rows, shared by
// the Gorgonia operations and by evaluation. W (out×in, row-major) and b lie one after the
// other in theta, a stretch of the flat parameter vector.
type layer[T linalg.Float] struct {
	in, out    int
	activation mlp.Activation
	theta      []T
}

func (l *layer[T]) weight() []T { return l.theta[:l.out*l.in] }
func (l *layer[T]) bias() []T   { return l.theta[l.out*l.in:] }

// forward computes value = φ(x Wᵀ + b), n×out, and the derivatives φ′; slope may be nil.
func (l *layer[T]) forward(x, value, slope []T, n int) {
	beta := T(0)
	if b := l.bias(); len(b) > 0 {
		beta = 1
		for i := 0; i < n*l.out; i += l.out {
			copy(value[i:], b)
		}
	}
	linalg.ParallelGemm(false, true, n, l.out, l.in, 1, x, l.in, l.weight(), l.in, beta, value, l.out)
	if !l.activation.IsIdentity() {
		mlp.Apply(l.activation, value, slope)
	}
}

// backwardActivation turns the gradient with respect to the layer's value into that with
// respect to its pre-activation, in place.
func (l *layer[T]) backwardActivation(delta, slope []T) {
	if l.activation.IsIdentity() {
		return
	}
	vec.Mul(delta, slope)
}

// backwardTheta computes grad = beta·grad + the gradient with respect to W and b, from the layer's
// input x (n×in) and the gradient delta with respect to its pre-activation (n×out).
func (l *layer[T]) backwardTheta(x, delta, grad []T, n int, beta T) {
	linalg.ParallelGemm(true, false, l.out, l.in, n, 1, delta, l.out, x, l.in, beta, grad, l.in)
	db := grad[l.out*l.in:]
	if len(db) == 0 {
		return
	}
	if beta == 0 {
		columnSums(db, delta, n, l.out)
		return
	}
	sums := make([]T, l.out)
	columnSums(sums, delta, n, l.out)
	vec.Add(db, sums)
}

// backwardInput computes the gradient with respect to the layer's input, n×in.
func (l *layer[T]) backwardInput(delta, dx []T, n int) {
	linalg.ParallelGemm(false, false, n, l.in, l.out, 1, delta, l.out, l.weight(), l.in, 0, dx, l.in)
}
