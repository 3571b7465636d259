package audit

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/network"
)

const (
	// cornerFeatures is up to how many features that change every corner of the box is tried.
	cornerFeatures = 10
	// trialOperations is about how many arithmetic operations all random trials together may take,
	// and the trials along single features, which are left out if they take more.
	trialOperations = 1e10
	// operationsOfUnit are for the activation of a unit, and for a random number.
	operationsOfUnit = 25
	// fewestTrials and mostTrials bound the random trials of each point.
	fewestTrials, mostTrials = 8, 256
	// A search for flips has more of few points: up to flipTrials of each, flipTrialsOfAll in all.
	flipTrials, flipTrialsOfAll = 4096, 100_000
)

// trials are perturbations that depend on no gradient, so that plateaus, ties and kinks do not hide
// what they find: the corners of the box, each feature by itself, and random ones, all of some
// sizes; and random ones inside these.
type trials struct {
	sizes []float64
	// directions are of size 1, the same for every point.
	directions [][]float64
	// random is how many more each point has of its own, and as many of smaller sizes.
	random int
}

// trials prepares the trials for the points of a search, at most so many random ones for each.
func (s search) trials(sizes []float64, most int) trials {
	t := trials{sizes: sizes}
	changing := s.ball.changing()
	points, _ := s.x.Dims()
	numbers := s.net.In()
	for _, l := range s.net.Layers {
		numbers += l.Out()
	}

	each := evaluation(s.net) + float64(operationsOfUnit*numbers)
	forward := each * float64(points*len(sizes))
	single := changing
	if forward*float64(2*len(changing)) > trialOperations && len(changing) > cornerFeatures {
		single = nil
	}

	for _, i := range single {
		for _, sign := range []float64{1, -1} {
			u := make([]float64, s.net.In())
			u[i] = sign
			t.directions = append(t.directions, u)
		}
	}

	// Corners double with every feature.
	if len(changing) <= cornerFeatures {
		t.directions = append(t.directions, s.corners(changing)...)
	}

	// Random trials get what is left of the effort.
	t.random = int(min(max(trialOperations/forward, fewestTrials), float64(most)))
	return t
}

// multiplications counts what an evaluation of the network takes, about: a kernel is used at every
// place, and layers that are no matrices cost more than their products.
func multiplications(net *network.Network) int {
	const perOutput = 32

	n := net.Parameters()
	for _, l := range net.Layers {
		if l.Weight == nil {
			n += perOutput * l.Out()
		}
		n += repeated(l.Map)
	}

	return n
}

// repeated returns how many multiplications a map takes beyond one a parameter, as kernels are used
// at every place.
func repeated(m network.Linear) int {
	n := 0
	switch m := m.(type) {
	case network.Conv:
		n = len(m.Kernel) * (m.Shape.Places() - 1)
	case network.Blocks:
		for _, p := range m.Parts {
			n += repeated(p.Map)
		}
	}
	return n
}

// corners returns the directions in which every feature changes by as much, up or down.
func (s search) corners(changing []int) [][]float64 {
	var all [][]float64
	for signs := range 1 << len(changing) {
		w, u := make([]float64, s.net.In()), make([]float64, s.net.In())
		for bit, i := range changing {
			w[i] = 1 - 2*float64(signs>>bit&1)
		}
		s.ball.steepest(u, w, 1)
		all = append(all, u)
	}
	return all
}

// evaluate calls visit for each trial of the chunk's points, with the perturbed points and the
// outputs there.
func (t trials) evaluate(c chunk, visit func(y, outputs []float64)) {
	d := c.net.In()
	u, y := make([]float64, c.n*d), make([]float64, c.n*d)
	for _, size := range t.sizes {
		for _, direction := range t.directions {
			for i := range c.n {
				floats.ScaleTo(c.row(u, i), size*inside, direction)
			}
			visit(y, c.moved(y, u))
		}
	}

	t.draw(c, "trials", c.drawSurface, visit)
}

// draw calls visit for the random trials of the chunk's points, each written by one.
func (t trials) draw(
	c chunk,
	stream string,
	one func(u []float64, source *rand.Rand, size float64),
	visit func(y, outputs []float64),
) {
	d := c.net.In()
	u, y := make([]float64, c.n*d), make([]float64, c.n*d)
	sources := make([]*rand.Rand, c.n)
	// A stream for each sample: what is tried of it does not depend on how samples are shared out.
	for i := range sources {
		sources[i] = rng.Stream(0, stream, uint64(c.from+i))
	}

	for trial := range t.random {
		size := t.sizes[trial%len(t.sizes)] * inside
		for i, source := range sources {
			one(c.row(u, i), source, size)
		}

		visit(y, c.moved(y, u))
	}
}

// drawSurface writes a random perturbation of the size to u: on the sphere, or a corner of the box.
func (s search) drawSurface(u []float64, source *rand.Rand, size float64) {
	w := make([]float64, len(u))
	for i := range w {
		w[i] = source.NormFloat64()
		if s.ball.unit[i] == 0 {
			w[i] = 0
		}
	}
	s.ball.steepest(u, w, size)
}

// drawInterior writes a random perturbation of up to the size to u: in the box, or in the ball with
// all sizes as likely.
func (s search) drawInterior(u []float64, source *rand.Rand, size float64) {
	if !s.ball.box {
		s.drawSurface(u, source, size*source.Float64())
		return
	}

	for i := range u {
		u[i] = size * (2*source.Float64() - 1)
	}
}

// trialSizes returns the sizes of trials: the tolerance, or without one sizes around the reference.
func trialSizes(tolerance, reference float64) []float64 {
	if tolerance > 0 {
		return []float64{tolerance}
	}
	sizes := []float64{reference, 10 * reference, 100 * reference, 1000 * reference}
	return slices.DeleteFunc(sizes, func(v float64) bool {
		return !(v <= math.MaxFloat64)
	})
}
