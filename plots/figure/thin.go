package figure

import (
	"math"
	"math/bits"
	"slices"

	"github.com/liptrack/liptrack/tracker/series/query"
)

// Thin chooses at most limit points of a curve to draw, plus one for each bucket with a gap, and
// returns their indices in order. limit must be at least 4.
//
// The epochs are split into buckets, and the smallest and the largest value of each are kept
// (min-max decimation), so that no extreme is lost. The first and the last point are kept too.
// Buckets have equal length in the mean of linear and logarithmic position, so that neither axis is
// coarse. They change only when the last epoch passes 8, 10, 12, 14, 16, 20, …, so that a growing
// curve mostly keeps its points. A NaN or infinite value after a finite one is kept to draw the
// gap.
func Thin(epochs []int, values []float64, limit int) []int {
	if len(values) <= limit {
		return all(len(values))
	}

	buckets := limit/2 - 1
	last := len(values) - 1
	keep := []int{0}
	for start := 1; start < last; {
		b := bucket(epochs, start, buckets)
		end := start + 1
		for end < last && bucket(epochs, end, buckets) == b {
			end++
		}

		keep = append(keep, extremes(values, start, end)...)
		start = end
	}

	return append(keep, last)
}

// bucket returns which of n buckets the i-th epoch falls into.
func bucket(epochs []int, i, n int) int {
	first, last := epochs[0], epochs[len(epochs)-1]
	e, span := float64(epochs[i]-first), float64(horizon(last-first))
	position := (e/span + math.Log1p(e)/math.Log1p(span)) / 2
	return min(n-1, int(position*float64(n)))
}

// horizon returns the smallest number ≥ n with three significant bits: 8, 10, 12, 14, 16, 20, …
func horizon(n int) int {
	shift := max(0, bits.Len(uint(n-1))-3)
	return ((n-1)>>shift + 1) << shift
}

// extremes returns, in order, the indices in [start, end) of the smallest and the largest
// finite value and of the first value that is not finite and follows a finite one.
func extremes(values []float64, start, end int) []int {
	low, high, gap := -1, -1, -1
	for i := start; i < end; i++ {
		switch v := values[i]; {
		case !query.Finite(v):
			if gap < 0 && query.Finite(values[i-1]) {
				gap = i
			}
		case low < 0:
			low, high = i, i
		case v < values[low]:
			low = i
		case v > values[high]:
			high = i
		}
	}

	kept := []int{low, high, gap}
	slices.Sort(kept)
	return slices.DeleteFunc(slices.Compact(kept), func(i int) bool {
		return i < 0
	})
}

func all(n int) []int {
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	return indices
}
