package tracker

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker/series"
)

// AdversarialOptions configure the search for adversarial points. Zero fields get the defaults: Eps
// 0.5, Steps 100, Rate 10 and Decay 0.95.
type AdversarialOptions struct {
	// Eps > 0 is the radius of the 2-norm ball about each probe point.
	Eps float64
	// Steps ≥ 1 is the number of gradient steps.
	Steps int
	// Rate > 0 is the length of the first step. Each further step is Decay, in (0, 1], times as
	// long as the step before.
	Rate, Decay float64
	// Loss is the loss that the steps increase.
	Loss losses.Objective
}

// settings binds the settings of the search.
func (o *AdversarialOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Eps, "track.adversarial.eps", settings.Positive, 0.5,
		"radius of the 2-norm ball around each point that adversarial searches (the paper's)")
	settings.Var(s, &o.Steps, "track.adversarial.steps", settings.Integer(1), 100,
		"steps of its gradient ascent")
	settings.Var(s, &o.Rate, "track.adversarial.rate", settings.Positive, 10,
		"length of the first step")
	settings.Var(s, &o.Decay, "track.adversarial.decay", settings.Factor, 0.95,
		"ratio of the length of each step to the step before")
}

// adversarial measures at points x+ε that projected gradient ascent on the loss finds near the
// probe points (Madry et al. 2018; Khromov and Singh 2024, Table 6): the largest ‖J(x+ε)‖, the
// largest ‖f(x+ε)−f(x)‖/‖ε‖ and the mean loss. The first two are lower bounds on the Lipschitz
// constant, since features are not clipped to a box and every point is valid.
type adversarial struct{ AdversarialOptions }

// startNoise is the paper's standard deviation of the noise from which the ascent starts.
const startNoise = 1e-4

func (m adversarial) Measure(s *Snapshot) ([]series.Sample, error) {
	truth := s.Probes.truth()
	if !truth.IsKnown() {
		return nil, fmt.Errorf("the gradient of the loss needs the labels of the probe points")
	}

	n := s.Probes.Len()
	norms, quotients, reached := make([]float64, n), make([]float64, n), make([]float64, n)
	found := mat.NewDense(n, s.Net.In(), nil)
	s.sweepProbes(s.Net.ForwardCost()+s.Net.JacobianCost(), func(pass *network.Pass[float64], from, n int) {
		// Copy what the pass holds here, because the ascent evaluates it at other points.
		at := slices.Clone(pass.Outputs())
		x := s.Probes.rows(from, n, nil)
		near := m.ascend(pass, x, truth, from, n)
		copy(found.RawMatrix().Data[from*s.Net.In():], near)
		pass.Forward(near, n)
		m.quotients(quotients[from:from+n], s.Net, x, near, at, pass.Outputs())
		for i := range n {
			outputs := pass.Outputs()[i*s.Net.Out():][:s.Net.Out()]
			reached[from+i] = m.Loss.AtPoint(outputs, truth, from+i)
		}

		Norm2.each(norms[from:from+n], networkJacobians(s.Net, pass, n))
	})

	steepest := floats.MaxIdx(norms)
	x := found.RawRowView(steepest)
	at := s.Probes.placeNear(steepest, x)
	norm := reachedSample(s, series.AdversarialLowerBound, norms[steepest], x, at)

	farthest := floats.MaxIdx(quotients)
	largest := quotients[farthest] // already lowered
	quotient := series.NewSample(series.AdversarialAltLowerBound, "", largest, series.Lower)
	if !(largest > 0) && slices.ContainsFunc(quotients, math.IsNaN) {
		quotient = missingSample(series.AdversarialAltLowerBound, "", series.Lower, swallowed)
	}
	quotient.At = s.Probes.placeNear(farthest, found.RawRowView(farthest))

	loss := floats.Sum(reached) / float64(n)

	return []series.Sample{
		norm,
		quotient,
		series.NewSample(series.AdversarialLoss, "", loss, series.Exact),
	}, nil
}

// ascend returns points within Eps of the n points x, which are the probe points starting at from.
// It evaluates the pass at other points.
func (m adversarial) ascend(pass *network.Pass[float64], x []float64, truth losses.Truth, from, n int) []float64 {
	dim, outs := len(x)/n, len(pass.Outputs())/n
	near := slices.Clone(x)
	// At the point itself the gradient of a piecewise linear network may lead along a kink. Each
	// point has its own stream, so that chunks change nothing.
	for i := range n {
		r := rng.Stream(0, "adversarial", uint64(from+i))
		for d := range dim {
			near[i*dim+d] += startNoise * r.NormFloat64()
		}
	}

	gradient := make([]float64, n*outs)
	rate := m.Rate
	for range m.Steps {
		outputs := pass.Forward(near, n)
		for i := range n {
			m.Loss.GradientAtPoint(
				gradient[i*outs:][:outs],
				outputs[i*outs:][:outs],
				truth,
				from+i,
			)
		}

		steps := pass.Backward(gradient, nil)
		for i := range n {
			point, step := near[i*dim:][:dim], steps[i*dim:][:dim]
			// Only the direction counts. If the gradient vanishes or overflows, the point stays.
			length := floats.Norm(step, 2)
			if length > 0 && !math.IsInf(length, 1) {
				floats.AddScaled(point, rate/length, step)
			}
			project(point, x[i*dim:][:dim], m.Eps)
		}

		rate *= m.Decay
	}

	return near
}

// project moves a point that is farther than radius from the centre straight towards it.
func project(point, centre []float64, radius float64) {
	distance := floats.Distance(point, centre, 2)
	if distance <= radius {
		return
	}
	for d, c := range centre {
		point[d] = c + (point[d]-c)*(radius/distance)
	}
}

// quotients writes ‖f(y)−f(x)‖/‖y−x‖ of each pair of points, less its rounding error, to dst: 0 if
// the points are equal, NaN if the error may be as large as the change.
func (m adversarial) quotients(dst []float64, net *network.Network, x, y, fx, fy []float64) {
	n := len(dst)
	dim, outs := len(x)/n, len(fx)/n
	changes, errors := make([]float64, n), make([]float64, n)
	errorsX, errorsY := valueErrors(net, x, n), valueErrors(net, y, n)
	swallowed := false
	for i := range dst {
		changes[i] = floats.Distance(fx[i*outs:][:outs], fy[i*outs:][:outs], 2)
		errors[i] = errorsX[i] + errorsY[i]
		swallowed = swallowed || !(errors[i] <= keptReserve*changes[i])
	}

	// The errors at the points themselves cost more: they are bounded only if a quotient needs it.
	if swallowed {
		errorsX, errorsY = localValueErrors(net, x, n), localValueErrors(net, y, n)
	}

	relative := 1 - float64(dim+outs+perLayer)*rounding.Unit // of the distances
	for i, change := range changes {
		distance := floats.Distance(x[i*dim:][:dim], y[i*dim:][:dim], 2)
		if distance == 0 {
			continue
		}

		if !(errors[i] <= keptReserve*change) {
			errors[i] = min(errors[i], errorsX[i]+errorsY[i])
		}

		dst[i] = (change - errors[i]) / distance * relative
		if change > 0 && !(dst[i] > 0) {
			dst[i] = math.NaN()
		}
	}
}
