package trainer

import (
	"cmp"
	"slices"

	"github.com/liptrack/liptrack/internal/enum"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// Loss is what training minimises, as a function of the network's outputs and one-hot targets.
type Loss int

const (
	// CrossEntropy is −log softmax(f(x))_y, averaged over samples.
	CrossEntropy Loss = iota
	// MSE is Σ_k (f_k(x) − y_k)², averaged over samples: the paper's, K times PyTorch's default.
	MSE
	// MSEMean is the squared error averaged over outputs and samples, PyTorch's default.
	MSEMean
)

var lossNames = []string{CrossEntropy: "cross_entropy", MSE: "mse", MSEMean: "mse_mean"}

// String is the loss's name, as ParseLoss takes it.
func (l Loss) String() string { return lossNames[l] }

// ParseLoss returns the loss of a name: cross_entropy, mse or mse_mean.
func ParseLoss(name string) (Loss, error) {
	return enum.Parse[Loss]("loss", name, lossNames)
}

// objective is a loss of outputs that a temperature multiplies first.
type objective struct {
	Loss
	temperature float64
}

func (c Config) objective() objective { return objective{c.Loss, cmp.Or(c.Temperature, 1)} }

// objectiveSum is lossSum of the outputs times the temperature, with the gradient with respect to
// the outputs themselves.
func objectiveSum[T linalg.Float](o objective, out, target, grad []T, k int, scale T) float64 {
	if o.temperature == 1 {
		return lossSum(o.Loss, out, target, grad, k, scale)
	}
	t := T(o.temperature)
	out = slices.Clone(out)
	vec.Scale(out, t)
	return lossSum(o.Loss, out, target, grad, k, scale*t)
}

// lossSum returns the sum of a loss over the rows of out (n×k), against targets of the same
// shape, and writes scale times its gradient to grad unless that is nil.
func lossSum[T linalg.Float](l Loss, out, target, grad []T, k int, scale T) float64 {
	switch l {
	case CrossEntropy:
		return crossEntropySum(out, target, grad, k, scale)
	case MSEMean:
		return squaredErrorSum(out, target, grad, scale/T(k)) / float64(k)
	default:
		return squaredErrorSum(out, target, grad, scale)
	}
}

// crossEntropySum works on log-probabilities log p = z − max − log Σ exp(z − max), each row
// shifted by its own maximum so that no logit overflows; the gradient is p − y.
func crossEntropySum[T linalg.Float](out, target, grad []T, k int, scale T) float64 {
	p := grad
	if p == nil {
		p = make([]T, len(out))
	}

	for i := 0; i < len(out); i += k {
		subtractMax(p[i:i+k], out[i:i+k])
	}

	vec.Exp(p)
	var total float64
	for i := 0; i < len(out); i += k {
		row := p[i : i+k]
		logSum := vec.Log(sum(row))
		subtractMax(row, out[i:i+k])
		for j, y := range target[i : i+k] {
			row[j] -= logSum
			if y != 0 {
				total -= float64(y) * float64(row[j])
			}
		}
	}

	if grad != nil {
		vec.Exp(p)
		vec.ScaledDifference(p, scale, target)
	}

	return total
}

// subtractMax sets dst to z less its largest entry.
func subtractMax[T linalg.Float](dst, z []T) {
	top := largest(z)
	for j, v := range z {
		dst[j] = v - top
	}
}

// largest is the largest entry of z, NaN if one is. It keeps two maxima, for either waits for
// the one before.
func largest[T linalg.Float](z []T) T {
	a, b := z[0], z[len(z)-1]
	for i := 1; i+1 < len(z); i += 2 {
		a, b = max(a, z[i]), max(b, z[i+1])
	}
	return max(a, b)
}

func squaredErrorSum[T linalg.Float](out, target, grad []T, scale T) float64 {
	var total float64
	for i, v := range out {
		d := v - target[i]
		total += float64(d) * float64(d)
		if grad != nil {
			grad[i] = 2 * d * scale
		}
	}
	return total
}

// countCorrect counts the rows of out (n×k) whose largest entry, the first of equals, is at
// the position of the label.
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
