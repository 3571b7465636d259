package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
)

// fourierSizes is the number of torus sizes tried along each axis: the bound is not monotone in the
// size.
const fourierSizes = 3

// fourierNorm returns a number proved to be ≥ the 2-norm of a convolution. The convolution is a
// submatrix of a convolution on a torus of N×M places, if the torus is large enough that only
// padding wraps around. The norm on the torus is the largest norm of its symbols F(ω) over the N·M
// frequencies [H. Sedghi, V. Gupta and P. Long, arXiv 1805.10408].
//
// With a stride s, inputs fall into s phases along each axis. The phases act as channels of a
// convolution of stride 1:
//
//	y[o] = Σ_a K[a] x[os + a − p] = Σ_r Σ_q K[qs + r] x_r[o + q],  x_r[j] = x[js + r − p].
//
// On a torus of N places, position j coincides with j + N. If Ns ≥ n + p, both lie in the padding;
// outputs stay distinct if N is at least their number.
func fourierNorm(c conv.Conv, kernel []float64) float64 {
	least := [2]int{
		torusSize(c.In.Height, c.Pad[0], c.Stride[0], c.Height),
		torusSize(c.In.Width, c.Pad[1], c.Stride[1], c.Width),
	}

	best := math.Inf(1)
	for more := range fourierSizes {
		rows, cols := least[0]+more, least[1]+more
		best = min(best, torusNorm(c, kernel, rows, cols, best))
	}

	return best
}

// torusSize returns the smallest valid number of places of the torus along an axis.
func torusSize(side, pad, stride, outs int) int {
	return max((side+pad+stride-1)/stride, outs)
}

// torusNorm returns the bound for a torus of height×width places, or some number ≥ enough if the
// bound is not smaller than enough. The symbols of ω and −ω are conjugate, so half of the
// frequencies suffice.
//
// Rounding: cosines and sines of multiples of 2π/N are off by less than 64u. An entry of a symbol,
// the sum of the t kernel entries that share a phase, is off by less than (γ_{2t+2} + 64u)·Σ|K|,
// and by twice that for its real and imaginary parts together. The effect on the norm is at most
// the Frobenius norm of all entries' errors.
func torusNorm(c conv.Conv, kernel []float64, height, width int, enough float64) float64 {
	outs, phases := c.Outs, c.In.Channels*c.Stride[0]*c.Stride[1]
	symbol := mat.NewDense(2*outs, 2*phases, nil)
	taps := tapsOf(c, kernel)

	largest := 0.0
	for u := range height/2 + 1 {
		for v := range width {
			writeSymbol(symbol, taps, u, v, height, width)

			// A norm that is certainly no larger than the largest so far is not needed, and one
			// proof of that costs less than the norm. Upper exceeds a norm by a smaller relative
			// margin than this factor's distance from 1.
			const surely = 1 - 1e-8
			if linalg.IsNormBelow(symbol, largest*surely) {
				continue
			}

			largest = max(largest, linalg.SpectralNormUpper(symbol))
			if largest >= enough {
				return largest
			}
		}
	}

	// Σ|K| for each entry of a symbol, the factor in the error bound above.
	sums := mat.NewDense(outs, phases, nil)
	for _, t := range taps {
		for i, k := range t.kernel {
			sums.RawMatrix().Data[i] += math.Abs(k)
		}
	}

	most := c.Size[0] * c.Size[1]
	relative := 2 * (rounding.Gamma(2*most+2) + 64*rounding.Unit)

	return rounding.AddUp(largest, rounding.Outward(relative*Two.ofMagnitudes(sums)))
}

// writeSymbol writes the symbol F(ω) of frequency (u/height, v/width) as [Re −Im; Im Re]. This
// matrix has the singular values of Re + i·Im, each twice.
func writeSymbol(symbol *mat.Dense, taps []tap, u, v, height, width int) {
	rows, cols := symbol.Dims()
	outs, phases := rows/2, cols/2
	symbol.Zero()

	for _, t := range taps {
		// The phase is reduced to [0, 1) in integers, before 2π makes it inexact.
		down := float64(u*t.place[0]%height) / float64(height)
		across := float64(v*t.place[1]%width) / float64(width)
		sin, cos := math.Sincos(2 * math.Pi * (down + across))
		for o := range outs {
			k := t.kernel[o*phases:][:phases]
			floats.AddScaled(symbol.RawRowView(o)[:phases], cos, k)
			floats.AddScaled(symbol.RawRowView(outs + o)[:phases], sin, k)
		}
	}

	for o := range outs {
		above, below := symbol.RawRowView(o), symbol.RawRowView(outs+o)
		floats.ScaleTo(above[phases:], -1, below[:phases])
		copy(below[phases:], above[:phases])
	}
}

// tap holds the kernel entries of a convolution of stride 1 at one place of its window.
type tap struct {
	place  [2]int
	kernel []float64 // outs×phases, the phases being its input channels
}

// tapsOf returns the taps of a convolution, treating the phases of its stride as channels.
func tapsOf(c conv.Conv, kernel []float64) []tap {
	fan, phases := c.FanIn(), c.In.Channels*c.Stride[0]*c.Stride[1]
	var taps []tap

	for entry := range fan {
		// The kernel entry at (y, x) reads place (y/s, x/s) of the channel of phase (y mod s, x mod
		// s).
		x, rest := entry%c.Size[1], entry/c.Size[1]
		y, channel := rest%c.Size[0], rest/c.Size[0]
		y, x = y*max(c.Dilation[0], 1), x*max(c.Dilation[1], 1)
		phase := (channel*c.Stride[0]+y%c.Stride[0])*c.Stride[1] + x%c.Stride[1]
		place := [2]int{y / c.Stride[0], x / c.Stride[1]}

		at := slices.IndexFunc(taps, func(t tap) bool {
			return t.place == place
		})
		if at < 0 {
			at = len(taps)
			taps = append(taps, tap{place, make([]float64, c.Outs*phases)})
		}

		for o := range c.Outs {
			taps[at].kernel[o*phases+phase] = kernel[o*fan+entry]
		}
	}

	return taps
}
