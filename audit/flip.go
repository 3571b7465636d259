package audit

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// flip is a perturbation that changes the decision at a point.
type flip struct {
	point []float64 // the perturbed point
	size  float64   // +Inf if no flip was found
	to    int       // the class of the perturbed point
}

const (
	flipRounds = 32
	bisections = 20
	// Steps go beyond the estimated boundary by a fraction that starts at leastOvershoot and grows
	// by overshootFactor each round; after overshootTurns rounds it starts again.
	leastOvershoot, overshootFactor, overshootTurns = 0.01, 2, 8
)

// flips searches for the smallest perturbation of each point that changes its class; classes are
// the classes of the points.
//
// The network is linearised where the last step ended, and the next step goes to the point on the
// linearised boundary of a class that is nearest to x: the iteration of A. M. Hasofer and N. C.
// Lind (1974), R. Rackwitz and B. Fiessler (1978), here for the nearest of all classes and in the
// norm of the ball. Bisection then shortens the smallest perturbation that crossed a boundary.
// Random trials of the given sizes cover places where gradients vanish (see trials), and trials
// that came close start new steps (see closeCalls). The candidates, N×D each, are points found by
// other searches. Finally each point tries its nearest neighbour of another class (see neighbours).
func (s search) flips(
	ctx context.Context,
	classes []int,
	candidates []*mat.Dense,
	sizes []float64,
) ([]flip, error) {
	found := make([]flip, len(classes))
	most := min(max(flipTrialsOfAll/len(classes), mostTrials), flipTrials)
	tried := s.trials(sizes, most)
	err := s.chunks(ctx, func(c chunk) {
		h := newHunt(c, classes, found)

		// Every flip that is found is smaller than +Inf.
		for i := range h.flips {
			h.flips[i].size = math.Inf(1)
		}

		h.followBoundaries()
		near := newCloseCalls(h)
		keep := func(y, outputs []float64) {
			h.keepAll(y, outputs)
			near.addAll(y, outputs)
		}

		for _, perturbed := range candidates {
			y := c.rows(perturbed)
			keep(y, c.pass.Forward(y, c.n))
		}

		tried.evaluate(c, keep)
		// Bisected flips may be smaller than any trial inside the ball, so these come afterwards.
		h.bisect()
		tried.draw(c, "inside", c.drawInterior, keep)
		near.followUp(slices.Max(sizes) * inside)
		h.bisect()
		near.shrink()
	})

	if err != nil {
		return nil, err
	}

	others := s.neighbours(classes, found)
	err = s.chunks(ctx, func(c chunk) {
		h := newHunt(c, classes, found)
		y := slices.Clone(c.rows(s.x))
		for i, f := range h.flips {
			at := s.ball.nearest(c.point(i), h.class[i], f.size, others)
			if at != nil {
				copy(c.row(y, i), at)
			}
		}

		h.keepAll(y, c.pass.Forward(y, c.n))
		h.bisect()
	})

	return found, err
}

// hunt is the search for flips of the points of a chunk, whose classes are known.
type hunt struct {
	chunk
	class []int
	flips []flip
}

func newHunt(c chunk, classes []int, flips []flip) hunt {
	return hunt{c, classes[c.from:][:c.n], flips[c.from:][:c.n]}
}

// followBoundaries takes steps to the linearised boundaries of the classes.
func (h hunt) followBoundaries() {
	d, k := h.net.In(), h.net.Out()
	u, y := make([]float64, h.n*d), make([]float64, h.n*d)
	aim := aim{
		h.search,
		make([]float64, k),
		make([]float64, d),
		make([]float64, d),
		make([]float64, d),
	}

	rounds := h.rounds(flipRounds, jacobianOperations(h.net))
	for round := range rounds {
		outputs := slices.Clone(h.moved(y, u))
		jacobian := h.pass.Jacobian(len(h.net.Layers))
		// Nothing flips exactly at the boundary; how far beyond it suffices depends on the
		// curvature.
		beyond := 1 + leastOvershoot*math.Pow(overshootFactor, float64(round%overshootTurns))
		// Full steps may jump between two points forever, so steps of the second half are averaged.
		damped := round >= rounds/2
		h.keepAll(y, outputs)
		for i, class := range h.class {
			aim.stepTowards(
				h.row(u, i),
				h.row(jacobian, i),
				h.row(outputs, i),
				class,
				beyond,
				damped,
			)
		}
	}
}

// keepAll calls keep for every perturbed point of the chunk.
func (h hunt) keepAll(y, outputs []float64) {
	for i := range h.n {
		h.keep(i, y, outputs)
	}
}

// keep replaces the i-th flip with the perturbed point if this is nearer and has another class.
func (h hunt) keep(i int, y, outputs []float64) {
	at, point := h.row(outputs, i), h.row(y, i)
	to := floats.MaxIdx(at)
	// A tie is no flip, and neither is NaN.
	if !(at[to] > at[h.class[i]]) {
		return
	}
	size := h.ball.sizeOf(h.point(i), point)
	if size < h.flips[i].size {
		h.flips[i] = flip{slices.Clone(point), size, to}
	}
}

// aim chooses the next step of a search for a flip.
type aim struct {
	search
	g, w, nearest, next []float64
}

// stepTowards replaces u with beyond times the point nearest to 0 at which, in the linearisation at
// u, some other output equals the output of the class. If damped, it moves only half the way there.
// If there is no such point, u does not change.
func (a aim) stepTowards(u, jacobian, outputs []float64, class int, beyond float64, damped bool) {
	least := math.Inf(1)
	for j := range outputs {
		if j == class {
			continue
		}

		clear(a.g)
		a.g[j], a.g[class] = 1, -1
		a.pullback(a.w, jacobian, a.g)

		// The gap is extrapolated to u = 0, since steps are measured from x and not from the end of
		// the last step.
		gap := outputs[class] - outputs[j] + floats.Dot(a.w, u)
		distance := gap / a.ball.dual(a.w)
		if distance > 0 && distance < least {
			least = distance
			copy(a.nearest, a.w)
		}
	}

	if !(least <= math.MaxFloat64) {
		return
	}

	a.ball.steepestPoint(a.next, a.nearest, least*beyond)
	if damped {
		floats.Add(a.next, u)
		floats.Scale(0.5, a.next)
	}

	copy(u, a.next)
}

// bisect shortens flips as long as the class stays changed.
func (h hunt) bisect() {
	d := h.net.In()
	kept, whole := make([]float64, h.n), make([]float64, h.n*d)
	for i, f := range h.flips {
		if f.point != nil {
			floats.SubTo(h.row(whole, i), f.point, h.point(i))
		}
	}

	// kept and high are fractions of the whole perturbation: at kept the class is still the point's
	// own, at high it has changed.
	high := slices.Repeat([]float64{1}, h.n)
	y := make([]float64, h.n*d)
	for range bisections {
		for i := range h.n {
			floats.AddScaledTo(h.row(y, i), h.point(i), (kept[i]+high[i])/2, h.row(whole, i))
		}

		outputs := h.pass.Forward(y, h.n)
		for i, class := range h.class {
			middle, at := (kept[i]+high[i])/2, h.row(outputs, i)
			if !(floats.Max(at) > at[class]) {
				kept[i] = middle
				continue
			}

			high[i] = middle
			h.keep(i, y, outputs)
		}
	}
}
