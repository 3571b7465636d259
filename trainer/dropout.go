package trainer

import (
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rng"
)

// dropout is inverted dropout (Srivastava et al. 2014) after every hidden activation: an update
// multiplies each value by 0 with a probability p, by 1/(1 − p) otherwise, independently. What it
// draws depends on the seed, the epoch and the batch alone, so that there is nothing to save.
type dropout[T linalg.Float] struct {
	seed   uint64
	drop   uint32 // p in units of 2⁻³²
	keep   T      // 1/(1 − p)
	widths []int
	masks  [][]T // of each hidden layer, rows×width, overwritten by draw
}

func newDropout[T linalg.Float](c Config, rows int) *dropout[T] {
	d := &dropout[T]{
		seed: c.Seed, drop: uint32(math.Ldexp(c.Dropout, 32)), keep: T(1 / (1 - c.Dropout)), widths: c.Hidden,
	}
	for _, width := range c.Hidden {
		d.masks = append(d.masks, make([]T, rows*width))
	}
	return d
}

// draw fills the masks for a batch of that many rows; a nil dropout does nothing.
func (d *dropout[T]) draw(epoch, batch, rows int) {
	if d == nil {
		return
	}
	r := rng.Stream(d.seed, "dropout", uint64(epoch), uint64(batch))
	for i, width := range d.widths {
		mask := d.masks[i][:rows*width]
		for j := range mask {
			mask[j] = d.keep
			if r.Uint32() < d.drop {
				mask[j] = 0
			}
		}
	}
}
