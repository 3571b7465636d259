package bounds

import "gonum.org/v1/gonum/floats"

// lbfgs minimises f, which returns a value and a gradient, from x by the limited-memory BFGS
// method with backtracking (J. Nocedal and S. Wright, Numerical Optimization, 2nd ed., algorithms
// 7.4 and 3.1). A value of +Inf marks a point outside the domain of f. It returns the best point
// after so many evaluations, or when a step gains less than gain.
func lbfgs(x []float64, evaluations int, gain float64, f func([]float64) (float64, []float64)) []float64 {
	const sufficient = 1e-4 // of the decrease that the gradient promises
	value, gradient := f(x)
	var memory curvature
	for used := 1; used < evaluations; {
		direction := memory.direction(gradient)
		slope := floats.Dot(gradient, direction)
		if !(slope < 0) {
			break
		}

		step := 1.0
		if len(memory.s) == 0 {
			step = 1 / max(1, floats.Norm(gradient, 2))
		}

		next := make([]float64, len(x))
		var v float64
		var g []float64
		for {
			floats.AddScaledTo(next, x, step, direction)
			v, g = f(next)
			used++
			if v <= value+sufficient*step*slope {
				break
			}
			if used >= evaluations {
				return x
			}
			step /= 2
		}

		gained := value - v
		memory.add(x, next, gradient, g)
		x, value, gradient = next, v, g
		if gained < gain {
			break
		}
	}

	return x
}

// curvature remembers the last steps s and the changes y of the gradient along them.
type curvature struct{ s, y [][]float64 }

func (c *curvature) add(x, next, gradient, nextGradient []float64) {
	const most, least = 15, 1e-12
	s, y := make([]float64, len(x)), make([]float64, len(x))
	floats.SubTo(s, next, x)
	floats.SubTo(y, nextGradient, gradient)
	if !(floats.Dot(s, y) > least*floats.Norm(s, 2)*floats.Norm(y, 2)) {
		return // along this step f is not convex
	}
	c.s, c.y = append(c.s, s), append(c.y, y)
	if len(c.s) > most {
		c.s, c.y = c.s[1:], c.y[1:]
	}
}

// direction returns −H·gradient, where H approximates the inverse of the Hessian.
func (c *curvature) direction(gradient []float64) []float64 {
	d := make([]float64, len(gradient))
	floats.SubTo(d, d, gradient)
	weights := make([]float64, len(c.s))
	for i := len(c.s) - 1; i >= 0; i-- {
		weights[i] = floats.Dot(c.s[i], d) / floats.Dot(c.s[i], c.y[i])
		floats.AddScaled(d, -weights[i], c.y[i])
	}

	if last := len(c.s) - 1; last >= 0 {
		floats.Scale(floats.Dot(c.s[last], c.y[last])/floats.Dot(c.y[last], c.y[last]), d)
	}

	for i, s := range c.s {
		floats.AddScaled(d, weights[i]-floats.Dot(c.y[i], d)/floats.Dot(s, c.y[i]), s)
	}

	return d
}
