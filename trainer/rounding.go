package trainer

import (
	"math/bits"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// Training is chaotic: a rounding that differs from PyTorch's decides, sooner or later, on which
// side of a kink a point falls, and the curves diverge. In float32, training computes what PyTorch
// 1.13 computes on an AVX2 processor: it rounds where PyTorch rounds (package vec) and adds in the
// same order (this file). With the matrix products of the same OpenBLAS, trajectories then agree to
// the last digits. In float64, training uses plain arithmetic.

// lanes is the number of float32 in an AVX2 register.
const lanes = 8

// columnSums writes the sums of the columns of a, rows×cols, to dst, by the cascade that keeps the
// rounding error of torch.sum small. Columns in whole groups of 32 (of 4 if there are fewer than 8)
// add the rows in order; each of the others adds every fourth row in each of four sums. PyTorch
// adds a single column in yet another order, which is not reproduced.
func columnSums[T linalg.Float](dst, a []T, rows, cols int) {
	group := 4 * lanes
	if cols < lanes {
		group = 4
	}

	// Whole groups of columns: plain cascades over the rows.
	grouped := cols / group * group
	cascade(dst[:grouped], a, cols, rows)

	// The other columns: four interleaved sums. The leftover rows are added to the first sum, and
	// then the other three sums are.
	rest, quads := dst[grouped:], rows/4
	cascade(rest, a[grouped:], 4*cols, quads)
	parts := make([]T, 3*len(rest))
	for k := 0; k < 3 && quads > 0; k++ {
		part := parts[k*len(rest):][:len(rest)]
		cascade(part, a[grouped+(k+1)*cols:], 4*cols, quads)
	}

	for r := 4 * quads; r < rows; r++ {
		vec.Add(rest, a[r*cols+grouped:])
	}

	for k := range 3 {
		vec.Add(rest, parts[k*len(rest):])
	}
}

// cascade writes the sum of count vectors, stride apart in a, to dst, in blocks of blocks so that
// no accumulator adds up more than a few dozen terms.
func cascade[T linalg.Float](dst, a []T, stride, count int) {
	const levels = 4
	// Level l holds sums of 2^(l·power) rows.
	power := max(4, (bits.Len(uint(max(count, 1)-1)))/levels)
	step, mask := 1<<power, 1<<power-1
	var acc [levels][]T
	for l := range acc {
		acc[l] = make([]T, len(dst))
	}

	// After each full block its sum moves up a level; a level that is full moves up in turn.
	i := 0
	for i+step <= count {
		for range step {
			vec.Add(acc[0], a[i*stride:])
			i++
		}

		for l := 1; l < levels; l++ {
			vec.Add(acc[l], acc[l-1])
			clear(acc[l-1])
			if i&(mask<<(l*power)) != 0 {
				break
			}
		}
	}

	for ; i < count; i++ {
		vec.Add(acc[0], a[i*stride:])
	}

	for _, higher := range acc[1:] {
		vec.Add(acc[0], higher)
	}

	copy(dst, acc[0])
}
