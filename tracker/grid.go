package tracker

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// GridOptions describe the grid on which a network with two inputs is measured. If Range or Points
// is zero, it gets its default, 5 or 1000.
type GridOptions struct {
	// Range > 0 puts the grid on [−Range, Range]².
	Range float64
	// Points ≥ 2 is the number of points on a side of the grid.
	Points int
	// Picture ≥ 0 is the number of cells on a side of the picture; 0 for none.
	Picture int
}

// grid measures a network with two inputs all over a square (the toy example of Khromov and Singh
// 2024). It measures the largest ‖J‖ over a dense grid, a lower bound on the Lipschitz constant,
// and the distance from there to the nearest grid point of another class, exact on the grid. After
// the last epoch it also measures ‖J‖ and the class at the centres of coarse cells, for a picture.
type grid struct{ GridOptions }

// settings binds the settings of the grid.
func (o *GridOptions) settings(s *settings.Set) {
	settings.Var(s, &o.Range, "track.grid.range", settings.Positive, 5,
		"the metric grid covers [-range, range]² (the paper's)")

	settings.Var(s, &o.Points, "track.grid.points", settings.IntegerUpTo(2, 4000), 1000,
		"points on a side of the grid (the paper's)")
	settings.Var(s, &o.Picture, "track.grid.picture", settings.OrZero(settings.IntegerUpTo(0, 200), "off"), 60,
		"cells on a side of the grid's picture, made after the last epoch")
}

func (m grid) Measure(s *Snapshot) ([]series.Sample, error) {
	if s.Net.In() != 2 {
		return nil, fmt.Errorf("the network has %d inputs; only a network with 2 can be measured all "+
			"over a plane", s.Net.In())
	}

	dense := lattice{
		side:  m.Points,
		first: -m.Range,
		step:  2 * m.Range / float64(m.Points-1),
	}
	largest, classes := m.sweepLattice(s, dense, nil)
	x, y := dense.coordinates(largest.at)
	at := &series.Place{X: coordinates([]float64{x, y})}
	lower := reachedSample(s, series.GridLowerBound, largest.norm, []float64{x, y}, at)

	samples := []series.Sample{lower, boundaryDistance(dense, classes, largest.at)}
	if m.Picture > 0 && s.Last {
		samples = append(samples, m.picture(s)...)
	}

	return samples, nil
}

// lattice is a square of side² points, row by row, in ascending x within a row.
type lattice struct {
	side        int
	first, step float64
}

func (l lattice) Len() int { return l.side * l.side }

func (l lattice) coordinates(i int) (x, y float64) {
	return l.first + float64(i%l.side)*l.step, l.first + float64(i/l.side)*l.step
}

func (l lattice) rows(from, n int, buffer []float64) []float64 {
	for i := range n {
		buffer[2*i], buffer[2*i+1] = l.coordinates(from + i)
	}
	return buffer
}

// spot is the index of a point and ‖J‖ there.
type spot struct {
	at   int
	norm float64
}

// sweepLattice returns the first point with the largest ‖J‖ and the class of every point. It calls
// visit, unless nil, with the norms of n points starting at from.
func (grid) sweepLattice(
	s *Snapshot,
	over lattice,
	visit func(from int, norms []float64),
) (largest spot, classes []int32) {
	classes = make([]int32, over.Len())
	var mu sync.Mutex
	s.Probes.sweepPoints(
		over,
		s.Net,
		s.Net.ForwardCost()+s.Net.JacobianCost(),
		func(pass *network.Pass[float64], from, n int) {
			outs := s.Net.Out()
			for i := range n {
				classes[from+i] = int32(floats.MaxIdx(pass.Outputs()[i*outs : (i+1)*outs]))
			}
			norms := make([]float64, n)
			Norm2.each(norms, networkJacobians(s.Net, pass, n))
			best := floats.MaxIdx(norms)

			// Chunks finish in any order. If norms are equal, the first point counts, so that the
			// result does not depend on the order.
			mu.Lock()
			defer mu.Unlock()
			v := norms[best]
			if v > largest.norm || v == largest.norm && from+best < largest.at {
				largest = spot{at: from + best, norm: v}
			}

			if visit != nil {
				visit(from, norms)
			}
		},
	)

	return largest, classes
}

// boundaryDistance returns the distance of a point of the lattice to the nearest point of another
// class, or NaN if there is none.
func boundaryDistance(l lattice, classes []int32, from int) series.Sample {
	x, y := l.coordinates(from)
	nearest := math.Inf(1)
	for i, class := range classes {
		if class != classes[from] {
			u, v := l.coordinates(i)
			nearest = min(nearest, math.Hypot(u-x, v-y))
		}
	}

	// Without a second class there is no boundary: NaN and a warning, not an infinite distance.
	if math.IsInf(nearest, 1) {
		reason := "every grid point is of one class" // in series, whose bytes stay
		return missingSample(series.GridBoundaryDistance, "", series.Exact, reason)
	}

	return series.NewSample(series.GridBoundaryDistance, "", nearest, series.Exact)
}

// picture returns ‖J‖ and the class at the centre of every cell.
func (m grid) picture(s *Snapshot) []series.Sample {
	width := 2 * m.Range / float64(m.Picture)
	cells := lattice{
		side:  m.Picture,
		first: width/2 - m.Range,
		step:  width,
	}
	norms := make([]float64, cells.Len())
	_, classes := m.sweepLattice(s, cells, func(from int, of []float64) {
		copy(norms[from:], of)
	})
	var samples []series.Sample
	for i, class := range classes {
		x, y := cells.coordinates(i)
		label := fmt.Sprintf("x=%.6g,y=%.6g", x, y)
		samples = append(samples,
			series.NewSample(series.GridNorm, label, norms[i], series.Exact),
			series.NewSample(series.GridClass, label, float64(class), series.Exact))
	}

	return samples
}
