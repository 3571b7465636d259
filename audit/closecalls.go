package audit

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

const (
	// startsOfPoint is from how many perturbations of a point the search begins once more, and
	// startRounds how many steps each takes.
	startsOfPoint, startRounds = 8, 24
	// firstStep is the length of the first of them, in parts of the size.
	firstStep = 0.25
	// shrinkings is how often a flip is looked for within a smaller size, in shrinkRounds steps;
	// the first is smaller by firstShrinking.
	shrinkings, shrinkRounds, firstShrinking = 16, 6, 0.25
	// closeOperations is about how many arithmetic operations all these may take.
	closeOperations = 1e10
)

// closeCalls are perturbations of n points at which the decision nearly changed. A narrow region of
// another class is seldom hit by a trial, but trials beside it come close, and the steps from there
// lead into it. Each point has startsOfPoint places; a perturbation goes to that of the class in
// second place, so that a single region does not take them all.
type closeCalls struct {
	hunt
	margins       []float64 // n × startsOfPoint; +Inf where there is none
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

// addAll keeps the perturbed points of which the outputs are closer to another class than those
// before.
func (c *closeCalls) addAll(y, outputs []float64) {
	for i, class := range c.class {
		second, margin := runnerUp(c.row(outputs, i), class)
		place := i*startsOfPoint + second%startsOfPoint
		// What has flipped is kept already, and NaN is no margin.
		if !(margin >= 0 && margin < c.margins[place]) {
			continue
		}

		c.margins[place] = margin
		c.perturbations[place] = c.ball.perturbation(c.perturbations[place], c.point(i), c.row(y, i))
	}
}

// runnerUp returns the class of the largest output but one's own, and by how much its own is above.
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

// follow goes from every perturbation that was kept, the closest first, in the direction in which
// the class in second place gains most, in ever shorter steps, within the size: projected gradient
// ascent.
func (c *closeCalls) follow(size float64) {
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

// closestFirst returns, for each point, its places in the order of their margins.
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

// shrink looks for a flip within a size smaller than that of the one that was found, from where
// that one is carried by the smaller ball: where it finds none, half as far again.
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

// affordable returns how many of a number of searches, of so many evaluations each, there is time
// for.
func (c *closeCalls) affordable(most, evaluations int) int {
	points, _ := c.x.Dims()
	// An evaluation goes through the network and back.
	each := 3 * evaluation(c.net) * float64(evaluations) * float64(points)

	return int(min(closeOperations/each, float64(most)))
}

// ascend takes ever shorter steps from the perturbations u, n×D, each within its size.
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

	evaluate() // where the last step led
}

// approach takes a step from each perturbation, whose outputs the pass has; the step is a part of
// its size.
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
		// Along the gradient, and not to a corner of the box, which is across a narrow region.
		floats.MulTo(w, c.row(gradients, i), c.ball.unit)
		at := c.row(u, i)
		if length := floats.Norm(w, 2); length > 0 {
			floats.AddScaled(at, part*sizes[i]/length, w)
		}

		c.ball.shorten(at, sizes[i])
	}
}
