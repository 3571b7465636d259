package trainer

import (
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/internal/vec"
	"github.com/liptrack/liptrack/network/losses"
)

// Evaluation is the performance of the network on all training and test points at the end of an
// epoch.
type Evaluation struct {
	TrainLoss, TestLoss         float64
	TrainAccuracy, TestAccuracy float64 // fractions in [0, 1]; NaN for a regression
	// GradNorm is the 2-norm of the gradient of the mean training loss over all parameters.
	GradNorm float64
	// Fits describes the outputs of a regression; it is nil for a classification.
	Fits *Fits
}

// Fits measures how well each output of a regression predicts its target. Test is nil if there are
// no test points.
type Fits struct{ Train, Test []losses.Fit }

// evaluationRows is the number of points in a chunk, chosen to keep the activations of common
// widths in the cache.
const evaluationRows = 256

// chunkNumbers bounds the numbers kept for a chunk of points in networks that are not all dense.
const chunkNumbers = 8 << 20

// chunkRows returns the number of points in a chunk: evaluationRows, or fewer if the activations of
// a convolutional network would take too much memory.
func chunkRows[T linalg.Float](m *model[T]) int {
	numbers, dense := 0, true
	for _, l := range m.layers {
		_, out := l.dims()
		numbers += 3 * out
		if _, is := l.(*layer[T]); !is {
			dense = false
		}
	}

	if dense {
		return evaluationRows
	}

	return min(max(chunkNumbers/numbers, 1), evaluationRows)
}

// evaluator computes losses, accuracies and the full gradient in training precision, with the
// layers' own arithmetic and without Gorgonia.
type evaluator[T linalg.Float] struct {
	model  *model[T]
	layers []module[T] // clones of the model's layers
	loss   losses.Objective
	rows   int           // of a chunk
	trail  []*trail[T]   // of each layer
	delta  [][]T         // rows×out
	grad   []T           // gradient of the loss, laid out like the model's
	input  []T           // gradient with respect to inputs; nil until needed
	other  *evaluator[T] // takes every second chunk; nil until needed
	whole  int           // remaining calls of reaches without the quick test
}

// newEvaluator returns an evaluator that works on chunks of the given number of rows.
func newEvaluator[T linalg.Float](m *model[T], loss losses.Objective, rows int) *evaluator[T] {
	e := &evaluator[T]{
		model: m,
		loss:  loss,
		rows:  rows,
		grad:  make([]T, len(m.grad)),
	}
	for _, of := range m.layers {
		// Clones, because the evaluator of every second chunk runs at the same time as this one.
		l := of.clone()
		_, out := l.dims()
		e.layers = append(e.layers, l)
		e.trail = append(e.trail, l.newTrail(rows))
		e.delta = append(e.delta, make([]T, rows*out))
	}
	return e
}

func (e *evaluator[T]) evaluate(train, test points[T]) Evaluation {
	var r Evaluation
	onTrain := e.over(train, len(e.layers))
	onTest := e.over(test, 0)
	r.TrainLoss, r.TrainAccuracy = meansOf(onTrain, train)
	r.TestLoss, r.TestAccuracy = meansOf(onTest, test)
	if train.regresses {
		r.Fits = &Fits{fitsOf(onTrain, train), fitsOf(onTest, test)}
	}

	r.GradNorm = meanNorm(e.grad, train)
	return r
}

// wholeCalls is the number of calls in which reaches omits the quick test after it was
// inconclusive.
const wholeCalls = 100

// reaches reports whether an evaluation would meet a target of stop, at a lower cost than evaluate.
func (e *evaluator[T]) reaches(stop Stop, train points[T]) bool {
	depth := len(e.layers)
	if stop.GradNorm == 0 {
		depth = 0
	}

	// If the last part of the gradient alone is too long, the target is not reached. If the
	// gradient norm is the only target, this quick test comes first; once it is inconclusive, it
	// will most likely stay so for a while.
	switch {
	case depth == 0 || stop.TrainLoss > 0 || stop.TrainAccuracy > 0:
	case e.whole > 0:
		e.whole--
	case e.isSteep(stop.GradNorm, train):
		return false
	default:
		e.whole = wholeCalls
	}

	var r Evaluation
	r.TrainLoss, r.TrainAccuracy = meansOf(e.over(train, depth), train)
	r.GradNorm = meanNorm(e.grad, train)

	return stop.reached(r)
}

// isSteep reports whether the gradient with respect to the last layer's parameters alone, which
// needs about half the arithmetic, is longer than a limit. If so, the whole gradient is longer too.
// The margin covers the rounding of two sums of squares in different orders.
func (e *evaluator[T]) isSteep(limit float64, train points[T]) bool {
	e.over(train, 1)
	last := e.layers[len(e.layers)-1]
	part := e.grad[len(e.grad)-len(last.params()):]
	return meanNorm(part, train) > limit*(1+1e-6)
}

// meanNorm returns the norm of the gradient of the mean loss over the points, or of a part of that
// gradient, given the gradient of the summed loss.
func meanNorm[T linalg.Float](summed []T, p points[T]) float64 {
	return math.Sqrt(linalg.SumSquares(summed)) / float64(p.len())
}

// totals holds sums over points.
type totals struct {
	loss    float64
	correct int       // points classified correctly
	squares []float64 // squared errors of each output of a regression
}

