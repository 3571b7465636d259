package bounds

import "gonum.org/v1/gonum/floats"

// lbfgs minimises f, which returns a value and a gradient, from x by the limited-memory BFGS method
// with backtracking (J. Nocedal and S. Wright, Numerical Optimization, 2nd ed., algorithms 7.4 and
// 3.1). A value of +Inf marks a point outside the domain of f. It returns the best point after the
// given number of evaluations, or as soon as a step gains less than gain.
func lbfgs(x []float64, evaluations int, gain float64, f func([]float64) (float64, []float64)) []float64 {
	const sufficient = 1e-4 // share of the decrease that the gradient predicts
	value, gradient := f(x)
	var memory curvature
	for used := 1; used < evaluations; {
		direction := memory.direction(gradient)
		// No descent direction: rounding errors dominate, or the minimum is reached.
		slope := floats.Dot(gradient, direction)
		if !(slope < 0) {
			break
		}

		step := 1.0
		// Without a memory the direction is the negative gradient, whose length does not indicate
		// the distance to the minimum.
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
			// This is never true for +Inf, outside the domain.
			if v <= value+sufficient*step*slope {
				break
			}
			if used >= evaluations {
				return x
			}
			step /= 2
		}

		gained := value - v
		memory.remember(x, next, gradient, g)
		x, value, gradient = next, v, g
		if gained < gain {
			break
		}
	}

	return x
}

// curvature stores the last steps s and the changes y of the gradient along them.
type curvature struct{ s, y [][]float64 }

// remember adds the step from x to next, given the gradients at both points.
func (c *curvature) remember(x, next, gradient, nextGradient []float64) {
	const most, least = 15, 1e-12
	s, y := make([]float64, len(x)), make([]float64, len(x))
	floats.SubTo(s, next, x)
	floats.SubTo(y, nextGradient, gradient)
	if !(floats.Dot(s, y) > least*floats.Norm(s, 2)*floats.Norm(y, 2)) {
		return // f is not convex along this step
	}

	c.s = append(c.s, s)
	c.y = append(c.y, y)
	if len(c.s) > most {
		c.s, c.y = c.s[1:], c.y[1:]
	}
}

// direction returns −H·gradient, where H approximates the inverse of the Hessian.
func (c *curvature) direction(gradient []float64) []float64 {
	d := make([]float64, len(gradient))
	floats.SubTo(d, d, gradient)
	// The two-loop recursion (algorithm 7.4), first from newest to oldest step and then back.
	weights := make([]float64, len(c.s))
	for i := len(c.s) - 1; i >= 0; i-- {
		weights[i] = floats.Dot(c.s[i], d) / floats.Dot(c.s[i], c.y[i])
		floats.AddScaled(d, -weights[i], c.y[i])
	}

	// Between the loops the Hessian is approximated by a multiple of I that fits the last step
	// (7.20).
	if last := len(c.s) - 1; last >= 0 {
		s, y := c.s[last], c.y[last]
		floats.Scale(floats.Dot(s, y)/floats.Dot(y, y), d)
	}

	for i, s := range c.s {
		floats.AddScaled(d, weights[i]-floats.Dot(c.y[i], d)/floats.Dot(s, c.y[i]), s)
	}

	return d
}
