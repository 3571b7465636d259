package tracker

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// altLowerBound is the paper's alternative lower bound (its Table 3), the largest difference
// quotient ‖f(x)−f(y)‖₂/‖x−y‖₂ over pairs of probe points. It compares all N²/2 pairs. If there are
// more than pairPoints points, it takes a fixed sample of pairPoints.
type altLowerBound struct{}

// pairPoints is the largest number of points for which all pairs are compared.
const pairPoints = 5000

func (altLowerBound) Measure(s *Snapshot) ([]series.Sample, error) {
	points, drawn, warning := s.Probes.forPairs()
	p := newPairs(s.Net, points)
	best := p.largestQuotient(s.Probes.goroutines())
	// The bounds that hold for all points took too large a part of the quotient, so bound the
	// errors again at each point.
	if !(best.value >= best.computed*(1-keptReserve)) {
		p.errors = localValueErrors(s.Net, p.x, p.len())
		best = p.largestQuotient(s.Probes.goroutines())
	}

	// Some pair differs, but none by more than its errors.
	if best.computed != 0 && !(best.value > 0) {
		best.value, warning = math.NaN(), swallowed
	}

	if drawn != nil {
		best.i, best.j = drawn[best.i], drawn[best.j]
	}

	sample := series.NewSample(series.AltLowerBound, "", best.value, series.Lower)
	sample.Warning, sample.At = warning, s.Probes.placeOf(best.i, best.j)

	return []series.Sample{sample}, nil
}

// pairs are points, the network's values there, and bounds on the rounding errors of these values.
type pairs struct {
	dim, outs int
	x, f      []float64 // N×dim, N×outs
	errors    []float64 // N
}

func newPairs(net *network.Network, points Probes) pairs {
	p := pairs{
		dim:  net.In(),
		outs: net.Out(),
		x:    points.X.RawMatrix().Data,
	}
	p.f = make([]float64, p.len()*p.outs)
	points.sweepPoints(points, net, net.ForwardCost(), func(pass *network.Pass[float64], from, _ int) {
		copy(p.f[from*p.outs:], pass.Outputs())
	})
	p.errors = valueErrors(net, p.x, p.len())
	return p
}

func (p pairs) len() int { return len(p.x) / p.dim }

// quotient is the difference quotient of points j < i, which are both 0 if no pair has one above 0.
// It also holds the largest quotient as computed, before rounding errors lower it: NaN if values
// are too large to be compared.
type quotient struct {
	value    float64
	i, j     int
	computed float64
}

// leastSquare is the least squared distance of two points that can be computed without underflow.
const leastSquare = 0x1p-900

// largestQuotient compares each point with all points before it and returns the largest quotient,
// the first if several are equal. Quotients are lowered by the rounding errors of the values. Pairs
// at distance 0 have no quotient.
func (p pairs) largestQuotient(goroutines int) quotient {
	scale := floats.Norm(p.f, math.Inf(1)) // keeps squares of values in range
	switch {
	case scale == 0:
		return quotient{}
	case !(scale >= 0x1p-1000 && scale <= math.MaxFloat64):
		return quotient{computed: math.NaN()}
	}

	f := make([]float64, len(p.f))
	floats.ScaleTo(f, 1/scale, p.f)

	best := make([]quotient, goroutines)
	var wg panics.Group
	for w := range goroutines {
		wg.Go(func() {
			// Every goroutine keeps its own best, so that none waits for another.
			for i := w; i < p.len(); i += goroutines {
				p.compareWithBefore(i, f, scale, &best[w])
			}
		})
	}

	wg.Wait()

	// The first points win among equal quotients, regardless of which goroutine found them.
	largest := slices.MaxFunc(best, func(a, b quotient) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(b.i, a.i))
	})

	for _, q := range best {
		largest.computed = max(largest.computed, q.computed)
	}

	relative := 1 - float64(p.dim+p.outs+perLayer)*rounding.Unit // of the distances and the scaling
	largest.value *= scale * relative
	largest.computed *= scale * relative

	return largest
}

// compareWithBefore updates the best quotient by comparing point i with all points before it. The
// values f are divided by scale.
func (p pairs) compareWithBefore(i int, f []float64, scale float64, best *quotient) {
	xi, fi := p.x[i*p.dim:(i+1)*p.dim], f[i*p.outs:(i+1)*p.outs]
	for j := range i {
		df := squaredDistance(fi, f[j*p.outs:(j+1)*p.outs])
		dx := squaredDistance(xi, p.x[j*p.dim:(j+1)*p.dim])
		// Squares decide first: almost all pairs need no root. NaN does not count as larger either.
		b := best.value
		if !(df > b*b*dx) || dx < leastSquare {
			continue
		}

		length := math.Sqrt(dx)
		best.computed = max(best.computed, math.Sqrt(df)/length)
		errors := (p.errors[i] + p.errors[j]) / scale
		q := (math.Sqrt(df) - errors) / length
		if q > best.value {
			best.value, best.i, best.j = q, i, j
		}
	}
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
