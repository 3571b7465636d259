package audit

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/audit/report"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// sensitivity summarises the Jacobians at all points.
type sensitivity struct {
	norms []float64 // ‖J‖₂ of each point, in the model's units
	// For each input, in the model's units: the largest norm over the points of the derivatives by
	// this input, and the root of the sum of the squared norms.
	largest, roots []float64
}

// sensitivityOf computes the Jacobian at every point.
func sensitivityOf(ctx context.Context, s search) (*sensitivity, error) {
	n, d := s.x.Dims()
	k := s.net.Out()
	chunks := (n + searchChunk - 1) / searchChunk
	all := &sensitivity{
		norms:   make([]float64, n),
		largest: make([]float64, d),
		roots:   make([]float64, d),
	}

	// Each chunk has its own row, so goroutines share nothing.
	largest, roots := mat.NewDense(chunks, d, nil), mat.NewDense(chunks, d, nil)
	err := s.chunks(ctx, func(part chunk) {
		part.evaluate()
		jacobian := part.pass.Jacobian(len(s.net.Layers))
		place := part.from / searchChunk
		most, sum := largest.RawRowView(place), roots.RawRowView(place)
		of := make([]float64, d)
		for i := range part.n {
			j := row(jacobian, i, k*d)
			all.norms[part.from+i] = orInfinite(linalg.SpectralNorm(mat.NewDense(k, d, j)))
			columnNorms(of, j)
			for c, v := range of {
				most[c] = max(most[c], v)
				sum[c] = math.Hypot(sum[c], v)
			}
		}
	})

	// Chunks are combined in order, so that sums do not depend on which was finished first.
	for i := range chunks {
		for c, v := range largest.RawRowView(i) {
			all.largest[c] = max(all.largest[c], v)
			all.roots[c] = math.Hypot(all.roots[c], roots.At(i, c))
		}
	}

	return all, err
}

// columnNorms fills norms with the 2-norms of the columns of a row-major matrix, +Inf for a column
// with values beyond float64.
func columnNorms(norms, matrix []float64) {
	const tiniest, largest = 1e-140, 1e140 // squares of numbers between them keep their digits
	d := len(norms)
	clear(norms)
	for at := 0; at < len(matrix); at += d {
		for c, v := range matrix[at : at+d] {
			norms[c] += v * v
		}
	}

	// Squares of very small or large entries lose their digits. Such columns are summed again by
	// Hypot, which is slow.
	for c, squares := range norms {
		norm := math.Sqrt(squares)
		if !(norm > tiniest && norm < largest) {
			norm = 0
			for at := c; at < len(matrix); at += d {
				norm = math.Hypot(norm, matrix[at])
			}
		}
		norms[c] = orInfinite(norm)
	}
}

// orInfinite returns v, or +Inf if v is NaN: the norm of values beyond float64.
func orInfinite(v float64) float64 {
	if math.IsNaN(v) {
		return math.Inf(1)
	}
	return v
}

// features returns the sensitivity of the outputs to each input, largest share first.
func (a *auditor) features(s *sensitivity) []report.Feature {
	features := make([]report.Feature, len(s.roots))
	total := 0.0

	// Shares compare features in units of their tolerances: a steep slope in a feature that is
	// measured exactly does no harm.
	for c, v := range s.roots {
		total = math.Hypot(total, v*a.ball.unit[c])
	}

	for c, name := range a.data.Features {
		perUnit := 1.0
		if a.Scale != nil {
			perUnit = 1 / a.Scale.Std[c]
		}

		f := report.Feature{
			Feature: name,
			Largest: series.Float(s.largest[c] * perUnit),
			RMS:     series.Float(s.roots[c] / math.Sqrt(float64(len(s.norms))) * perUnit),
		}

		if total > 0 && total <= math.MaxFloat64 {
			part := s.roots[c] * a.ball.unit[c] / total
			f.Share = series.Float(part * part)
		}

		if a.Tolerance != nil && a.Tolerance.Each != nil {
			f.Tolerance = optionalFloat(a.Tolerance.Each[c])
		}

		features[c] = f
	}

	slices.SortStableFunc(
		features,
		func(one, other report.Feature) int {
			return cmp.Compare(other.Share, one.Share)
		},
	)

	return features
}

// distribution summarises the Jacobian norms over the points.
func (s *sensitivity) distribution() report.Sensitivity {
	const quantiles = 101
	sorted := slices.Sorted(slices.Values(s.norms))
	last := len(sorted) - 1
	d := report.Sensitivity{
		Median:  series.Float(median(sorted)),
		Mean:    series.Float(floats.Sum(sorted) / float64(len(sorted))),
		Largest: series.Float(sorted[last]),
	}

	for q := range quantiles {
		d.Norms = append(d.Norms, series.Float(sorted[q*last/(quantiles-1)]))
	}
	return d
}

// worstDirection returns the direction in which the outputs change most at x, to first order and in
// the 2-norm, for a u of size 1. Components are changes of the features in the data's units,
// ordered by |u_i|, largest first; the first is positive.
func (a *auditor) worstDirection(x []float64) []report.Component {
	const shown = 5
	pass := network.NewPass[float64](a.net, 1)
	pass.Forward(x, 1)
	w := make([]float64, len(x))
	jacobian := slices.Clone(pass.Jacobian(len(a.net.Layers)))
	size := floats.Norm(jacobian, math.Inf(1))
	if size < 1e-100 || size > 1e100 {
		_, exponent := math.Frexp(size)
		// Scaling does not change the direction and keeps squares in range.
		for i, v := range jacobian {
			jacobian[i] = math.Ldexp(v, -exponent)
		}
	}

	// The direction is for the 2-norm, regardless of the shape of the tolerance.
	round := search{net: a.net, ball: ball{unit: a.ball.unit}}
	round.startDirection(w, jacobian, every)
	u := make([]float64, len(x))
	round.ball.steepestPoint(u, w, 1)
	magnitudes := make([]float64, len(u))
	for i, v := range u {
		magnitudes[i] = math.Abs(v)
	}

	order := largestFirst(magnitudes)

	// A direction and its opposite are equivalent; fixing the sign keeps reports equal.
	sign := math.Copysign(1, u[order[0]])
	var direction []report.Component
	for _, i := range order[:min(shown, len(order))] {
		v := sign * u[i] * a.ball.unit[i]
		if a.Scale != nil {
			v *= a.Scale.Std[i]
		}

		direction = append(
			direction,
			report.Component{Feature: a.data.Features[i], Value: series.Float(v)},
		)
	}

	return direction
}
