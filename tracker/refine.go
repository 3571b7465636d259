package tracker

import (
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/network/losses"
)

// Jacobians over many probe points are multiplied in float32, at half the cost of float64; slopes,
// Gram matrices and norms stay in float64, so that no point is moved across a kink. The norms that
// may be a maximum are then computed again in float64, so that the lower bound is proved. Means and
// quantiles are off by about 10⁻⁷ of the norm.

// refined is the number of largest norms of a group of points that are computed again in float64.
const refined = 32

// coarse reports whether the Jacobians over the probe points are multiplied in float32.
func (s *Snapshot) coarse() bool {
	return s.Probes.Len() > 4*refined && s.Net.FitsFloat32()
}

// refine computes the largest norms of each target and group of points again in float64. It lowers
// the other norms of the group to the largest of these if rounding had put them above it.
func (m jacobian) refine(s *Snapshot, targets []target, norms [][]float64, groups []group) {
	// Collect the largest norms of every target and group, since any of them may be the maximum.
	chosen := map[int]bool{}
	for _, of := range norms {
		for _, group := range groups {
			for _, i := range group.largestNorms(of, refined) {
				chosen[i] = true
			}
		}
	}

	// Sort the points, because the order of a map must not decide how they are cut into chunks.
	index := slices.Sorted(maps.Keys(chosen))
	again := s.Probes.only(index)
	exact := make([][]float64, len(targets))
	for t := range exact {
		exact[t] = make([]float64, again.Len())
	}

	s.Probes.sweepPoints(
		again,
		s.Net,
		s.Net.ForwardCost()+s.Net.JacobianCost(),
		func(pass *network.Pass[float64], from, n int) {
			c := chunk{pass, pass.Jacobian, again.truthOf(from, n), from, n}
			m.normsOf(c, s.Net, targets, exact)
		},
	)

	for t, of := range norms {
		for row, i := range index {
			of[i] = exact[t][row]
		}

		// A norm in float32 may exceed the maximum in float64. It is capped, so that the maximum is
		// proved.
		for _, group := range groups {
			top := math.Inf(-1)
			for _, i := range group.points {
				if chosen[i] {
					top = max(top, of[i])
				}
			}

			for _, i := range group.points {
				of[i] = min(of[i], top)
			}
		}
	}
}

// largestNorms returns the n points of the group with the largest norms, the first ones if norms
// are equal.
func (g group) largestNorms(norms []float64, n int) []int {
	sorted := g.normsOf(norms)
	slices.Sort(sorted)
	least := sorted[max(len(sorted)-n, 0)]

	// More points may share the least of these norms than are still needed.
	var above, equal []int
	for _, i := range g.points {
		switch {
		case norms[i] > least:
			above = append(above, i)
		case norms[i] == least:
			equal = append(equal, i)
		}
	}

	return append(above, equal[:min(len(equal), n-len(above))]...)
}

// truthOf returns the labels or targets of n points starting at from.
func (p Probes) truthOf(from, n int) losses.Truth {
	var t losses.Truth
	if p.Labels != nil {
		t.Labels = p.Labels[from : from+n]
	}
	if p.Targets != nil {
		_, k := p.Targets.Dims()
		t.Targets = p.Targets.Slice(from, from+n, 0, k).(*mat.Dense)
	}
	return t
}
