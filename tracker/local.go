package tracker

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// LocalOptions describe the neighbourhoods in which local Lipschitz constants are measured. Zero
// fields get the defaults.
type LocalOptions struct {
	// Radius is the radius of the neighbourhoods of the points. Default 0.1.
	Radius float64
	// Shape is [Ball], with the radius in the 2-norm, or [Box], with the radius in each input.
	// Default Ball.
	Shape string
	// Points is the number of probe points, evenly spread over their order, that have such a
	// neighbourhood. Default 8.
	Points int
}

// The shapes of neighbourhoods.
const (
	Ball = "ball"
	Box  = "box"
)

// local is the largest Lipschitz constant within a neighbourhood of any of some probe points,
// between a certified bound and the largest Jacobian norm met there.
type local struct{ LocalOptions }

const (
	// localSamples is the number of points sampled in a neighbourhood in addition to its centre.
	localSamples = 64
	// localWork is the number of operations up to which LipSDP's optimum is computed for each
	// neighbourhood.
	localWork = 2e9
	// localInside keeps sampled points inside the neighbourhood in spite of rounding.
	localInside = 1 - 1e-9
)

// settings binds the settings of the neighbourhoods.
func (o *LocalOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Radius, "track.local.radius", settings.Positive, 0.1,
		"radius of the neighbourhoods of probe points in which local_upper bounds Lipschitz constants")
	settings.Var(s, &o.Shape, "track.local.shape", settings.OneOf(Ball, Box), Ball,
		"shape of the neighbourhoods: balls in the 2-norm, or boxes, in which each input can change by the radius")
	settings.Var(s, &o.Points, "track.local.points", settings.Integer(1), 8,
		"number of probe points that have a neighbourhood")
}

func (local) ofNetwork() {}

// Measure returns the certified bound and the largest Jacobian norm sampled.
func (m local) Measure(s *Snapshot) ([]series.Sample, error) {
	label := fmt.Sprintf("radius=%g", m.Radius)
	if m.Shape == Box {
		label = fmt.Sprintf("box=%g", m.Radius)
	}

	chosen := m.chosen(s.Probes.Len())
	lower := m.lower(s, chosen)
	lower.Label = label

	net, refused := bounds.WrittenOut(s.Net)
	if refused != nil {
		upper := missingSample(series.LocalUpper, label, series.Certified, refused.Error())
		return []series.Sample{upper, lower}, nil
	}

	global, err := s.certifiedBounds()
	if err != nil {
		return nil, err
	}

	// Take the largest over the neighbourhoods. The bound of each is at most the bound on the whole
	// space.
	bound := 0.0
	for _, i := range chosen {
		x := s.Probes.X.RawRowView(i)
		v, err := m.bound(net, x, global.Best(bounds.Two))
		if err != nil {
			return nil, err
		}

		bound = max(bound, v)
	}

	return []series.Sample{certifiedSample(series.LocalUpper, label, bound), lower}, nil
}

// chosen returns which of n probe points have a neighbourhood.
func (m local) chosen(n int) []int {
	count := min(m.Points, n)
	points := make([]int, count)
	for k := range points {
		points[k] = k * n / count
	}
	return points
}

// Neighbourhood returns the neighbourhood of a point.
func (o LocalOptions) Neighbourhood(x []float64) bounds.Neighbourhood {
	n := bounds.Neighbourhood{Point: x, Radius: o.Radius}
	if o.Shape == Box {
		n.Box = make([]float64, len(x))
		floats.AddConst(o.Radius, n.Box)
	}
	return n
}

// bound returns a certified bound for the neighbourhood of x, given one for the whole space.
func (m local) bound(net *network.Network, x []float64, global float64) (float64, error) {
	b, err := bounds.Local(net, m.Neighbourhood(x))
	if err != nil {
		return 0, err
	}

	// Best takes all bounds into account that have been computed. The optimum is worth its cost for
	// small networks only.
	if bounds.OptimalWork(net) <= localWork {
		b.LipSDPOptimal()
	}
	return min(global, b.Best(bounds.Two)), nil
}

// lower returns the largest Jacobian norm at the points and at random ones near them.
func (m local) lower(s *Snapshot, points []int) series.Sample {
	search := &climbers{net: s.Net}
	best, start, where := -1.0, 0, []float64(nil)
	for k, i := range points {
		// Each point has its own stream, so that the samples do not depend on the number of points.
		r := rng.Stream(0, "local", uint64(k))
		x := m.sampleNeighbourhood(r, s.Probes.X.RawRowView(i))
		norms := search.norms(x)
		at := floats.MaxIdx(norms)
		if norms[at] > best {
			best, start, where = norms[at], i, x[at]
		}
	}

	// The found norm is lowered by its rounding error before it is called a lower bound.
	return reachedSample(s, series.LocalLower, best, where, s.Probes.placeNear(start, where))
}

// sampleNeighbourhood returns a centre and points evenly distributed over its neighbourhood.
func (m local) sampleNeighbourhood(r *rand.Rand, centre []float64) [][]float64 {
	points := [][]float64{centre}
	for range localSamples {
		if m.Shape == Box {
			points = append(points, m.inBox(r, centre))
			continue
		}

		x := randomDirection(r, len(centre))
		// A radius ∝ r^(1/d) is uniform in volume.
		length := m.Radius * localInside * math.Pow(r.Float64(), 1/float64(len(centre)))
		floats.Scale(length, x)
		floats.Add(x, centre)
		points = append(points, x)
	}
	return points
}

// inBox returns a random point of the box around a centre.
func (m local) inBox(r *rand.Rand, centre []float64) []float64 {
	x := make([]float64, len(centre))
	for i, c := range centre {
		x[i] = c + m.Radius*localInside*(2*r.Float64()-1)
	}
	return x
}
