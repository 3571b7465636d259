package losses

import (
	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
)

func squaredErrorSum[T linalg.Float](out, target, grad []T, _ int, scale T) float64 {
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

func squaredErrorAt(outputs []float64, label int) float64 {
	var total float64
	for k, v := range outputs {
		if k == label {
			v--
		}
		total += v * v
	}
	return total
}

func squaredErrorGradient(g, outputs []float64, label int) {
	copy(g, outputs)
	g[label]--
	floats.Scale(2, g)
}

func meanSquaredErrorSum[T linalg.Float](out, target, grad []T, k int, scale T) float64 {
	return squaredErrorSum(out, target, grad, k, scale/T(k)) / float64(k)
}

func meanSquaredErrorAt(outputs []float64, label int) float64 {
	return squaredErrorAt(outputs, label) / float64(len(outputs))
}

func meanSquaredErrorGradient(g, outputs []float64, label int) {
	copy(g, outputs)
	g[label]--
	floats.Scale(2/float64(len(g)), g)
}
