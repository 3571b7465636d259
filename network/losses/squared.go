package losses

import (
	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/linalg"
)

// squaredError returns a loss that sums the squared errors of the outputs and divides by a divisor,
// which depends on the number of outputs.
func squaredError(name string, divisor func(outputs int) int) definition {
	over := func(outputs []float64) float64 { return float64(divisor(len(outputs))) }

	return definition{
		name:    name,
		batch32: squaredErrorSum[float32](divisor),
		batch64: squaredErrorSum[float64](divisor),
		at: func(outputs []float64, label int) float64 {
			return squaredErrorAt(outputs, label) / over(outputs)
		},
		gradient: func(g, outputs []float64, label int) {
			copy(g, outputs)
			g[label]--
			floats.Scale(2/over(g), g)
		},
		atTargets: func(outputs, targets []float64) float64 {
			return squaredErrorToTargets(outputs, targets) / over(outputs)
		},
		gradientTargets: func(g, outputs, targets []float64) {
			floats.SubTo(g, outputs, targets)
			floats.Scale(2/over(g), g)
		},
	}
}

func squaredErrorSum[T linalg.Float](divisor func(outputs int) int) batchSum[T] {
	return func(out, target, grad []T, k int, scale T) float64 {
		over := divisor(k)
		scale /= T(over)

		var total float64
		for i, v := range out {
			d := v - target[i]
			total += float64(d) * float64(d)
			if grad != nil {
				grad[i] = 2 * d * scale
			}
		}

		return total / float64(over)
	}
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

func squaredErrorToTargets(outputs, targets []float64) float64 {
	var total float64
	for k, v := range outputs {
		total += (v - targets[k]) * (v - targets[k])
	}
	return total
}
