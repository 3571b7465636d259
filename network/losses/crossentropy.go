package losses

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// crossEntropySum works on log-probabilities log p = z − max − log Σ exp(z − max), each row
// shifted by its own maximum so that no logit overflows; the gradient is p − y.
func crossEntropySum[T linalg.Float](out, target, grad []T, k int, scale T) float64 {
	// The gradient's memory holds the probabilities first, since the gradient is computed from
	// them.
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
		logSum := vec.Log(vec.Sum(row))

		// The exponentials are no longer needed; from here on the row holds log p.
		subtractMax(row, out[i:i+k])
		for j, y := range target[i : i+k] {
			row[j] -= logSum
			if y != 0 { // 0·−∞ would be NaN
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
	top := largestOf(z)
	for j, v := range z {
		dst[j] = v - top
	}
}

// largestOf returns the largest entry of z, or NaN if any entry is NaN.
func largestOf[T linalg.Float](z []T) T {
	// Two running maxima shorten the dependency chain.
	a, b := z[0], z[len(z)-1]
	for i := 1; i+1 < len(z); i += 2 {
		a, b = max(a, z[i]), max(b, z[i+1])
	}
	return max(a, b)
}

func crossEntropyAt(outputs []float64, label int) float64 {
	return floats.LogSumExp(outputs) - outputs[label]
}

func crossEntropyGradient(g, outputs []float64, label int) {
	Softmax(g, outputs)
	g[label]--
}

// Softmax writes the softmax of the first len(p) outputs to p.
func Softmax(p, outputs []float64) {
	copy(p, outputs)
	top := floats.Max(p)
	for k, z := range p {
		p[k] = math.Exp(z - top)
	}
	floats.Scale(1/floats.Sum(p), p)
}
