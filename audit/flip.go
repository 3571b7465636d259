package audit

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
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
	err := s.chunks(ctx, func(pass *network.Pass[float64], from, n int) {
		mine, class := found[from:from+n], classes[from:from+n]

		// Any flip is smaller than none.
		for i := range mine {
			mine[i].size = math.Inf(1)
		}

		s.followBoundaries(pass, mine, class, from)
		near := newCloseCalls(s, n)
		keep := func(y, outputs []float64) {
			s.keepAll(mine, class, from, y, outputs)
			near.addAll(class, from, y, outputs)
		}

		d := s.net.In()
		for _, perturbed := range candidates {
			y := perturbed.RawMatrix().Data[from*d : (from+n)*d]
			keep(y, pass.Forward(y, n))
		}

		tried.evaluate(s, pass, from, n, keep)
		// What is taken back may be smaller than any trial inside.
		s.bisect(pass, mine, class, from)
		tried.evaluateInside(s, pass, from, n, keep)
		near.follow(pass, mine, class, from, slices.Max(sizes)*inside)
		s.bisect(pass, mine, class, from)
		near.shrink(pass, mine, class, from)
	})

	if err != nil {
		return nil, err
	}

	others := s.neighbours(classes, found)
	err = s.chunks(ctx, func(pass *network.Pass[float64], from, n int) {
		mine, class := found[from:from+n], classes[from:from+n]
		y := slices.Clone(s.points(from, n))
		for i := range n {
			if at := s.ball.nearest(s.x.RawRowView(from+i), class[i], mine[i].size, others); at != nil {
				copy(row(y, i, s.net.In()), at)
			}
		}

		s.keepAll(mine, class, from, y, pass.Forward(y, n))
		s.bisect(pass, mine, class, from)
	})

	return found, err
}

// followBoundaries takes steps to the boundaries of the classes from n points on, as their first
// order tells.
func (s search) followBoundaries(pass *network.Pass[float64], mine []flip, class []int, from int) {
	n, d, k := len(mine), s.net.In(), s.net.Out()
	u, y := make([]float64, n*d), make([]float64, n*d)
	aim := newAim(s, d)

	rounds := s.rounds(flipRounds, jacobianOperations(s.net))
	for round := range rounds {
		outputs := slices.Clone(s.moved(pass, y, u, from, n))
		jacobian := pass.Jacobian(len(s.net.Layers))
		// Exactly at the boundary nothing flips; how far beyond is enough depends on the curvature.
		beyond := 1 + leastOvershoot*math.Pow(overshootFactor, float64(round%overshootTurns))
		// Full steps may jump between two points for ever; from half time on they are averaged.
		damped := round >= rounds/2
		for i := range n {
			s.keep(
				&mine[i],
				row(s.points(from, n), i, d),
				row(y, i, d),
				row(outputs, i, k),
				class[i],
			)
			aim.step(
				row(u, i, d),
				row(jacobian, i, k*d),
				row(outputs, i, k),
				class[i],
				beyond,
				damped,
			)
		}
	}
}

// keepAll keeps the flips among perturbed points and their outputs.
func (s search) keepAll(flips []flip, class []int, from int, y, outputs []float64) {
	n, d, k := len(flips), s.net.In(), s.net.Out()
	x := s.points(from, n)
	for i := range n {
		s.keep(&flips[i], row(x, i, d), row(y, i, d), row(outputs, i, k), class[i])
	}
}

// keep replaces the flip by the perturbation from x to y if that is smaller and changes the class.
func (s search) keep(f *flip, x, y, outputs []float64, class int) {
	to := floats.MaxIdx(outputs)
	if !(outputs[to] > outputs[class]) { // a tie is no flip, nor is what float64 cannot hold
		return
	}
	if size := s.ball.size(x, y); size < f.size {
		*f = flip{slices.Clone(y), size, to}
	}
}

// aim chooses the next step of a search for a flip.
type aim struct {
	search
	g, w, nearest, next []float64
}

func newAim(s search, d int) aim {
	return aim{
		s,
		make([]float64, s.net.Out()),
		make([]float64, d),
		make([]float64, d),
		make([]float64, d),
	}
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
		if distance := gap / a.ball.dual(a.w); distance > 0 && distance < least {
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
func (s search) bisect(pass *network.Pass[float64], flips []flip, class []int, from int) {
	d, k := s.net.In(), s.net.Out()
	x := s.points(from, len(flips))
	kept, whole := make([]float64, len(flips)), make([]float64, len(x))
	for i, f := range flips {
		if f.point != nil {
			floats.SubTo(row(whole, i, d), f.point, row(x, i, d))
		}
	}

	// Parts of the whole perturbation: at kept the class is still the point's own, at high it is
	// another.
	high := slices.Repeat([]float64{1}, len(flips))
	y := make([]float64, len(x))
	for range bisections {
		for i := range flips {
			floats.AddScaledTo(row(y, i, d), row(x, i, d), (kept[i]+high[i])/2, row(whole, i, d))
		}

		outputs := pass.Forward(y, len(flips))
		for i := range flips {
			if at := row(outputs, i, k); !(floats.Max(at) > at[class[i]]) {
				kept[i] = (kept[i] + high[i]) / 2
				continue
			}
			high[i] = (kept[i] + high[i]) / 2
			s.keep(&flips[i], row(x, i, d), row(y, i, d), row(outputs, i, k), class[i])
		}
	}
}
