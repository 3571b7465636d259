package audit

import (
	"context"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// every stands for all outputs, whose change is measured in the 2-norm, in place of the index of
// one output.
const every = -1

const (
	changeRounds = 8
	powerSteps   = 20
	// inside shrinks perturbations so that rounding cannot carry them out of the tolerance.
	inside = 1 - 0x1p-20
)

// changes searches, for each point, for the perturbation of at most the given size that changes the
// output most. It returns the perturbed points, N×D.
//
// A convex function of u, such as the squared change of a locally linear network, grows with every
// step to the point of the ball that is farthest along its gradient (M. Journée et al., JMLR 11,
// 2010). These steps start in both directions of the largest first-order change. Where gradients
// vanish, random trials take their place.
func (s search) changes(ctx context.Context, size float64, output int) (*mat.Dense, error) {
	found := mat.DenseCopyOf(s.x)
	tried := s.trials([]float64{size}, mostTrials)
	err := s.chunks(ctx, func(c chunk) {
		a := newAscent(c, output)
		// The change is nearly symmetric in u, so only ascents from both sides find the larger
		// maximum.
		for _, side := range []float64{1, -1} {
			a.begin(side, size*inside)
			for range s.rounds(changeRounds, 2*evaluation(s.net)) {
				a.advance(size, found)
			}
		}

		tried.evaluate(c, func(y, outputs []float64) {
			a.keepLargest(y, outputs, size, found)
		})
	})

	return found, err
}

// ascent maximises the changes of the outputs at a chunk of points.
type ascent struct {
	chunk
	output int

	at, jacobian []float64 // outputs and Jacobians at the unperturbed points
	largest      []float64 // largest change found for each point
	u, y, w      []float64 // perturbations, perturbed points, a gradient
}

func newAscent(c chunk, output int) *ascent {
	d := c.net.In()
	return &ascent{
		chunk:    c,
		output:   output,
		at:       slices.Clone(c.evaluate()),
		jacobian: slices.Clone(c.pass.Jacobian(len(c.net.Layers))),
		largest:  make([]float64, c.n),
		u:        make([]float64, c.n*d),
		y:        make([]float64, c.n*d),
		w:        make([]float64, d),
	}
}

// begin sets the perturbations to the given size in the direction of the largest first-order change
// (side 1) or its opposite (side −1).
func (a *ascent) begin(side, size float64) {
	for i := range a.n {
		a.startDirection(a.w, a.row(a.jacobian, i), a.output)
		floats.Scale(side, a.w)
		a.ball.steepestPoint(a.row(a.u, i), a.w, size)
	}
}

// advance evaluates the perturbed points, writes those with the largest change so far to found, and
// takes a step.
func (a *ascent) advance(size float64, found *mat.Dense) {
	outputs := a.moved(a.y, a.u)
	a.keepLargest(a.y, outputs, size, found)

	gradients := a.pass.Backward(outputs, nil)
	for i := range a.n {
		floats.MulTo(a.w, a.row(gradients, i), a.ball.unit)
		a.ball.steepestPoint(a.row(a.u, i), a.w, size*inside)
	}
}

// keepLargest replaces the outputs at perturbed points with their changes, and writes the points
// with the largest change so far to found.
func (a *ascent) keepLargest(y, outputs []float64, size float64, found *mat.Dense) {
	for i := range a.n {
		change, point := a.row(outputs, i), a.row(y, i)
		floats.Sub(change, a.row(a.at, i))
		only(change, a.output)

		// Rounding may have carried the point out of the tolerance.
		c := floats.Norm(change, 2)
		if c > a.largest[i] && a.ball.sizeOf(a.point(i), point) <= size {
			a.largest[i] = c
			found.SetRow(a.from+i, point)
		}
	}
}

// startDirection writes to w a gradient along which the output changes most to first order. For all
// outputs together, power steps find it; they start from the output with the steepest gradient,
// with a small part of the others added.
func (s search) startDirection(w, jacobian []float64, output int) {
	k := len(jacobian) / len(w)
	g := make([]float64, k)
	if output != every {
		g[output] = 1
		s.pullback(w, jacobian, g)
		return
	}

	const little = 0.1
	steepest, longest := 0, 0.0

	// Power steps converge to a maximum near their start, so they start at the output that grows
	// most.
	for i := range k {
		clear(g)
		g[i] = 1
		if s.pullback(w, jacobian, g); s.ball.dual(w) > longest {
			steepest, longest = i, s.ball.dual(w)
		}
	}

	// A small part of every output keeps the start from being orthogonal to the wanted direction.
	for i := range g {
		g[i] = little
	}

	g[steepest] = 1
	s.pullback(w, jacobian, g)
	u := make([]float64, len(w))
	for range powerSteps {
		s.ball.steepestPoint(u, w, 1)
		floats.Mul(u, s.ball.unit)
		for i := range k {
			g[i] = floats.Dot(row(jacobian, i, len(w)), u)
		}

		s.pullback(w, jacobian, g)
	}
}

// only sets all outputs except the given one to 0. It changes nothing if output is every.
func only(change []float64, output int) {
	if output == every {
		return
	}
	v := change[output]
	clear(change)
	change[output] = v
}

// seenChanges returns, for each output, a lower bound of its change from x to y that includes
// rounding.
func (e *encloser) seenChanges(x, y []float64) []float64 {
	from, to := e.values(x), e.values(y)
	change := make([]float64, len(from.at))
	for k := range change {
		apart := rounding.SumDown(math.Abs(from.at[k]-to.at[k]), 1)
		// Both ends have rounding errors. Both are subtracted, since a reported change must be
		// real.
		change[k] = rounding.SumDown(apart-rounding.SumUp(from.err[k]+to.err[k], 1), 1)
		if !(change[k] <= math.MaxFloat64) { // overflow or NaN
			change[k] = 0
		}
	}
	return change
}

// values encloses the outputs at a point.
func (e *encloser) values(x []float64) values {
	p, ranges := e.outputs(x, 0)
	last := len(e.layers) - 1
	return p.activate(e.net.Layers[last], ranges[last])
}

// possible returns an upper bound of the change of the output under any perturbation of x up to the
// size, +Inf if it is beyond float64.
func (e *encloser) possible(x []float64, size float64, output int) float64 {
	p, ranges := e.outputs(x, size)
	change, rest := make([]float64, len(p.at)), make([]float64, len(p.at))
	steepest := 0.0
	for k, r := range ranges[len(ranges)-1] {
		slope := max(math.Abs(r.Low), math.Abs(r.High))
		steepest = max(steepest, slope)
		change[k] = rounding.SumUp(slope*p.reach[k], 1)
		rest[k] = rounding.SumUp(size*p.linearErr[k]+p.rest[k], 2)
	}

	var most float64
	if output != every {
		most = change[output]
	} else {
		// The change can be bounded output by output, or for all outputs at once by the spectral
		// norm of the derivative. Neither bound is always the smaller one.
		linear := 0.0
		if p.linear != nil {
			linear = linalg.SpectralNormUpper(p.linear) * e.ball.inTwo() * size
		}
		together := rounding.SumUp(steepest*(linear+rounding.Norm2Up(rest)), 4)
		most = min(rounding.Norm2Up(change), together)
	}

	if math.IsNaN(most) { // from infinities
		return math.Inf(1)
	}

	return most
}

// largestPossible bounds the change of the outputs at the given points under perturbations of the
// given size. anywhere is such a bound that is valid at every point. For the points with the
// largest bounds, as many as time allows, it is refined by the ranges of the slopes near the point.
func (e *encloser) largestPossible(
	ctx context.Context,
	x *mat.Dense,
	size, anywhere float64,
) (float64, error) {
	n, _ := x.Dims()
	bound := make([]float64, n)
	err := processors.EachUntil(ctx, n, func(i int) error {
		bound[i] = min(e.possible(x.RawRowView(i), size, every), anywhere)
		return nil
	})

	if err != nil {
		return 0, err
	}

	// Bounds that use ranges of slopes need matrices.
	if e.matrices == nil {
		return slices.Max(bound), nil
	}

	// Only the largest bound counts in the end, so the points with the largest bounds are refined
	// first.
	order := largestFirst(bound)
	scaled, exponent := e.ball.scaleNetwork(e.matrices)
	err = processors.EachUntil(ctx, affordableLooks(e.net, n), func(look int) error {
		i := order[look]
		_, ranges := e.outputs(x.RawRowView(i), size)
		known, err := bounds.Within(scaled, ranges)
		if err != nil {
			return err
		}

		// The network was scaled by a power of two to keep its numbers in range. Undoing that is
		// exact.
		constant := rounding.LdexpUp(
			e.ball.constant(e.net, known, known.Best(bounds.Two)),
			-exponent,
		)
		bound[i] = min(bound[i], rounding.SumUp(size*constant, 1))
		return nil
	})

	return slices.Max(bound), err
}

// affordableLooks returns for how many of n points largestPossible can afford to refine the bound.
func affordableLooks(net *network.Network, n int) int {
	const (
		fewest = 16
		passes = 4 // the cost of a look, in passes of ECLipsE-Fast
		least  = time.Millisecond
	)
	look := max(least, passes*passCost(net))
	return min(n, max(fewest, int(affordable/look)))
}
