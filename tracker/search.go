package tracker

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// searchLowerBound climbs from the probe points of the largest Jacobian norms towards larger ones,
// by projected gradient ascent on σ₁(J(x)). Its gradient equals the gradient of u·J(x)·v at the
// singular vectors u and v. The Jacobian of a piecewise linear network is constant between its
// kinks, so there is no gradient to follow. There each point tries steps along v, the input
// direction that the Jacobian amplifies most. In both cases each point also tries random steps and
// keeps the best. The result is a lower bound because each point is evaluated.
type searchLowerBound struct {
	// radius, if not 0, is the radius of the 2-norm ball around its start in which a point stays.
	// Otherwise it stays in the box that the probe points span.
	radius float64
	rounds int // ≥ 1
}

func searchSettings(radius *float64, s *settings.Set) {
	settings.Var(s, radius, "track.search.radius", settings.OrZero(
		settings.NonNegative,
		"the box of the points",
	), 0,
		"radius of the 2-norm ball around each starting point in which search_lower_bound stays")
}

const (
	searchStarts = 16 // points that climb
	searchRandom = 4  // random steps that each point tries in a round
)

// MostSearchRounds is the default number of rounds of search_lower_bound.
const MostSearchRounds = 30

// SearchWork is the largest number of Jacobians in a round of search_lower_bound.
const SearchWork = searchStarts * (1 + 4 + searchRandom)

// Each point tries these multiples of its step length along a direction in a round. A gradient
// points uphill; a singular vector has no preferred sign.
var (
	gradientSteps = []float64{0.5, 1, 2, 4}
	vectorSteps   = []float64{1, -1, 2, -2}
)

func (m searchLowerBound) Measure(s *Snapshot) ([]series.Sample, error) {
	c := newClimbers(s, m.radius)
	for round := range m.rounds {
		c.climb(rng.Stream(0, "search", uint64(round)))
	}

	best := floats.MaxIdx(c.norm)
	at := s.Probes.placeNear(c.start[best], c.x[best])
	sample := reachedSample(s, series.SearchLowerBound, c.norm[best], c.x[best], at)
	if m.radius > 0 {
		sample.Label = fmt.Sprintf("radius=%g", m.radius)
	}

	return []series.Sample{sample}, nil
}

// climbers are the points of a search.
type climbers struct {
	net       *network.Network
	probes    Probes
	radius    float64
	low, high []float64   // the box of the probe points
	start     []int       // the probe point at which each began
	x         [][]float64 // where each is
	norm      []float64   // of the Jacobian there
	step      []float64   // the length of its steps
}

// newClimbers starts at the probe points with the largest norms.
func newClimbers(s *Snapshot, radius float64) *climbers {
	c := &climbers{net: s.Net, probes: s.Probes, radius: radius}
	for d := range s.Net.In() {
		feature := mat.Col(nil, d, s.Probes.X)
		c.low = append(c.low, floats.Min(feature))
		c.high = append(c.high, floats.Max(feature))
	}

	// Steps begin in proportion to the region: a ball's width, or the diagonal of the data's
	// box.
	size := 2 * radius
	if radius == 0 {
		size = floats.Distance(c.low, c.high, 2)
	}

	norms := normsOver(s, s.Probes)
	order := make([]int, len(norms))
	for i := range order {
		order[i] = i
	}

	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(norms[b], norms[a])
	})
	c.start = order[:min(searchStarts, len(order))]
	for _, i := range c.start {
		c.x = append(c.x, slices.Clone(s.Probes.X.RawRowView(i)))
		c.norm = append(c.norm, norms[i])
		c.step = append(c.step, size/16)
	}

	return c
}

// climb lets every point try its steps, all in one batch, and take the best if it is better. A
// point that finds nothing halves its steps.
func (c *climbers) climb(r *rand.Rand) {
	var tries [][]float64
	for i, d := range c.directions() {
		for _, factor := range d.steps {
			tries = append(tries, c.stepped(i, d.along, factor))
		}

		for range searchRandom {
			tries = append(tries, c.stepped(i, randomDirection(r, c.net.In()), 1))
		}
	}

	norms := c.norms(tries)
	each := len(tries) / len(c.x)
	for i := range c.x {
		best := i*each + floats.MaxIdx(norms[i*each:(i+1)*each])
		if !(norms[best] > c.norm[i]) { // NaN is not better
			c.step[i] /= 2
			continue
		}

		c.norm[i], c.x[i] = norms[best], tries[best]
	}
}

