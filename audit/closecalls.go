package audit

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
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
	search
	margins       []float64 // n × startsOfPoint; +Inf where there is none
	perturbations [][]float64
}

func newCloseCalls(s search, n int) *closeCalls {
	c := &closeCalls{
		search:        s,
		margins:       make([]float64, n*startsOfPoint),
		perturbations: make([][]float64, n*startsOfPoint),
	}
	for i := range c.margins {
		c.margins[i] = math.Inf(1)
	}

	return c
}

// addAll keeps the perturbed points, from one on, of which the outputs are closer to another class
// than those before.
func (c *closeCalls) addAll(class []int, from int, y, outputs []float64) {
	n, d, k := len(class), c.net.In(), c.net.Out()
	x := c.points(from, n)
	for i := range n {
		second, margin := runnerUp(row(outputs, i, k), class[i])
		place := i*startsOfPoint + second%startsOfPoint
		// What has flipped is kept already, and NaN is no margin.
		if !(margin >= 0 && margin < c.margins[place]) {
			continue
		}

		c.margins[place] = margin
		c.perturbations[place] = c.ball.perturbation(c.perturbations[place], row(x, i, d), row(y, i, d))
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
func (c *closeCalls) follow(pass *network.Pass[float64], mine []flip, class []int, from int, size float64) {
	n, d := len(mine), c.net.In()
	u := make([]float64, n*d)
	order := c.closestFirst(n)
	for start := range c.affordable(startsOfPoint, startRounds+1) {
		for i := range n {
			clear(row(u, i, d))
			if at := c.perturbations[order[i][start]]; at != nil {
				copy(row(u, i, d), at)
			}
		}

		sizes := slices.Repeat([]float64{size}, n)
		c.ascend(pass, mine, class, from, u, sizes, startRounds)
	}
}

// closestFirst returns, for each point, its places in the order of their margins.
func (c *closeCalls) closestFirst(n int) [][]int {
	order := make([][]int, n)
	for i := range order {
		for place := range startsOfPoint {
			order[i] = append(order[i], i*startsOfPoint+place)
		}

		slices.SortStableFunc(order[i], func(a, b int) int { return cmp.Compare(c.margins[a], c.margins[b]) })
	}

	return order
}

// shrink looks for a flip within a size smaller than that of the one that was found, from where
// that one is carried by the smaller ball: where it finds none, half as far again.
func (c *closeCalls) shrink(pass *network.Pass[float64], mine []flip, class []int, from int) {
	n, d := len(mine), c.net.In()
	x, u := c.points(from, n), make([]float64, n*d)
	sizes := make([]float64, n)
	parts := slices.Repeat([]float64{firstShrinking}, n)
	for range c.affordable(shrinkings, shrinkRounds+1) {
		before := slices.Clone(mine)
		for i, f := range mine {
			sizes[i] = 0
			clear(row(u, i, d))
			if f.point != nil && f.size <= math.MaxFloat64 {
				sizes[i] = f.size * (1 - parts[i])
				c.ball.perturbation(row(u, i, d), row(x, i, d), f.point)
				c.ball.shorten(row(u, i, d), sizes[i])
			}
		}

		c.ascend(pass, mine, class, from, u, sizes, shrinkRounds)
		for i := range mine {
			if mine[i].size == before[i].size {
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
func (c *closeCalls) ascend(
	pass *network.Pass[float64],
	mine []flip,
	class []int,
	from int,
	u, sizes []float64,
	rounds int,
) {
	y := make([]float64, len(u))
	evaluate := func() []float64 {
		outputs := slices.Clone(c.moved(pass, y, u, from, len(mine)))
		c.keepAll(mine, class, from, y, outputs)
		return outputs
	}

	for round := range rounds {
		left := 1 - float64(round)/float64(rounds)
		c.approach(pass, u, evaluate(), class, left*firstStep, sizes)
	}

	evaluate() // where the last step led
}

// approach takes a step from each perturbation, whose outputs the pass has; the step is a part of
// its size.
func (c *closeCalls) approach(
	pass *network.Pass[float64],
	u, outputs []float64,
	class []int,
	part float64,
	sizes []float64,
) {
	d, k := c.net.In(), c.net.Out()
	seeds := make([]float64, len(outputs))
	for i, own := range class {
		second, _ := runnerUp(row(outputs, i, k), own)
		seed := row(seeds, i, k)
		seed[second]++
		seed[own]--
	}

	gradients := pass.Backward(seeds, nil)
	w := make([]float64, d)
	for i := range class {
		// Along the gradient, and not to a corner of the box, which is across a narrow region.
		floats.MulTo(w, row(gradients, i, d), c.ball.unit)
		at := row(u, i, d)
		if length := floats.Norm(w, 2); length > 0 {
			floats.AddScaled(at, part*sizes[i]/length, w)
		}

		c.ball.shorten(at, sizes[i])
	}
}
