package trainer

import (
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
	"github.com/liptrack/liptrack/network"
)

// layer is the dense module x ↦ φ(W x + b). theta, a slice of the flat parameter vector, holds W
// (out×in, row-major) followed by b.
type layer[T linalg.Float] struct {
	learned[T]
	in, out int
}

func (l *layer[T]) dims() (in, out int) {
	return l.in, l.out
}

func (l *layer[T]) draw(draw drawer) []float64 {
	return l.drawn(draw, fans{l.out, l.in, l.out})
}

func (l *layer[T]) clone() module[T] {
	other := *l
	return &other
}

func (l *layer[T]) sharesOut(rows int) bool {
	return linalg.Splits(rows, l.out, l.in)
}

// split calls do for the parts of a product as [linalg.Split] does, or for the whole product if
// work is not shared out.
func (l *layer[T]) split(m, n, k int, do func(linalg.Part)) {
	if l.whole {
		do(linalg.Part{Rows: m, Cols: n})
		return
	}
	linalg.Split(m, n, k, do)
}

func (l *layer[T]) weight() []T {
	return l.theta[:l.out*l.in]
}

func (l *layer[T]) bias() []T {
	return l.theta[l.out*l.in:]
}

func (l *layer[T]) regions() []region[T] {
	return namedRegions(l.name, l.weight(), []int{l.out, l.in}, l.bias())
}

func (l *layer[T]) measured(theta []T) (layers []network.Layer, names []string) {
	weights := l.out * l.in
	made := network.Layer{
		Weight:     mat.NewDense(l.out, l.in, toFloat64(theta[:weights])),
		Bias:       toFloat64(theta[weights:]),
		Activation: l.activation,
	}
	return []network.Layer{made}, []string{weightOf(l.name)}
}

func (l *layer[T]) newTrail(rows int) *trail[T] {
	return newTrailOf[T](l.activation, rows*l.out)
}

// forward computes φ(x Wᵀ + b), n×out.
func (l *layer[T]) forward(x []T, r *trail[T], n int) {
	b, value := l.bias(), r.value

	l.split(n, l.out, l.in, func(p linalg.Part) {
		// The bias is copied to the output, and the product is added to it by β, as in PyTorch's
		// addmm.
		beta := T(0)
		if len(b) > 0 {
			beta = 1
			for i := p.Row; i < p.Row+p.Rows; i++ {
				copy(value[i*l.out+p.Col:], b[p.Col:p.Col+p.Cols])
			}
		}

		linalg.GemmPart(p, false, true, l.in, 1, x, l.in, l.weight(), l.in, beta, value, l.out)

		// Each part applies the activation to its own values, while they are in the cache.
		for from, to := range p.Runs(l.out) {
			l.activate(r, from, to)
		}
	})
}

func (l *layer[T]) backwardActivation(delta []T, r *trail[T], n int) {
	l.gate(delta[:n*l.out], r, 0)
}

// backwardTheta multiplies delta by the slopes part by part if its product is cut into parts by
// rows.
func (l *layer[T]) backwardTheta(x, delta []T, r *trail[T], grad []T, n int, beta T) {
	// If the rows of W's gradient are cut, each part needs only its own columns of delta and
	// multiplies those. If its columns are cut, every part needs all of delta, so delta is
	// multiplied first.
	inParts := l.out >= l.in
	if !inParts {
		l.gate(delta[:n*l.out], r, 0)
	}

	l.split(l.out, l.in, n, func(p linalg.Part) {
		if inParts {
			columns := linalg.Part{
				Rows: n,
				Col:  p.Row,
				Cols: p.Rows,
			}
			for from, to := range columns.Runs(l.out) {
				l.gate(delta[from:to], r, from)
			}
		}

		linalg.GemmPart(p, true, false, n, 1, delta, l.out, x, l.in, beta, grad, l.in)
	})

	db := grad[l.out*l.in:]
	if len(db) == 0 {
		return
	}

	// The sums are rounded on their own before they are added to the gradient.
	if beta == 0 {
		columnSums(db, delta, n, l.out)
		return
	}

	sums := make([]T, l.out)
	columnSums(sums, delta, n, l.out)
	vec.Add(db, sums)
}

func (l *layer[T]) backwardInput(delta, dx []T, _ *trail[T], n int) {
	l.split(n, l.in, l.out, func(p linalg.Part) {
		linalg.GemmPart(p, false, false, l.out, 1, delta, l.out, l.weight(), l.in, 0, dx, l.in)
	})
}
