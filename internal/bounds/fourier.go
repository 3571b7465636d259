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

// fourierSizes is how many sizes of the torus are tried along either axis: the bound is not
// monotone in them.
const fourierSizes = 3

// fourierNorm returns a number proved to be ≥ the 2-norm of a convolution. The convolution is a
// submatrix of one on a torus of N×M places that is large enough for nothing to wrap but padding.
// The norm on the torus is the largest norm of its symbols F(ω) over the N·M frequencies [H.
// Sedghi, V. Gupta and P. Long, arXiv 1805.10408].
//
// With a stride s, inputs fall into s phases along each axis, which are channels of a convolution
// of stride 1:
//
//	y[o] = Σ_a K[a] x[os + a − p] = Σ_r Σ_q K[qs + r] x_r[o + q],  x_r[j] = x[js + r − p].
//
// On a torus of N places, position j stands for j + N: both lie in the padding if Ns ≥ n + p, and
// outputs are apart if N is at least their number.
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

// torusSize returns the least number of places of a torus along an axis.
func torusSize(side, pad, stride, outs int) int {
	return max((side+pad+stride-1)/stride, outs)
}

// torusNorm returns the bound for a torus of height×width places, or a number ≥ enough if the bound
// is not less than that. Symbols of ω and −ω are conjugate, so half of the frequencies will do.
//
// Rounding: cosines and sines of multiples of 2π/N are off by less than 64u, and a symbol's entry,
// the sum of the t numbers of the kernel that share a phase, by less than (γ_{2t+2} + 64u)·Σ|K|,
// twice that for its real and imaginary parts together. What this makes of the norm is at most the
// Frobenius norm of all entries' errors.
func torusNorm(c conv.Conv, kernel []float64, height, width int, enough float64) float64 {
	outs, phases := c.Outs, c.In.Channels*c.Stride[0]*c.Stride[1]
	symbol := mat.NewDense(2*outs, 2*phases, nil)
	taps := tapsOf(c, kernel)

	largest := 0.0
	for u := range height/2 + 1 {
		for v := range width {
			writeSymbol(symbol, taps, u, v, height, width)

			// A norm that is surely no larger is not needed, and one proof of that costs less than
			// the norm. Upper exceeds a norm by less than this factor's distance from 1.
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

	// Σ|K| per entry of a symbol: what the error bound above multiplies.
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

// writeSymbol writes the symbol F(ω) of frequency (u/height, v/width) as [Re −Im; Im Re], which has
// the singular values of Re + i·Im, each twice.
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

// tap is what a convolution of stride 1 multiplies at one place of its window.
type tap struct {
	place  [2]int
	kernel []float64 // outs×phases, which stand for the channels that it sees
}

// tapsOf returns the taps of a convolution that sees the phases of its stride as channels.
func tapsOf(c conv.Conv, kernel []float64) []tap {
	fan, phases := c.FanIn(), c.In.Channels*c.Stride[0]*c.Stride[1]
	var taps []tap

	for entry := range fan {
		// An entry of the kernel at (y, x) sees place (y/s, x/s) of the channel of phase (y mod s,
		// x mod s).
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
