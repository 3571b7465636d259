package trainer

import (
	"math"

	"liptrack/internal/linalg"
)

// Evaluation is how the network does on all training and test points at the end of an epoch.
type Evaluation struct {
	TrainLoss, TestLoss         float64
	TrainAccuracy, TestAccuracy float64 // fractions in [0, 1]
	// GradNorm is the 2-norm of the gradient of the mean training loss over all parameters.
	GradNorm float64
}

// evaluationRows is the number of points evaluated at once: what keeps the activations of
// common widths in the cache.
const evaluationRows = 512

// evaluator computes losses, accuracies and the full gradient in training precision, with the
// layers' own arithmetic and without Gorgonia.
type evaluator[T linalg.Float] struct {
	model *model[T]
	loss  objective
	value [][]T // of each layer, evaluationRows×out
	slope [][]T
	delta [][]T
	grad  []T // gradient of the loss, laid out as the model's
	input []T // gradient with respect to inputs, once asked for
}

func newEvaluator[T linalg.Float](m *model[T], loss objective) *evaluator[T] {
	e := &evaluator[T]{model: m, loss: loss, grad: make([]T, len(m.grad))}
	for _, l := range m.layers {
		e.value = append(e.value, make([]T, evaluationRows*l.out))
		e.slope = append(e.slope, l.newSlope(evaluationRows))
		e.delta = append(e.delta, make([]T, evaluationRows*l.out))
	}
	return e
}

func (e *evaluator[T]) evaluate(train, test points[T]) Evaluation {
	var r Evaluation
	clear(e.grad)
	r.TrainLoss, r.TrainAccuracy = e.over(train, true)
	r.TestLoss, r.TestAccuracy = e.over(test, false)
	r.GradNorm = math.Sqrt(linalg.SumSquares(e.grad)) / float64(train.len())
	return r
}

// over returns mean loss and accuracy on the points, NaN where there are none, and adds the
// gradient of the summed loss to e.grad if asked.
func (e *evaluator[T]) over(p points[T], gradient bool) (loss, accuracy float64) {
	correct := 0
	for from := 0; from < p.len(); from += evaluationRows {
		x, y, labels := p.rows(from, min(from+evaluationRows, p.len()))
		n := len(labels)
		out := e.forward(x, n)
		var delta []T
		if gradient {
			delta = e.delta[len(e.delta)-1][:len(out)]
		}
		loss += objectiveSum(e.loss, out, y, delta, p.classes, 1)
		correct += countCorrect(out, labels, p.classes)
		if gradient {
			e.backward(x, n)
		}
	}
	n := float64(p.len())
	return loss / n, float64(correct) / n
}

func (e *evaluator[T]) forward(x []T, n int) []T {
	for i, l := range e.model.layers {
		value := e.value[i][:n*l.out]
		l.forward(x, value, e.slope[i], n)
		x = value
	}
	return x
}

// backward adds to e.grad the gradient that follows from the delta of the outputs.
func (e *evaluator[T]) backward(x []T, n int) {
	end := len(e.grad)
	for i := len(e.model.layers) - 1; i >= 0; i-- {
		l := e.model.layers[i]
		delta := e.delta[i][:n*l.out]
		input := x
		if i > 0 {
			input = e.value[i-1]
		}
		l.backwardTheta(input, delta, e.value[i], e.slope[i], e.grad[end-len(l.theta):end], n, 1)
		if i > 0 {
			l.backwardInput(delta, e.delta[i-1], n)
		}
		end -= len(l.theta)
	}
}

// inputGradient returns the gradients of the losses of at most evaluationRows points with respect to
// their inputs, n×in, valid until the next call.
func (e *evaluator[T]) inputGradient(x, y []T, n int) []T {
	layers := e.model.layers
	if e.input == nil {
		e.input = make([]T, evaluationRows*layers[0].in)
	}
	out := e.forward(x, n)
	delta := e.delta[len(layers)-1][:len(out)]
	objectiveSum(e.loss, out, y, delta, len(out)/n, 1)
	for i := len(layers) - 1; i >= 0; i-- {
		l, next := layers[i], e.input[:n*layers[0].in]
		if i > 0 {
			next = e.delta[i-1][:n*l.in]
		}
		l.backwardActivation(delta, l.slopeOr(e.value[i], e.slope[i]))
		l.backwardInput(delta, next, n)
		delta = next
	}
	return delta
}
