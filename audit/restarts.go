package audit

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/network"
)

const (
	// mostRestarts is the largest number of random points evaluated in addition to the data. They
	// may take restartOperations arithmetic operations, but at least fewestRestarts are evaluated
	// unless even these are too expensive. mostCoordinates limits their memory.
	mostRestarts, fewestRestarts = 100_000, 256
	restartOperations            = 5e9
	mostCoordinates              = 1 << 23
	// bestRestarts is the number of points from which the search continues.
	bestRestarts = 64
)

const (
	// nearbyRounds is how often random points near the best ones are evaluated. Each round has
	// 1/nearbyShare of the number of points of the first.
	nearbyRounds, nearbyShare = 4, 4
	// nearbyOctaves is how many times the distance is halved at most.
	nearbyOctaves = 8
)

// restartOctaves is how many times the box in which a random point is drawn is doubled at most,
// starting from the bounding box of the data. A Lipschitz constant may be attained anywhere.
const restartOctaves = 4

// randomStarts draws many random points and returns those with the largest Jacobian norms, or x if
// all of them overflow.
func randomStarts(ctx context.Context, net *network.Network, x *mat.Dense) (*mat.Dense, error) {
	perPoint := jacobianOperations(net)
	fewest := max(min(fewestRestarts, searchOperations/perPoint), bestRestarts/4)
	n := int(
		min(
			max(restartOperations/perPoint, fewest),
			mostRestarts,
			float64(mostCoordinates/net.In())+1,
		),
	)
	far, err := steepestPoints(ctx, net, randomPointsAround(x, n))
	if err != nil || far == nil {
		return x, err
	}

	// The steepest pieces of a network may be small, and are often next to other steep ones.
	r, best := rng.Stream(0, "restarts nearby"), far
	for range nearbyRounds {
		more := new(mat.Dense)
		more.Stack(best, randomPointsNear(r, best, n/nearbyShare))
		found, err := steepestPoints(ctx, net, more)
		if err != nil {
			return nil, err
		}
		if found == nil {
			break
		}
		best = found
	}

	// Nearby points crowd into few pieces, so half of the places are kept for the points of the
	// first round.
	rows, _ := best.Dims()
	for i := range min(rows/2, far.RawMatrix().Rows) {
		best.SetRow(rows-1-i, far.RawRowView(i))
	}

	return best, nil
}

// steepestPoints returns the points with the largest Jacobian norms, nil if all overflow.
func steepestPoints(ctx context.Context, net *network.Network, points *mat.Dense) (*mat.Dense, error) {
	s, err := sensitivityOf(ctx, search{net: net, x: points})
	if err != nil {
		return nil, err
	}

	// A search that compares norms cannot use points whose Jacobian overflows or is NaN.
	order := slices.DeleteFunc(
		largestFirst(s.norms),
		func(i int) bool { return !(s.norms[i] <= math.MaxFloat64) },
	)
	if len(order) == 0 {
		return nil, nil
	}

	return rowsAt(points, order[:min(bestRestarts, len(order))]), nil
}

// randomPointsNear draws n points around the given ones. The distance is a fraction of the distance
// to another of the points; the logarithm of the fraction is uniform.
func randomPointsNear(r *rand.Rand, centres *mat.Dense, n int) *mat.Dense {
	rows, d := centres.Dims()
	points := mat.NewDense(max(n, 1), d, nil)
	for i := range max(n, 1) {
		centre, other := centres.RawRowView(i%rows), centres.RawRowView(r.IntN(rows))
		reach := math.Exp2(-nearbyOctaves * r.Float64())
		for c, v := range centre {
			points.Set(i, c, v+reach*(math.Abs(v-other[c])+math.Abs(v))*(2*r.Float64()-1))
		}
	}
	return points
}

// randomPointsAround draws n points from enlarged bounding boxes of the points x.
func randomPointsAround(x *mat.Dense, n int) *mat.Dense {
	_, d := x.Dims()
	middle, half := make([]float64, d), make([]float64, d)
	for c := range d {
		feature := mat.Col(nil, c, x)
		low, high := floats.Min(feature), floats.Max(feature)
		middle[c] = low + (high-low)/2
		half[c] = (high - low) / 2
		// A constant feature still needs a range, so that the points differ.
		if half[c] == 0 {
			half[c] = max(math.Abs(middle[c]), 1)
		}
	}

	// The stream is fixed, so audits of the same model and data give the same result.
	r := rng.Stream(0, "restarts")
	points := mat.NewDense(n, d, nil)
	for i := range n {
		// The logarithm of the box's size is uniform, since the scale of the steepest place is
		// unknown.
		box := math.Exp2(restartOctaves * r.Float64())
		for c, v := range middle {
			points.Set(i, c, v+box*half[c]*(2*r.Float64()-1))
		}
	}

	return points
}
