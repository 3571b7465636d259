package bounds

import (
	"math"

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
		best = min(best, torusNorm(c, kernel, rows, cols))
	}

	return best
}

// torusSize returns the least number of places of a torus along an axis.
func torusSize(side, pad, stride, outs int) int { return max((side+pad+stride-1)/stride, outs) }

// torusNorm returns the bound for a torus of height×width places. Symbols of ω and −ω are
// conjugate, so half of the frequencies will do.
//
// Rounding: cosines and sines of multiples of 2π/N are off by less than 64u, and a symbol's entry,
// the sum of the t numbers of the kernel that share a phase, by less than (γ_{2t+2} + 64u)·Σ|K|,
// twice that for its real and imaginary parts together. What this makes of the norm is at most the
// Frobenius norm of all entries' errors.
func torusNorm(c conv.Conv, kernel []float64, height, width int) float64 {
	outs, phases := c.Outs, c.In.Channels*c.Stride[0]*c.Stride[1]
	symbol := mat.NewDense(2*outs, 2*phases, nil) // [Re −Im; Im Re]
	taps := newTaps(c)

	largest := 0.0
	for u := range height/2 + 1 {
		for v := range width {
			symbol.Zero()
			for _, t := range taps {
				// The phase is reduced to [0, 1) in integers, before 2π makes it inexact.
				down := float64(u*t.place[0]%height) / float64(height)
				across := float64(v*t.place[1]%width) / float64(width)
				angle := 2 * math.Pi * (down + across)
				sin, cos := math.Sincos(angle)
				for o := range outs {
					k := kernel[o*c.FanIn()+t.entry]
					symbol.Set(o, t.phase, symbol.At(o, t.phase)+k*cos)
					symbol.Set(outs+o, t.phase, symbol.At(outs+o, t.phase)+k*sin)
				}
			}

			// Re + i·Im has the singular values of [Re −Im; Im Re], each twice.
			for o := range outs {
				for p := range phases {
					symbol.Set(o, phases+p, -symbol.At(outs+o, p))
					symbol.Set(outs+o, phases+p, symbol.At(o, p))
				}
			}
			largest = max(largest, linalg.SpectralNormUpper(symbol))
		}
	}

	// Σ|K| per entry of a symbol: what the error bound above multiplies.
	sums := mat.NewDense(outs, phases, nil)
	for _, t := range taps {
		for o := range outs {
			magnitude := math.Abs(kernel[o*c.FanIn()+t.entry])
			sums.Set(o, t.phase, sums.At(o, t.phase)+magnitude)
		}
	}

	most := c.Size[0] * c.Size[1]
	relative := 2 * (rounding.Gamma(2*most+2) + 64*rounding.Unit)

	return rounding.AddUp(largest, rounding.Outward(relative*Two.ofMagnitudes(sums)))
}

// tap is an entry of the kernel in a convolution of stride 1: its phase stands for the channel that
// it sees.
type tap struct {
	entry, phase int
	place        [2]int
}

func newTaps(c conv.Conv) []tap {
	var taps []tap
	for entry := range c.FanIn() {
		// An entry of the kernel at (y, x) sees place (y/s, x/s) of the channel of phase (y mod s,
		// x mod s).
		x, rest := entry%c.Size[1], entry/c.Size[1]
		y, channel := rest%c.Size[0], rest/c.Size[0]
		y, x = y*max(c.Dilation[0], 1), x*max(c.Dilation[1], 1)

		taps = append(taps, tap{
			entry: entry,
			phase: (channel*c.Stride[0]+y%c.Stride[0])*c.Stride[1] + x%c.Stride[1],
			place: [2]int{y / c.Stride[0], x / c.Stride[1]},
		})
	}

	return taps
}
