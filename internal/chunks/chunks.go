// Package chunks cuts work over points into chunks. Their sizes follow from memory alone, and what
// a chunk computes depends on its own points alone, so neither the number of goroutines nor their
// speed changes a bit of what comes out.
package chunks

import (
	"sync/atomic"

	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/internal/processors"
)

// Largest is the most points a chunk has: beyond it products get no faster and caches miss.
const Largest = 128

// Size returns how many points fit into so many MB where each takes so many float64; from 1 to
// Largest.
func Size(mb, float64s int) int {
	return min(max(mb<<20/(8*float64s), 1), Largest)
}

// Goroutines returns the number asked for or, where that is 0, one per processor.
func Goroutines(wanted int) int {
	if wanted > 0 {
		return wanted
	}
	return processors.Count()
}

// Count returns the number of chunks of a size that so many points make.
func Count(points, size int) int {
	return (points + size - 1) / size
}

// Each works on all points, chunk by chunk, with one goroutine for each worker. Workers take the
// next chunk when they are free and are called with its first point and its number of points.
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
