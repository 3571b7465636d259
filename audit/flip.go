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
	point []float64 // perturbed
	size  float64   // +Inf if there is none
	to    int       // the other class
}

const (
	flipRounds = 32
	bisections = 20
	// Steps go farther than to the estimated boundary by a part that grows from least by a factor,
	// in so many turns.
	leastOvershoot, overshootFactor, overshootTurns = 0.01, 2, 8
)

// flips looks for the smallest perturbation of each point that changes its class, given what they
// are.
//
// Each step goes to the point nearest to x on the boundary of a class as it is to first order where
// the last one ended: the iteration of A. M. Hasofer and N. C. Lind (1974), R. Rackwitz and B.
// Fiessler (1978), here for the nearest of all classes and in the norm of the ball. Of the smallest
// perturbation that crossed a boundary, as much is taken back as a bisection allows. Where
// gradients lead nowhere, trials of the sizes do: see trials; from those that came close steps are
// taken again: see closeCalls. The candidates, N×D each, are points
// that other searches found. In the end each point tries what was found of the others: see
// neighbours.
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

		// Any flip is smaller than none.
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
		// What is taken back may be smaller than any trial inside.
		h.bisect()
		tried.draw(c, "inside", c.drawInterior, keep)
		near.follow(slices.Max(sizes) * inside)
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

// hunt is the search for flips of a chunk's points, of which the classes are known.
type hunt struct {
	chunk
	class []int
	flips []flip
}

func newHunt(c chunk, classes []int, flips []flip) hunt {
	return hunt{c, classes[c.from:][:c.n], flips[c.from:][:c.n]}
}

// followBoundaries takes steps to the boundaries of the classes, as their first order tells.
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
		// Exactly at the boundary nothing flips; how far beyond is enough depends on the curvature.
		beyond := 1 + leastOvershoot*math.Pow(overshootFactor, float64(round%overshootTurns))
		// Full steps may jump between two points for ever; from half time on they are averaged.
		damped := round >= rounds/2
		h.keepAll(y, outputs)
		for i, class := range h.class {
			aim.step(h.row(u, i), h.row(jacobian, i), h.row(outputs, i), class, beyond, damped)
		}
	}
}

// keepAll keeps the flips among perturbed points and their outputs.
func (h hunt) keepAll(y, outputs []float64) {
	for i := range h.n {
		h.keep(i, y, outputs)
	}
}

// keep replaces the i-th flip by the perturbed point if that is nearer and has another class.
func (h hunt) keep(i int, y, outputs []float64) {
	at, point := h.row(outputs, i), h.row(y, i)
	to := floats.MaxIdx(at)
	// A tie is no flip, nor is what float64 cannot hold.
	if !(at[to] > at[h.class[i]]) {
		return
	}
	size := h.ball.size(h.point(i), point)
	if size < h.flips[i].size {
		h.flips[i] = flip{slices.Clone(point), size, to}
	}
}

// aim chooses the next step of a search for a flip.
type aim struct {
	search
	g, w, nearest, next []float64
}

// step replaces u by the point nearest to 0 at which, to first order at u, some other output equals
// that of the class, times beyond, or goes half the way there. Without such a point u stays.
func (a aim) step(u, jacobian, outputs []float64, class int, beyond float64, damped bool) {
	least := math.Inf(1)
	for j := range outputs {
		if j == class {
			continue
		}

		clear(a.g)
		a.g[j], a.g[class] = 1, -1
		a.pullback(a.w, jacobian, a.g)

		// To first order the outputs at u = 0, since steps are measured from x and not from where
		// the last one ended.
		gap := outputs[class] - outputs[j] + floats.Dot(a.w, u) // at u = 0
		distance := gap / a.ball.dual(a.w)
		if distance > 0 && distance < least {
			least = distance
			copy(a.nearest, a.w)
		}
	}

	if !(least <= math.MaxFloat64) {
		return
	}

	a.ball.steepest(a.next, a.nearest, least*beyond)
	if damped {
		floats.Add(a.next, u)
		floats.Scale(0.5, a.next)
	}

	copy(u, a.next)
}

// bisect shortens flips as far as the class stays changed.
func (h hunt) bisect() {
	d := h.net.In()
	kept, whole := make([]float64, h.n), make([]float64, h.n*d)
	for i, f := range h.flips {
		if f.point != nil {
			floats.SubTo(h.row(whole, i), f.point, h.point(i))
		}
	}

	// Parts of the whole perturbation: at kept the class is still the point's own, at high it is
	// another.
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
