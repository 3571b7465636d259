package tracker

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// altLowerBound is the paper's alternative lower bound (its Table 3), the largest difference
// quotient ‖f(x)−f(y)‖₂/‖x−y‖₂ over pairs of probe points. It takes N²/2 pairs, all of them up
// to pairPoints points; of more, a sample of that many drawn once.
type altLowerBound struct{}

func (altLowerBound) Name() string { return series.AltLowerBound }

// pairPoints is the largest number of points of which all pairs are looked at.
const pairPoints = 5000

func (altLowerBound) Measure(s *Snapshot) ([]series.Sample, error) {
	points, drawn := *s, []int(nil)
	sample := series.Sample{Metric: series.AltLowerBound, Kind: series.Lower}
	if n := s.Probes.Len(); n > pairPoints {
		points.Probes, drawn = s.Probes.sample(pairPoints)
		sample.Warning = fmt.Sprintf("over the pairs of %d sampled probe points of %d", pairPoints, n)
	}
	p := newPairs(&points)
	best := p.largestQuotient(s.Probes.goroutines())
	if drawn != nil {
		best.i, best.j = drawn[best.i], drawn[best.j]
	}
	sample.Value, sample.At = series.Float(best.value), s.Probes.place(best.i, best.j)
	return []series.Sample{sample}, nil
}

// pairs are points, the network's values there, and bounds on the rounding errors of those.
type pairs struct {
	dim, outs int
	x, f      []float64 // N×dim, N×outs
	errors    []float64 // N
}

func newPairs(s *Snapshot) pairs {
	p := pairs{dim: s.Net.In(), outs: s.Net.Out(), x: s.Probes.X.RawMatrix().Data}
	p.f = make([]float64, p.len()*p.outs)
	s.sweep(s.Net.ForwardCost(), func(pass *network.Pass[float64], from, _ int) {
		copy(p.f[from*p.outs:], pass.Outputs())
	})
	p.errors = valueErrors(s.Net, p.x, p.len())
	return p
}

func (p pairs) len() int { return len(p.x) / p.dim }

// quotient is the difference quotient of points j < i; both 0 where no pair has one above 0.
type quotient struct {
	value float64
	i, j  int
}

// largestQuotient compares each point with all before it, and returns the first of the largest.
// Quotients are lowered by the rounding errors of the values; pairs at distance 0 have none.
func (p pairs) largestQuotient(goroutines int) quotient {
	scale := floats.Norm(p.f, math.Inf(1)) // keeps squares of values in range
	if scale == 0 {
		return quotient{}
	}
	f := make([]float64, len(p.f))
	floats.ScaleTo(f, 1/scale, p.f)
	best := make([]quotient, goroutines)
	var wg sync.WaitGroup
	for w := range goroutines {
		wg.Go(func() {
			for i := w; i < p.len(); i += goroutines {
				xi, fi := p.x[i*p.dim:(i+1)*p.dim], f[i*p.outs:(i+1)*p.outs]
				for j := range i {
					df := squaredDistance(fi, f[j*p.outs:(j+1)*p.outs])
					dx := squaredDistance(xi, p.x[j*p.dim:(j+1)*p.dim])
					if b := best[w].value; df > b*b*dx && dx > 0 {
						rounding := (p.errors[i] + p.errors[j]) / scale
						if q := (math.Sqrt(df) - rounding) / math.Sqrt(dx); q > b {
							best[w] = quotient{q, i, j}
						}
					}
				}
			}
		})
	}
	wg.Wait()
	relative := 1 - float64(p.dim+p.outs+perLayer)*unit // of the distances and the scaling
	largest := slices.MaxFunc(best, func(a, b quotient) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(b.i, a.i))
	})
	largest.value *= scale * relative
	return largest
}

func squaredDistance(a, b []float64) float64 {
	b = b[:len(a)]
	var s float64
	for i, v := range a {
		e := v - b[i]
		s += e * e
	}
	return s
}
