package audit

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

const (
	// startsOfPoint is the number of perturbations of a point from which the search starts again,
	// startRounds the number of steps from each.
	startsOfPoint, startRounds = 8, 24
	// firstStep is the length of the first step, as a fraction of the size.
	firstStep = 0.25
	// shrinkings is how often a flip is searched for within a smaller size, with shrinkRounds steps
	// each time. The first size is smaller by the fraction firstShrinking.
	shrinkings, shrinkRounds, firstShrinking = 16, 6, 0.25
	// closeOperations is roughly the number of arithmetic operations that each of these searches
	// may take.
	closeOperations = 1e10
)

// closeCalls holds perturbations of n points at which the decision nearly changed. Trials seldom
// hit a narrow region of another class, but some come close, and steps from there lead into it.
// Each point has startsOfPoint places. The class with the second largest output determines the
// place, so that a single region does not take all of them.
type closeCalls struct {
	hunt
	margins       []float64 // n × startsOfPoint; +Inf for an empty place
	perturbations [][]float64
}

func newCloseCalls(h hunt) *closeCalls {
	places := h.n * startsOfPoint
	return &closeCalls{
		hunt:          h,
		margins:       slices.Repeat([]float64{math.Inf(1)}, places),
		perturbations: make([][]float64, places),
	}
}

// addAll keeps the perturbed points whose outputs are closer to another class than those kept so
// far.
func (c *closeCalls) addAll(y, outputs []float64) {
	for i, class := range c.class {
		second, margin := runnerUp(c.row(outputs, i), class)
		place := i*startsOfPoint + second%startsOfPoint
		// Flips are already kept elsewhere, and NaN is no margin.
		if !(margin >= 0 && margin < c.margins[place]) {
			continue
		}

		c.margins[place] = margin
		c.perturbations[place] = c.ball.perturbation(
			c.perturbations[place],
			c.point(i),
			c.row(y, i),
		)
	}
}

// runnerUp returns the class with the largest output other than the given class, and how much the
// output of the given class exceeds it.
func runnerUp(outputs []float64, class int) (second int, margin float64) {
	second = -1
	for j, v := range outputs {
		if j != class && (second < 0 || v > outputs[second]) {
			second = j
		}
	}

	if second < 0 {
		return 0, math.Inf(1)
	}

	return second, outputs[class] - outputs[second]
}

// followUp runs projected gradient ascent from every kept perturbation, the closest first: it takes
// ever shorter steps, within the size, in the direction in which the class in second place gains
// most.
func (c *closeCalls) followUp(size float64) {
	u := make([]float64, c.n*c.net.In())
	order := c.closestFirst()
	for start := range c.affordable(startsOfPoint, startRounds+1) {
		for i := range c.n {
			clear(c.row(u, i))
			at := c.perturbations[order[i][start]]
			if at != nil {
				copy(c.row(u, i), at)
			}
		}

		c.ascend(u, slices.Repeat([]float64{size}, c.n), startRounds)
	}
}

// closestFirst returns the places of each point, ordered by their margins.
func (c *closeCalls) closestFirst() [][]int {
	order := make([][]int, c.n)
	for i := range order {
		for place := range startsOfPoint {
			order[i] = append(order[i], i*startsOfPoint+place)
		}

		slices.SortStableFunc(order[i], func(a, b int) int {
			return cmp.Compare(c.margins[a], c.margins[b])
		})
	}

	return order
}

// shrink searches for flips smaller than the known ones. It starts from the known flip projected
// onto a smaller ball; if it finds no flip there, it halves the reduction.
func (c *closeCalls) shrink() {
	u, sizes := make([]float64, c.n*c.net.In()), make([]float64, c.n)
	parts := slices.Repeat([]float64{firstShrinking}, c.n)
	for range c.affordable(shrinkings, shrinkRounds+1) {
		before := slices.Clone(c.flips)
		for i, f := range c.flips {
			sizes[i] = 0
			clear(c.row(u, i))
			if f.point != nil && f.size <= math.MaxFloat64 {
				sizes[i] = f.size * (1 - parts[i])
				c.ball.perturbation(c.row(u, i), c.point(i), f.point)
				c.ball.shorten(c.row(u, i), sizes[i])
			}
		}

		c.ascend(u, sizes, shrinkRounds)
		for i, f := range c.flips {
			if f.size == before[i].size {
				parts[i] /= 2
			}
		}
	}
}

// affordable returns how many searches, at most most, there is time for if each takes the given
// number of evaluations.
func (c *closeCalls) affordable(most, evaluations int) int {
	points, _ := c.x.Dims()
	// An evaluation includes a forward and a backward pass.
	each := 3 * evaluation(c.net) * float64(evaluations) * float64(points)

	return int(min(closeOperations/each, float64(most)))
}

// ascend takes ever shorter steps from the perturbations u, n×D, and keeps each within its size.
func (c *closeCalls) ascend(u, sizes []float64, rounds int) {
	y := make([]float64, len(u))
	evaluate := func() []float64 {
		outputs := slices.Clone(c.moved(y, u))
		c.keepAll(y, outputs)
		return outputs
	}

	for round := range rounds {
		left := 1 - float64(round)/float64(rounds)
		c.approach(u, evaluate(), left*firstStep, sizes)
	}

	evaluate() // the points after the last step
}

// approach moves each perturbation by the fraction part of its size. The pass must hold the
// activations of these perturbations.
func (c *closeCalls) approach(u, outputs []float64, part float64, sizes []float64) {
	seeds := make([]float64, len(outputs))
	for i, own := range c.class {
		second, _ := runnerUp(c.row(outputs, i), own)
		seed := c.row(seeds, i)
		seed[second]++
		seed[own]--
	}

	gradients := c.pass.Backward(seeds, nil)
	w := make([]float64, c.net.In())
	for i := range c.n {
		// Step along the gradient, not to a corner of the box, which would jump over a narrow
		// region.
		floats.MulTo(w, c.row(gradients, i), c.ball.unit)
		at := c.row(u, i)
		if length := floats.Norm(w, 2); length > 0 {
			floats.AddScaled(at, part*sizes[i]/length, w)
		}

		c.ball.shorten(at, sizes[i])
	}
}
