// Package chunks splits work over points into chunks. The chunk size depends only on the memory
// limit, and the result of a chunk depends only on its own points, so neither the number of
// goroutines nor their speed changes a bit of the result.
package chunks

import (
	"sync/atomic"

	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/internal/processors"
)

// Largest is the maximum number of points in a chunk. Beyond it products get no faster and caches
// miss.
const Largest = 128

// Size returns how many points fit into mb MB if each takes the given number of float64; it is from
// 1 to Largest.
func Size(mb, float64s int) int {
	return min(max(mb<<20/(8*float64s), 1), Largest)
}

// Goroutines returns wanted, or the number of processors if wanted is 0.
func Goroutines(wanted int) int {
	if wanted > 0 {
		return wanted
	}
	return processors.Count()
}

// Count returns the number of chunks of the given size that hold all points.
func Count(points, size int) int {
	return (points + size - 1) / size
}

// Each processes all points chunk by chunk, with one goroutine per worker. A free worker takes the
// next chunk and is called with the index of its first point and its number of points.
func Each(points, size int, workers []func(from, n int)) {
	var next atomic.Int64
	var running panics.Group
	for _, work := range workers {
		running.Go(func() {
			for {
				from := int(next.Add(int64(size))) - size
				if from >= points {
					return
				}

				work(from, min(size, points-from))
			}
		})
	}

	running.Wait()
}
