package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// fastScales returns the fastScale of each hidden layer.
func (c *chain) fastScales() []float64 {
	scales := make([]float64, len(c.hidden()))
	for i, l := range c.hidden() {
		scales[i] = l.slopes.fastScale()
	}
	return scales
}

// fastScale returns a multiple c of the critical λ for which the bound under the uniform rule does
// not exceed the product: c = 1 + max|a|/max b makes cb² + a²c/(c − 1) = (|a| + b)². For slopes in
// [0, β] it is the 2 of ECLipsE-Fast.
func (s slopes) fastScale() float64 {
	const leastExcess = 1e-6 // keeps c away from 1, where M is singular, if slopes are centred on 0
	if s.linear() {
		return 2
	}
	a, b := floats.Norm(s.mid, math.Inf(1)), floats.Max(s.radius)
	return 1 + max(a/b, leastExcess)
}

// solution is a bound for a chain and the multipliers t that prove it, by hidden layer and neuron.
type solution struct {
	bound       float64
	multipliers [][]float64
}

// A sweep is a golden-section search for log(c − 1) of each hidden layer in turn, from down below
// the current value to up above it, with the given number of steps.
type sweep struct {
	down, up float64
	steps    int
}

var (
	// wide extends to where M is nearly singular, which suits wide layers, and narrows the interval
	// to length 0.02.
	wide = sweep{down: math.Log(1000), up: math.Log(4), steps: 14}
	// narrow extends from half to double the current value, and also narrows the interval to 0.02.
	narrow = sweep{down: math.Ln2, up: math.Ln2, steps: 10}
)

// search improves the bound by varying the scales of the layers, starting from fastScales. With one
// hidden layer the bound is unimodal, because its square is convex in 1/λ, and one sweep suffices.
func (x *relaxation) search() solution {
	scales := x.chain.fastScales()
	best := x.bound(scales)
	sweeps := []sweep{wide, narrow}
	for _, s := range sweeps[:min(len(scales), len(sweeps))] {
		for i, l := range x.chain.hidden() {
			if l.slopes.linear() {
				continue
			}
			// Every trial is a proof, so the best one counts wherever the search ends.
			try := slices.Clone(scales)
			from := math.Log(scales[i] - 1)
			golden(from-s.down, from+s.up, s.steps, func(y float64) float64 {
				try[i] = 1 + math.Exp(y)
				bound := x.bound(try)
				if bound < best {
					best, scales[i] = bound, try[i]
				}
				return bound
			})
		}
	}

	return solution{best, x.multipliers(scales)}
}

// multipliers returns the multipliers t for the scales, by hidden layer and neuron.
func (x *relaxation) multipliers(scales []float64) [][]float64 {
	passages, _, _ := x.runScaled(scales)
	var t [][]float64
	for _, p := range passages {
		layer := make([]float64, len(p.tau))
		for j, tau := range p.tau {
			layer[j] = p.lambda * tau * tau
		}
		t = append(t, layer)
	}
	return t
}

// golden evaluates f the given number of times (at least 2), at points that close in on its minimum
// in [lo, hi] if f is unimodal (J. Kiefer, Proc. AMS 4, 1953).
func golden(lo, hi float64, evaluations int, f func(float64) float64) {
	ratio := (math.Sqrt(5) - 1) / 2
	left, right := hi-ratio*(hi-lo), lo+ratio*(hi-lo)
	atLeft, atRight := f(left), f(right)
	for range evaluations - 2 {
		// The minimum is in [lo, right].
		if atLeft <= atRight {
			hi, right, atRight = right, left, atLeft
			left = hi - ratio*(hi-lo)
			atLeft = f(left)
		} else {
			lo, left, atLeft = left, right, atRight
			right = lo + ratio*(hi-lo)
			atRight = f(right)
		}
	}
}