// addTotals adds the sums over other points.
func (t *totals) addTotals(other totals) {
	t.loss += other.loss
	t.correct += other.correct
	if t.squares == nil {
		t.squares = other.squares
		return
	}

	for k, v := range other.squares {
		t.squares[k] += v
	}
}

// meansOf returns the mean loss and the accuracy over the points. Both are NaN if there are no
// points, and the accuracy of a regression is always NaN.
func meansOf[T linalg.Float](t totals, p points[T]) (loss, accuracy float64) {
	n := float64(p.len())
	if p.regresses {
		return t.loss / n, math.NaN()
	}
	return t.loss / n, float64(t.correct) / n
}

// fitsOf returns the fit of each output of a regression to the points, or nil if there are no
// points.
func fitsOf[T linalg.Float](t totals, p points[T]) []losses.Fit {
	if p.len() == 0 {
		return nil
	}
	return losses.Fits(t.squares, p.targets, p.units)
}

// over returns sums over the points. If depth is above 0, it leaves in e.grad the gradient of the
// summed loss with respect to the parameters of the last depth layers.
func (e *evaluator[T]) over(p points[T], depth int) totals {
	chunks := (p.len() + e.rows - 1) / e.rows
	each := make([]totals, chunks)
	// Chunks alternate between two evaluators, so that the order of sums does not depend on the
	// number of processors.
	everySecond := func(e *evaluator[T], first int) {
		for _, l := range e.layers {
			l.setWhole(chunks > 1)
		}

		if depth > 0 {
			clear(e.grad)
		}

		for c := first; c < chunks; c += 2 {
			each[c] = e.chunk(p, c*e.rows, depth)
		}
	}

	if chunks < 2 {
		everySecond(e, 0)
	} else {
		if e.other == nil {
			e.other = newEvaluator(e.model, e.loss, e.rows)
		}

		processors.Both(func() {
			everySecond(e, 0)
		}, func() {
			everySecond(e.other, 1)
		})
		if depth > 0 {
			vec.Add(e.grad, e.other.grad)
		}
	}

	// In the order of the chunks, since the sum of losses depends on it.
	var all totals
	for _, t := range each {
		all.addTotals(t)
	}

	return all
}

// chunk returns the sums over the chunk of points that begins at from. It adds the gradient of
// their loss with respect to the last depth layers to e.grad.
func (e *evaluator[T]) chunk(p points[T], from, depth int) (t totals) {
	to := min(from+e.rows, p.len())
	x, y, labels := p.rows(from, to)
	n := to - from
	out := e.forward(x, n)
	var delta []T
	if depth > 0 {
		delta = e.delta[len(e.delta)-1][:len(out)]
	}

	t.loss = losses.Sum(e.loss, out, y, delta, p.outputs, 1)
	e.backward(x, n, depth)
	if p.regresses {
		t.squares = make([]float64, p.outputs)
		losses.AddSquares(t.squares, out, y)
		return t
	}

	t.correct = countCorrect(out, labels, p.outputs)

	return t
}

func (e *evaluator[T]) forward(x []T, n int) []T {
	for i, l := range e.layers {
		_, out := l.dims()
		l.forward(x, e.trail[i], n)
		x = e.trail[i].value[:n*out]
	}
	return x
}

// backward adds to e.grad the gradient of the last depth layers that follows from the delta of the
// outputs.
func (e *evaluator[T]) backward(x []T, n, depth int) {
	end := len(e.grad)
	first := len(e.layers) - depth
	for i := len(e.layers) - 1; i >= first; i-- {
		l := e.layers[i]
		_, out := l.dims()
		delta := e.delta[i][:n*out]
		input := x
		if i > 0 {
			input = e.trail[i-1].value
		}

		from := end - len(l.params())
		l.backwardTheta(input, delta, e.trail[i], e.grad[from:end], n, 1)
		if i > first {
			l.backwardInput(delta, e.delta[i-1], e.trail[i], n)
		}

		end = from
	}
}

// inputGradient returns the gradients of the losses of n points, at most a chunk, with respect to
// their inputs, n×in. The result is valid until the next call.
func (e *evaluator[T]) inputGradient(x, y []T, n int) []T {
	layers := e.layers
	dim, _ := e.model.dims()
	if e.input == nil {
		e.input = make([]T, e.rows*dim)
	}

	out := e.forward(x, n)
	delta := e.delta[len(layers)-1][:len(out)]
	losses.Sum(e.loss, out, y, delta, len(out)/n, 1)
	for i := len(layers) - 1; i >= 0; i-- {
		l, next := layers[i], e.input[:n*dim]
		if i > 0 {
			in, _ := l.dims()
			next = e.delta[i-1][:n*in]
		}

		l.backwardActivation(delta, e.trail[i], n)
		l.backwardInput(delta, next, e.trail[i], n)
		delta = next
	}

	return delta
}

// countCorrect counts the rows of out (n×k) whose largest entry (the first, if several are equal)
// is at the position of the label.
func countCorrect[T linalg.Float](out []T, labels []int, k int) int {
	correct := 0
	for i, label := range labels {
		best, z := 0, out[i*k:(i+1)*k]
		for j, v := range z {
			if v > z[best] {
				best = j
			}
		}

		if best == label {
			correct++
		}
	}

	return correct
}
