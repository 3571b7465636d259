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
	// mostRestarts is how many random points are looked at beside the data, for restartOperations
	// arithmetic operations at most, and fewestRestarts whatever they cost.
	mostRestarts, fewestRestarts = 100_000, 256
	restartOperations            = 5e9
	mostCoordinates              = 1 << 23
	// bestRestarts is how many of them climb on.
	bestRestarts = 64
)

const (
	// nearbyRounds is how often random points near the best ones are looked at, a nearbyShare of
	// the first number each time.
	nearbyRounds, nearbyShare = 4, 4
	// nearbyOctaves is how many times the distance is at most halved.
	nearbyOctaves = 8
)

// restartOctaves is how many times the box in which a random point is drawn is at most doubled,
// beginning with that of the data: a Lipschitz constant may be attained anywhere.
const restartOctaves = 4

// randomStarts returns those of many random points at which the Jacobian norms are largest.
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
	far, err := steepest(ctx, net, randomPointsAround(x, n))
	if err != nil || far == nil {
		return x, err
	}

	// The steepest pieces of a network may be small, and lie beside others that are steep.
	r, best := rng.Stream(0, "restarts nearby"), far
	for range nearbyRounds {
		more := new(mat.Dense)
		more.Stack(best, randomPointsNear(r, best, n/nearbyShare))
		found, err := steepest(ctx, net, more)
		if err != nil {
			return nil, err
		}
		if found == nil {
			break
		}
		best = found
	}

	// Near points crowd into few pieces: the first ones keep half of the places.
	rows, _ := best.Dims()
	for i := range min(rows/2, far.RawMatrix().Rows) {
		best.SetRow(rows-1-i, far.RawRowView(i))
	}

	return best, nil
}

// steepest returns those of the points at which the Jacobian norms are largest, nil if all
// overflow.
func steepest(ctx context.Context, net *network.Network, points *mat.Dense) (*mat.Dense, error) {
	s, err := sensitivityOf(ctx, search{net: net, x: points})
	if err != nil {
		return nil, err
	}

	// A point whose Jacobian overflows, or is NaN, is of no use to a search that compares norms.
	order := slices.DeleteFunc(
		largestFirst(s.norms),
		func(i int) bool { return !(s.norms[i] <= math.MaxFloat64) },
	)
	if len(order) == 0 {
		return nil, nil
	}

	return rowsAt(points, order[:min(bestRestarts, len(order))]), nil
}

// randomPointsNear draws n points about the given ones, as far from each as some part of the
// distance to another: the logarithm of that part is uniform.
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

// randomPointsAround draws n points from boxes about that of the points x.
func randomPointsAround(x *mat.Dense, n int) *mat.Dense {
	_, d := x.Dims()
	middle, half := make([]float64, d), make([]float64, d)
	for c := range d {
		feature := mat.Col(nil, c, x)
		low, high := floats.Min(feature), floats.Max(feature)
		middle[c] = low + (high-low)/2
		half[c] = (high - low) / 2
		// A single value: the points are to differ all the same.
		if half[c] == 0 {
			half[c] = max(math.Abs(middle[c]), 1)
		}
	}

	// A stream of its own: audits of the same model and data find the same.
	r := rng.Stream(0, "restarts")
	points := mat.NewDense(n, d, nil)
	for i := range n {
		// The logarithm of the box's size is uniform, since nobody knows the scale at which the
		// steepest place lies.
		box := math.Exp2(restartOctaves * r.Float64())
		for c, v := range middle {
			points.Set(i, c, v+box*half[c]*(2*r.Float64()-1))
		}
	}

	return points
}
