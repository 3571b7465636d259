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
	// cornerFeatures is the largest number of changing features for which every corner of the box
	// is tried.
	cornerFeatures = 10
	// trialOperations roughly limits the arithmetic operations of all random trials together. It
	// also limits the trials along single features, which are skipped if they would take more.
	trialOperations = 1e10
	// operationsOfUnit is the cost of the activation of a unit, and of a random number.
	operationsOfUnit = 25
	// fewestTrials and mostTrials bound the random trials of each point.
	fewestTrials, mostTrials = 8, 256
	// A search for flips of few points has more: up to flipTrials for each point and
	// flipTrialsOfAll in total.
	flipTrials, flipTrialsOfAll = 4096, 100_000
)

// trials are perturbations that do not depend on gradients, so plateaus, ties and kinks cannot
// mislead them: the corners of the box, each feature alone, and random ones, all of the given
// sizes; and random ones inside these sizes.
type trials struct {
	sizes []float64
	// directions have size 1 and are the same for every point.
	directions [][]float64
	// random is the number of random trials of each point, and also the number of those inside the
	// sizes.
	random int
}

// trials prepares the trials for the points of a search, with at most most random ones for each.
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

	// The number of corners doubles with every feature.
	if len(changing) <= cornerFeatures {
		t.directions = append(t.directions, s.corners(changing)...)
	}

	// Random trials have their own share of the effort.
	t.random = int(min(max(trialOperations/forward, fewestTrials), float64(most)))
	return t
}

// multiplications estimates the multiplications of a forward pass at one point. Kernels are used at
// every place, and layers that are not matrices cost more than their products.
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

// repeated returns the number of multiplications of a map beyond one per parameter, since kernels
// are used at every place.
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

// corners returns the directions in which every changing feature changes equally, up or down.
func (s search) corners(changing []int) [][]float64 {
	var all [][]float64
	for signs := range 1 << len(changing) {
		w, u := make([]float64, s.net.In()), make([]float64, s.net.In())
		for bit, i := range changing {
			w[i] = 1 - 2*float64(signs>>bit&1)
		}
		s.ball.steepestPoint(u, w, 1)
		all = append(all, u)
	}
	return all
}

// evaluate calls visit for each trial, with the perturbed points of the chunk and their outputs.
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

// draw calls visit for each random trial of the chunk's points. The function one writes a trial to
// u.
func (t trials) draw(
	c chunk,
	stream string,
	one func(u []float64, source *rand.Rand, size float64),
	visit func(y, outputs []float64),
) {
	d := c.net.In()
	u, y := make([]float64, c.n*d), make([]float64, c.n*d)
	sources := make([]*rand.Rand, c.n)
	// Each sample has its own stream, so its trials do not depend on how samples are divided into
	// chunks.
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

// drawSurface writes a random perturbation of the size to u: a point on the sphere, or a corner of
// the box.
func (s search) drawSurface(u []float64, source *rand.Rand, size float64) {
	w := make([]float64, len(u))
	for i := range w {
		w[i] = source.NormFloat64()
		if s.ball.unit[i] == 0 {
			w[i] = 0
		}
	}
	s.ball.steepestPoint(u, w, size)
}

// drawInterior writes a random perturbation of at most the size to u: uniform in the box, or in the
// ball with its size uniform.
func (s search) drawInterior(u []float64, source *rand.Rand, size float64) {
	if !s.ball.box {
		s.drawSurface(u, source, size*source.Float64())
		return
	}

	for i := range u {
		u[i] = size * (2*source.Float64() - 1)
	}
}

// trialSizes returns the sizes of trials: the tolerance or, without one, multiples of the
// reference.
func trialSizes(tolerance, reference float64) []float64 {
	if tolerance > 0 {
		return []float64{tolerance}
	}
	sizes := []float64{reference, 10 * reference, 100 * reference, 1000 * reference}
	return slices.DeleteFunc(sizes, func(v float64) bool {
		return !(v <= math.MaxFloat64)
	})
}
