package audit

import (
	"math"

	"github.com/liptrack/liptrack/internal/chunks"
)

// A neighbour is a point whose class is known: a sample or the flip of a sample. A flip of one
// sample may also flip samples near it whose own searches missed it.
type neighbour struct {
	point []float64
	class int
}

// neighbourOperations roughly limits the arithmetic operations for the distances of all samples
// from their neighbours.
const neighbourOperations = 6e9

// neighbours returns the samples and their flips. If there are too many to compute all distances,
// it returns every k-th of them.
func (s search) neighbours(classes []int, found []flip) []neighbour {
	var all []neighbour
	for i, c := range classes {
		all = append(all, neighbour{s.x.RawRowView(i), c})
	}

	for _, f := range found {
		if f.point != nil {
			all = append(all, neighbour{f.point, f.to})
		}
	}

	perNeighbour := 3 * float64(len(classes)) * float64(s.net.In())
	most := max(int(neighbourOperations/perNeighbour), 1)
	step := chunks.Count(len(all), most)
	var some []neighbour
	for i := 0; i < len(all); i += step {
		some = append(some, all[i])
	}

	return some
}

// nearest returns the neighbour of another class that is nearest to x and nearer than size; nil if
// there is none.
func (b ball) nearest(x []float64, class int, size float64, all []neighbour) []float64 {
	var nearest []float64
	for _, n := range all {
		if n.class == class {
			continue
		}
		d := b.distance(x, n.point, size)
		if d < size {
			nearest, size = n.point, d
		}
	}
	return nearest
}

// distance returns the size of the perturbation from x to y, up to rounding. If it is at least
// size, the result is any number ≥ size.
func (b ball) distance(x, y []float64, size float64) float64 {
	distance, square := 0.0, size*size
	for i, v := range x {
		d := math.Abs(y[i] - v)
		if d == 0 {
			continue
		}

		d /= b.unit[i] // +Inf for a feature that must not change
		if b.box {
			distance = max(distance, d)
			continue
		}

		distance += d * d
		if distance >= square {
			return size
		}
	}

	if b.box {
		return distance
	}
	return math.Sqrt(distance)
}
