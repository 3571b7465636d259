package trainer

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// penalty adds the gradient of λ·‖J(x*)‖₂ to the gradient of the loss. Here x* is the training
// point at which the Jacobian of the network, without dropout, had the largest 2-norm when the
// epoch began (Khromov and Singh 2024, appendix on C_lower as a regulariser). With u and v the
// singular vectors of the largest singular value, the gradient is
//
//	∂‖J‖₂/∂W_k = a_k b_kᵀ,  a_k = (∂f/∂z_k)ᵀ u,  b_k = D_{k−1} W_{k−1} … D_1 W_1 v,
//
// which is exact for piecewise linear activations, because their slopes D_k do not depend on the
// weights.
type penalty[T linalg.Float] struct {
	weight T
	model  *model[T]
	layers []*layer[T] // all dense
	train  points[T]
	start  []T // θ at the start of the epoch
	epoch  int // the epoch that index is for
	index  int

	// For each layer, at the point: its trail, the rows of ∂f/∂z_k, and the vectors a_k and
	// b_{k+1}.
	trail             []*trail[T]
	rows, left, right [][]T
	jacobian          []T       // K×D
	gram              []float64 // the Gram matrix of its rows
}

// newPenalty returns nil, which adds nothing, for a weight of 0. The slice start is read when an
// epoch begins, and when a run resumes in the middle of one.
func newPenalty[T linalg.Float](c Config, m *model[T], train points[T], start []T) *penalty[T] {
	if c.JacobianPenalty == 0 {
		return nil
	}

	p := &penalty[T]{
		weight: T(c.JacobianPenalty),
		model:  m,
		layers: m.denseLayers(),
		train:  train,
		start:  start,
		epoch:  -1,
	}

	// Buffers for one point, made once: the penalty is part of every update.
	outs := train.outputs
	for _, l := range p.layers {
		p.trail = append(p.trail, l.newTrail(1))
		p.rows = append(p.rows, make([]T, outs*l.out))
		p.left = append(p.left, make([]T, l.out))
		p.right = append(p.right, make([]T, l.out))
	}

	p.jacobian = make([]T, outs*train.dim)
	p.gram = make([]float64, outs*outs)

	return p
}

// addGradient adds the penalty's gradient at the current weights to the model's gradient.
func (p *penalty[T]) addGradient(epoch int) {
	if p == nil {
		return
	}

	// The point is searched for once per epoch, at the weights with which the epoch began, so a run
	// that resumes within the epoch finds the same point.
	if p.epoch != epoch {
		p.index = steepestTrainingPoint(p.model.networkAt(p.start), p.train)
		p.epoch = epoch
	}

	p.differentiate()
	norm, u, ok := p.top()
	if !ok {
		return
	}

	// b_1 = v = Jᵀu/‖J‖. Each layer then adds λ·a_k b_kᵀ to its gradient and passes b_{k+1} on.
	right := make([]T, p.train.dim) // v
	combineRows(right, p.jacobian, u, 1/norm)
	for i, l := range p.layers {
		combineRows(p.left[i], p.rows[i], u, 1)
		grad, left := p.model.gradOf(i), p.left[i]
		linalg.Gemm(false, false, l.out, l.in, 1, p.weight, left, 1, right, l.in, 1, grad, l.in)

		next := p.right[i]
		linalg.Gemm(
			false,
			true,
			1,
			l.out,
			l.in,
			1,
			right,
			l.in,
			l.weight(),
			l.in,
			0,
			next,
			l.out,
		)
		l.backwardActivation(next, p.trail[i], 1) // times D_i
		right = next
	}
}

// differentiate computes the Jacobian at the point and, for every layer, the derivatives of the
// outputs with respect to its pre-activations.
func (p *penalty[T]) differentiate() {
	layers, outs := p.layers, p.train.outputs
	x, _, _ := p.train.rows(p.index, p.index+1)
	for i, l := range layers {
		l.forward(x, p.trail[i], 1)
		x = p.trail[i].value
	}

	// Backwards from the identity: one row for every output.
	delta := p.rows[len(layers)-1]
	clear(delta)
	for k := range outs {
		delta[k*outs+k] = 1
	}

	for i := len(layers) - 1; i >= 0; i-- {
		l, next := layers[i], p.jacobian
		if i > 0 {
			next = p.rows[i-1]
		}

		// All rows belong to the one point of the trail.
		for k := range outs {
			l.backwardActivation(delta[k*l.out:(k+1)*l.out], p.trail[i], 1)
		}
		l.backwardInput(delta, next, p.trail[i], outs)
		delta = next
	}
}

// top returns the largest singular value of the Jacobian and its left singular vector; ok is false
// if that value is 0 or not finite, so that there is no direction.
func (p *penalty[T]) top() (norm float64, u []float64, ok bool) {
	outs := p.train.outputs
	// The Gram matrix has only as many rows as there are outputs. Its top eigenvector is u.
	linalg.GramSmall(p.gram, p.jacobian, 1, outs, p.train.dim)
	gram := mat.NewSymDense(outs, p.gram)
	// The trace is at least the largest eigenvalue. A NaN fails the test too.
	trace := mat.Trace(gram)
	if !(trace > 0) || math.IsInf(trace, 1) {
		return 0, nil, false
	}

	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		return 0, nil, false
	}

	var vectors mat.Dense
	eigen.VectorsTo(&vectors)

	return math.Sqrt(eigen.Values(nil)[outs-1]), mat.Col(nil, outs-1, &vectors), true
}

// combineRows sets dst to the sum of the rows of a, weighted by scale·u.
func combineRows[T linalg.Float](dst, a []T, u []float64, scale float64) {
	for j := range dst {
		var sum float64
		for k, f := range u {
			sum += f * float64(a[k*len(dst)+j])
		}
		dst[j] = T(scale * sum)
	}
}

// searchNumbers bounds the memory of a search for the steepest point, in numbers.
const searchNumbers = 4 << 20

// steepestTrainingPoint returns the index of the first point at which the Jacobian's 2-norm is
// largest, computed in training precision.
func steepestTrainingPoint[T linalg.Float](net *network.Network, p points[T]) int {
	outs, widest := net.Out(), net.In()
	for _, l := range net.Layers {
		widest = max(widest, l.Out())
	}

	// Chunks bound the memory of Jacobians, which have outs·widest numbers per point.
	rows := min(max(searchNumbers/(outs*widest), 1), evaluationRows, p.len())
	pass := network.NewPass[T](net, rows)
	grams, tops := make([]float64, rows*outs*outs), make([]float64, rows)
	best, at := math.Inf(-1), 0
	for from := 0; from < p.len(); from += rows {
		x, _, _ := p.rows(from, min(from+rows, p.len()))
		n := len(x) / p.dim
		pass.Forward(x, n)
		gram := grams[:n*outs*outs]
		linalg.GramSmall(gram, pass.Jacobian(len(net.Layers)), n, outs, net.In())
		linalg.LargestEigenvalues(tops[:n], gram, outs)
		for i, top := range tops[:n] {
			if top > best {
				best, at = top, from+i
			}
		}
	}

	return at
}
