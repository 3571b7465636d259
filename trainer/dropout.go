package trainer

import (
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rng"
)

// dropout is inverted dropout (Srivastava et al. 2014) after every hidden activation: an update
// multiplies each value independently by 0 with probability p, and by 1/(1 − p) otherwise. The
// draws depend only on the seed, the epoch and the batch, so there is no state to save.
type dropout[T linalg.Float] struct {
	seed   uint64
	drop   uint32 // p in units of 2⁻³²
	keep   T      // 1/(1 − p)
	widths []int  // of each module but the last; 0 for pools
	masks  [][]T  // rows×width, overwritten by draw
}

func newDropout[T linalg.Float](c Config, layers []module[T], rows int) *dropout[T] {
	d := &dropout[T]{
		seed: c.Seed,
		drop: uint32(math.Ldexp(c.Dropout, 32)),
		keep: T(1 / (1 - c.Dropout)),
	}

	// Pools have no parameters and drop nothing; the values of the last module are the outputs.
	for _, l := range layers[:len(layers)-1] {
		width := 0
		if len(l.params()) > 0 {
			_, width = l.dims()
		}

		d.widths = append(d.widths, width)
		d.masks = append(d.masks, make([]T, rows*width))
	}

	return d
}

// maskOf returns the mask applied after module i, or nil if there is none.
func (d *dropout[T]) maskOf(i int) []T {
	if d == nil || i >= len(d.masks) || d.widths[i] == 0 {
		return nil
	}
	return d.masks[i]
}

// draw fills the masks for a batch of the given number of rows. A nil dropout does nothing.
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
