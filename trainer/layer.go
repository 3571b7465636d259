package trainer

import (
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
	"github.com/liptrack/liptrack/network"
)

// layer is the arithmetic of x ↦ φ(W x + b) and of its gradients on a batch of n rows, shared by
// the Gorgonia operations and by evaluation. W (out×in, row-major) and b lie one after the
// other in theta, a stretch of the flat parameter vector.
type layer[T linalg.Float] struct {
	in, out    int
	activation network.Activation
	theta      []T
	whole      bool // products are not shared out: other work keeps the processors busy
}

// split is [linalg.Split].
func (l *layer[T]) split(m, n, k int, do func(linalg.Part)) {
	if l.whole {
		do(linalg.Part{Rows: m, Cols: n})
		return
	}
	linalg.Split(m, n, k, do)
}

func (l *layer[T]) weight() []T { return l.theta[:l.out*l.in] }
func (l *layer[T]) bias() []T   { return l.theta[l.out*l.in:] }

// gated says that a layer's value says all about its slopes: 1 where it is above 0, else 0.
func (l *layer[T]) gated() bool { return l.activation == network.ReLU }

// newSlope returns room for the slopes of n rows, nil if the layer is gated.
func (l *layer[T]) newSlope(n int) []T {
	if l.gated() {
		return nil
	}
	return make([]T, n*l.out)
}

// slopeOr is what backwardActivation takes: the slopes, or the value if the layer is gated.
func (l *layer[T]) slopeOr(value, slope []T) []T {
	if l.gated() {
		return value
	}
	return slope
}

// forward computes value = φ(x Wᵀ + b), n×out, and the derivatives φ′; slope may be nil.
func (l *layer[T]) forward(x, value, slope []T, n int) {
	b := l.bias()
	l.split(n, l.out, l.in, func(p linalg.Part) {
		beta := T(0)
		if len(b) > 0 {
			beta = 1
			for i := p.Row; i < p.Row+p.Rows; i++ {
				copy(value[i*l.out+p.Col:], b[p.Col:p.Col+p.Cols])
			}
		}
		linalg.GemmPart(p, false, true, l.in, 1, x, l.in, l.weight(), l.in, beta, value, l.out)
		if l.activation.IsIdentity() {
			return
		}
		for from, to := range p.Runs(l.out) {
			var slopes []T
			if slope != nil {
				slopes = slope[from:to]
			}
			network.Apply(l.activation, value[from:to], slopes)
		}
	})
}

// backwardActivation turns the gradient with respect to the layer's value into that with
// respect to its pre-activation, in place, by the slopes or, if the layer is gated, by the value instead.
func (l *layer[T]) backwardActivation(delta, slope []T) {
	switch {
	case l.activation.IsIdentity():
	case l.gated():
		vec.Gate(delta, slope)
	default:
		vec.Mul(delta, slope)
	}
}

// backwardTheta does backwardActivation and computes grad = beta·grad + the gradient with respect to W and b,
// from the layer's input x (n×in).
func (l *layer[T]) backwardTheta(x, delta, value, slope, grad []T, n int, beta T) {
	slope = l.slopeOr(value, slope)
	inParts := l.out >= l.in // then parts of W's gradient take columns of delta
	if !inParts {
		l.backwardActivation(delta[:n*l.out], slope)
	}
	l.split(l.out, l.in, n, func(p linalg.Part) {
		if inParts {
			columns := linalg.Part{Rows: n, Col: p.Row, Cols: p.Rows}
			for from, to := range columns.Runs(l.out) {
				l.backwardActivation(delta[from:to], slope[from:to])
			}
		}
		linalg.GemmPart(p, true, false, n, 1, delta, l.out, x, l.in, beta, grad, l.in)
	})
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

// backwardInput computes the gradient with respect to the layer's input, n×in, from that with respect to its
// pre-activation.
func (l *layer[T]) backwardInput(delta, dx []T, n int) {
	l.split(n, l.in, l.out, func(p linalg.Part) {
		linalg.GemmPart(p, false, false, l.out, 1, delta, l.out, l.weight(), l.in, 0, dx, l.in)
	})
}
