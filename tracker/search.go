package tracker

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"liptrack/internal/mlp"
	"liptrack/internal/rng"
	"liptrack/tracker/series"
)

// searchLowerBound climbs from the probe points of the largest Jacobian norms towards larger ones, within
// the box that the probe points span. The Jacobian of a ReLU network is constant between its
// kinks, so its norm has no gradient to follow; instead each point tries steps along the input
// direction that it amplifies most, and random ones, and keeps what proves larger. The result is
// a lower bound because each point is evaluated.
type searchLowerBound struct{}

func (searchLowerBound) Name() string { return series.SearchLowerBound }

const (
	searchStarts = 16 // points that climb
	searchTries  = 8  // steps that each tries in a round: half along the direction, half random
	searchRounds = 30
)

func (searchLowerBound) Measure(s *Snapshot) ([]series.Sample, error) {
	climbers := newClimbers(s)
	for round := range searchRounds {
		climbers.climb(rng.Stream(0, "search", uint64(round)))
	}
	bound := max(floats.Max(climbers.norm)-jacobianError(s.Net, len(s.Net.Layers)), 0)
	return []series.Sample{{Metric: series.SearchLowerBound, Value: series.Float(bound), Kind: series.Lower}}, nil
}

// climbers are the points of a search.
type climbers struct {
	net       *mlp.Network
	low, high []float64   // the box
	x         [][]float64 // where each is
	norm      []float64   // of the Jacobian there
	direction [][]float64 // the right singular vector of the Jacobian there
	step      []float64   // the length of its steps
}

// newClimbers starts at the probe points of the largest norms.
func newClimbers(s *Snapshot) *climbers {
	c := &climbers{net: s.Net}
	for d := range s.Net.In() {
		feature := mat.Col(nil, d, s.Probes.X)
		c.low, c.high = append(c.low, floats.Min(feature)), append(c.high, floats.Max(feature))
	}
	norms := normsOver(s, s.Probes)
	order := make([]int, len(norms))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(norms[b], norms[a]) })
	span := make([]float64, len(c.low))
	floats.SubTo(span, c.high, c.low)
	for _, i := range order[:min(searchStarts, len(order))] {
		c.x = append(c.x, slices.Clone(s.Probes.X.RawRowView(i)))
		c.norm = append(c.norm, norms[i])
		c.direction = append(c.direction, nil)
		c.step = append(c.step, floats.Norm(span, 2)/16)
	}
	return c
}

// climb lets every point try its steps, all in one batch, and take the best if it is better. A
// point that finds nothing halves its steps.
func (c *climbers) climb(r *rand.Rand) {
	dim := len(c.low)
	tries := make([]float64, 0, len(c.x)*searchTries*dim)
	for i := range c.x {
		for t := range searchTries {
			tries = append(tries, c.attempt(i, t, r)...)
		}
	}
	n := len(tries) / dim
	pass := mlp.NewPass[float64](c.net, n)
	pass.Forward(tries, n)
	j := networkJacobians(c.net, pass, n)
	norms := make([]float64, n)
	Norm2.each(norms, j)
	for i := range c.x {
		at := i*searchTries + floats.MaxIdx(norms[i*searchTries:(i+1)*searchTries])
		if norms[at] <= c.norm[i] {
			c.step[i] /= 2
			continue
		}
		c.norm[i], c.x[i] = norms[at], tries[at*dim:(at+1)*dim]
		c.direction[i] = rightSingularVector(j.at(at), j.rows, j.cols)
	}
}

// attempt is the t-th step of point i: along its direction, to both sides and nearer and farther, or
// in a random direction.
func (c *climbers) attempt(i, t int, r *rand.Rand) []float64 {
	direction, length := c.direction[i], c.step[i]*math.Pow(2, float64(t/2%2))
	if direction == nil || t >= searchTries/2 {
		direction = make([]float64, len(c.low))
		for d := range direction {
			direction[d] = r.NormFloat64()
		}
		length /= floats.Norm(direction, 2)
	}
	if t%2 == 1 {
		length = -length
	}
	x := slices.Clone(c.x[i])
	floats.AddScaled(x, length, direction)
	for d := range x {
		x[d] = min(max(x[d], c.low[d]), c.high[d])
	}
	return x
}

// rightSingularVector is roughly the unit vector that the rows×cols matrix a stretches most, by
// a few steps of power iteration from its longest row.
func rightSingularVector(a []float64, rows, cols int) []float64 {
	m := mat.NewDense(rows, cols, a)
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