// direction is the direction in which a point moves, a unit vector or 0, and its steps.
type direction struct{ along, steps []float64 }

// directions returns, for each point, the gradient of σ₁ if there is one, otherwise the right
// singular vector.
func (c *climbers) directions() []direction {
	pass, j := c.jacobians(c.x)
	var us, vs []float64
	for i := range c.x {
		v := rightSingularVector(j.jacobianAt(i), j.rows, j.cols)
		var product mat.VecDense
		product.MulVec(mat.NewDense(j.rows, j.cols, j.jacobianAt(i)), mat.NewVecDense(len(v), v))
		u := product.RawVector().Data
		normalise(u)
		us = append(us, u...)
		vs = append(vs, v...)
	}

	gradients := pass.HessianProduct(us, vs)
	of := make([]direction, len(c.x))
	for i := range of {
		of[i] = direction{gradients[i*j.cols:][:j.cols], gradientSteps}
		if !normalise(of[i].along) {
			of[i] = direction{vs[i*j.cols:][:j.cols], vectorSteps}
		}
	}

	return of
}

// jacobians returns the Jacobians of the network at some points.
func (c *climbers) jacobians(x [][]float64) (*network.Pass[float64], jacobians) {
	pass := network.NewPass[float64](c.net, len(x))
	pass.Forward(slices.Concat(x...), len(x))
	return pass, networkJacobians(c.net, pass, len(x))
}

// norms returns the norms of the Jacobians at some points.
func (c *climbers) norms(x [][]float64) []float64 {
	norms := make([]float64, len(x))
	_, j := c.jacobians(x)
	Norm2.each(norms, j)
	return norms
}

// stepped returns the point that is the given number of step lengths from point i in a direction,
// moved into the ball or the box.
func (c *climbers) stepped(i int, along []float64, steps float64) []float64 {
	x := slices.Clone(c.x[i])
	floats.AddScaled(x, steps*c.step[i], along)
	if c.radius > 0 {
		project(x, c.probes.X.RawRowView(c.start[i]), c.radius)
		return x
	}

	for d := range x {
		x[d] = min(max(x[d], c.low[d]), c.high[d])
	}
	return x
}

func randomDirection(r *rand.Rand, dim int) []float64 {
	v := make([]float64, dim)
	for d := range v {
		v[d] = r.NormFloat64()
	}
	normalise(v)
	return v
}

// normalise makes v a unit vector, and reports whether it succeeded: a vector of length 0 or +Inf
// has no direction.
func normalise(v []float64) bool {
	length := floats.Norm(v, 2)
	if !(length > 0) || math.IsInf(length, 1) {
		return false
	}
	floats.Scale(1/length, v)
	return true
}

// rightSingularVector returns an approximation of the unit vector that the rows×cols matrix a
// stretches most, by a few steps of power iteration from its longest row. For a zero matrix it
// returns 0.
func rightSingularVector(a []float64, rows, cols int) []float64 {
	largest := floats.Norm(a, math.Inf(1))
	if largest == 0 {
		return make([]float64, cols)
	}

	m := mat.NewDense(rows, cols, slices.Clone(a))
	m.Scale(1/largest, m) // keeps squares in range
	longest := 0
	for r := range rows {
		if floats.Norm(m.RawRowView(r), 2) > floats.Norm(m.RawRowView(longest), 2) {
			longest = r
		}
	}

	v := mat.NewVecDense(cols, slices.Clone(m.RawRowView(longest)))
	var u mat.VecDense
	const steps = 10
	for range steps {
		v.ScaleVec(1/mat.Norm(v, 2), v)
		u.MulVec(m, v)
		v.MulVec(m.T(), &u)
	}

	v.ScaleVec(1/mat.Norm(v, 2), v)

	return v.RawVector().Data
}
