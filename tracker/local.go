package tracker

import (
	"math"
	"math/rand/v2"
	"strconv"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// LocalOptions say where local Lipschitz constants are measured; zeros stand for the defaults.
type LocalOptions struct {
	// Radius is the radius of the 2-norm balls about the points. Default 0.1.
	Radius float64
	// Points is how many of the probe points, evenly spread over their order, have a ball. Default
	// 8.
	Points int
}

// local is the largest Lipschitz constant within a ball about any of some probe points, between a
// certified bound and the largest Jacobian norm met there.
type local struct{ LocalOptions }

const (
	// localSamples is how many points of a ball are looked at beside its centre.
	localSamples = 64
	// localWork is up to how many operations LipSDP's optimum is taken for each ball.
	localWork = 2e9
	// localInside keeps the points sampled inside of the ball in spite of rounding.
	localInside = 1 - 1e-9
)

// settings binds what can be set of the balls.
func (o *LocalOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Radius, "track.local.radius", settings.Positive, 0.1,
		"radius of the 2-norm balls about probe points in which local_upper bounds Lipschitz constants")
	settings.Var(s, &o.Points, "track.local.points", settings.Integer(1), 8, "how many probe points have such a ball")
}

func (local) Name() string { return series.LocalUpper }

func (local) ofNetwork() {}

// Measure returns the upper and the lower end.
func (m local) Measure(s *Snapshot) ([]series.Sample, error) {
	label := "radius=" + strconv.FormatFloat(m.Radius, 'g', -1, 64)
	upper := series.Sample{Metric: series.LocalUpper, Label: label, Kind: series.Certified}
	if !s.Net.IsDense() {
		upper.Value = series.Float(math.NaN())
		upper.Warning = "is for networks of dense layers"
		return []series.Sample{upper}, nil
	}

	global, err := s.denseBounds()
	if err != nil {
		return nil, err
	}

	// The largest over the balls. Each ball's bound is at most the bound on the whole space.
	points := m.chosen(s.Probes.Len())
	bound := 0.0
	for _, i := range points {
		x := s.Probes.X.RawRowView(i)
		v, err := m.bound(s.Net, x, global.Best(bounds.Two))
		if err != nil {
			return nil, err
		}

		bound = max(bound, v)
	}

	upper = certifiedSample(series.LocalUpper, label, bound)
	lower := m.lower(s, points)
	lower.Label = label

	return []series.Sample{upper, lower}, nil
}

// chosen returns which of n probe points have a ball.
func (m local) chosen(n int) []int {
	count := min(m.Points, n)
	points := make([]int, count)
	for k := range points {
		points[k] = k * n / count
	}
	return points
}

// bound returns a certified bound for the ball about x, given one for the whole space.
func (m local) bound(net *network.Network, x []float64, global float64) (float64, error) {
	b, err := bounds.Local(net, bounds.Neighbourhood{Point: x, Radius: m.Radius})
	if err != nil {
		return 0, err
	}

	// Bounds that have been computed join Best; the optimum is worth its cost for small networks
	// only.
	if bounds.OptimalWork(net) <= localWork {
		b.LipSDPOptimal()
	}
	return min(global, b.Best(bounds.Two)), nil
}

// lower returns the largest Jacobian norm at the points and at random ones in their balls.
func (m local) lower(s *Snapshot, points []int) series.Sample {
	search := &climbers{net: s.Net}
	best, start, where := -1.0, 0, []float64(nil)
	for k, i := range points {
		// A stream of its own for each point: the samples do not depend on how many points there
		// are.
		r := rng.Stream(0, "local", uint64(k))
		x := m.sample(r, s.Probes.X.RawRowView(i))
		norms := make([]float64, len(x))
		_, j := search.jacobians(x)
		Norm2.each(norms, j)
		at := floats.MaxIdx(norms)
		if norms[at] > best {
			best, start, where = norms[at], i, x[at]
		}
	}

	// The found norm is lowered by its rounding error before it is called a lower bound.
	bound, warning := surelyReached(s.Net, best, where)
	return series.Sample{
		Metric:  series.LocalLower,
		Kind:    series.Lower,
		Value:   series.Float(bound),
		Warning: warning,
		At:      s.Probes.placeNear(start, where),
	}
}

// sample returns a centre and points evenly distributed over the ball about it.
func (m local) sample(r *rand.Rand, centre []float64) [][]float64 {
	points := [][]float64{centre}
	for range localSamples {
		x := randomDirection(r, len(centre))
		// The radius ∝ r^(1/d) is uniform in volume.
		length := m.Radius * localInside * math.Pow(r.Float64(), 1/float64(len(centre)))
		floats.Scale(length, x)
		floats.Add(x, centre)
		points = append(points, x)
	}
	return points
}
