package trainer

import (
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
	"github.com/liptrack/liptrack/network"
)

// layer is the dense module x ↦ φ(W x + b). W (out×in, row-major) and b lie one after the other in
// theta, a stretch of the flat parameter vector.
type layer[T linalg.Float] struct {
	in, out    int
	biased     bool
	activation network.Activation
	name       string
	theta      []T
	whole      bool // products are not shared out: other work keeps the processors busy
}

func (l *layer[T]) dims() (in, out int) { return l.in, l.out }
func (l *layer[T]) settle(theta []T)    { l.theta = theta }
func (l *layer[T]) params() []T         { return l.theta }

func (l *layer[T]) draw(draw drawer) []float64 {
	w, b := draw(fans{l.out, l.in, l.out}, l.biased)
	return append(w, b...)
}

func (l *layer[T]) clone() module[T] {
	other := *l
	return &other
}

func (l *layer[T]) setWhole(whole bool) { l.whole = whole }

func (l *layer[T]) sharesOut(rows int) bool { return linalg.Splits(rows, l.out, l.in) }

// split does what [linalg.Split] does.
func (l *layer[T]) split(m, n, k int, do func(linalg.Part)) {
	if l.whole {
		do(linalg.Part{Rows: m, Cols: n})
		return
	}
	linalg.Split(m, n, k, do)
}

func (l *layer[T]) weight() []T { return l.theta[:l.out*l.in] }
func (l *layer[T]) bias() []T   { return l.theta[l.out*l.in:] }

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

func (l *layer[T]) newTrail(rows int) *trail[T] { return newTrailOf[T](l.activation, rows*l.out) }

// slopes returns what multiply takes: the slopes, or the value where the activation is gated.
func (l *layer[T]) slopes(r *trail[T]) []T {
	if gated(l.activation) {
		return r.value
	}
	return r.slope
}

// forward computes φ(x Wᵀ + b), n×out.
func (l *layer[T]) forward(x []T, r *trail[T], n int) {
	b, value, slope := l.bias(), r.value, r.slope

	l.split(n, l.out, l.in, func(p linalg.Part) {
		// The bias is put where the product goes and added there by β, as PyTorch's addmm does.
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

		// Each part applies the activation to its own values, while they are in the cache.
		for from, to := range p.Runs(l.out) {
			var slopes []T
			if slope != nil {
				slopes = slope[from:to]
			}
			network.Apply(l.activation, value[from:to], slopes)
		}
	})
}

// multiply multiplies delta by the slopes of an activation or, where it is gated, gates it by the
// value.
func multiply[T linalg.Float](a network.Activation, delta, slope []T) {
	switch {
	case a.IsIdentity():
	case gated(a):
		vec.Gate(delta, slope)
	default:
		vec.Mul(delta, slope)
	}
}

// multiplyRows does what multiply does where rows of delta, out wide, share rows of slope in groups
// of per.
func multiplyRows[T linalg.Float](a network.Activation, delta, slope []T, n, per, out int) {
	if per == 1 {
		multiply(a, delta[:n*out], slope)
		return
	}

	if a.IsIdentity() {
		return
	}
	for i := range n {
		multiply(a, delta[i*out:(i+1)*out], slope[i/per*out:])
	}
}

func (l *layer[T]) backwardActivation(delta []T, r *trail[T], n, per int) {
	multiplyRows(l.activation, delta, l.slopes(r), n, per, l.out)
}

// backwardTheta multiplies by the slopes part by part, where its product is in parts.
func (l *layer[T]) backwardTheta(x, delta []T, r *trail[T], grad []T, n int, beta T) {
	slope := l.slopes(r)
	// Parts of W's gradient take columns of delta if its rows are cut. Each then multiplies its own
	// columns; if its columns are cut, every part needs all of delta, multiplied before.
	inParts := l.out >= l.in
	if !inParts {
		multiply(l.activation, delta[:n*l.out], slope)
	}

	l.split(l.out, l.in, n, func(p linalg.Part) {
		if inParts {
			columns := linalg.Part{Rows: n, Col: p.Row, Cols: p.Rows}
			for from, to := range columns.Runs(l.out) {
				l.gateRun(delta, slope, from, to)
			}
		}

		linalg.GemmPart(p, true, false, n, 1, delta, l.out, x, l.in, beta, grad, l.in)
	})

	db := grad[l.out*l.in:]
	if len(db) == 0 {
		return
	}

	// The sums are rounded before they are added to what is there, as a sum of their own.
	if beta == 0 {
		columnSums(db, delta, n, l.out)
		return
	}

	sums := make([]T, l.out)
	columnSums(sums, delta, n, l.out)
	vec.Add(db, sums)
}

// gateRun multiplies a stretch of both.
func (l *layer[T]) gateRun(delta, slope []T, from, to int) {
	if !l.activation.IsIdentity() {
		multiply(l.activation, delta[from:to], slope[from:to])
	}
}

func (l *layer[T]) backwardInput(delta, dx []T, _ *trail[T], n, _ int) {
	l.split(n, l.in, l.out, func(p linalg.Part) {
		linalg.GemmPart(p, false, false, l.out, 1, delta, l.out, l.weight(), l.in, 0, dx, l.in)
	})
}
