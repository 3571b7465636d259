package bounds

import (
	"cmp"
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// MapNorm returns the 2-norm of a layer's linear map with a certificate. Of a convolution or a pool
// that is the proof by a Cholesky factorisation of its Gram matrix, which is a band, where that
// fits [linalg.TopSparse]; else bounds from its symbols and from its row and column sums, the Norm
// being what some steps of the power method find, which is too small, if anything.
func MapNorm(l network.Linear) linalg.Top {
	switch m := l.(type) {
	case network.Dense:
		return linalg.TopSingular(m.M, nil)
	case network.Blocks:
		return blocksNorm(m)
	}

	upper := math.Inf(1)
	top, ok := sparseNorm(l)
	if ok {
		upper = top.Upper
	} else {
		top.Norm = powerNorm(l)
	}

	sums := sumsNorm(l)
	if c, is := l.(network.Conv); is && !ok {
		upper = min(upper, fourierNorm(c.Shape, c.Kernel))
	}

	// Sums below the norm as computed are so by rounding: then the proof of the band stands.
	if !ok || sums < upper && sums >= top.Norm {
		upper = min(upper, sums)
	}

	return linalg.Top{Norm: min(top.Norm, upper), Upper: upper}
}

// blocksNorm returns the norm of blocks, from those of its parts: exact where it is written out by
// TopSparse.
func blocksNorm(b network.Blocks) linalg.Top {
	if top, ok := sparseNorm(b); ok {
		return top
	}

	squares, largest := 0.0, 0.0
	for _, p := range b.Parts {
		top := MapNorm(p.Map)
		squares = rounding.AddUp(squares, rounding.MulUp(top.Upper, top.Upper))
		largest = max(largest, top.Norm)
	}

	return linalg.Top{Norm: largest, Upper: rounding.Up(math.Sqrt(squares))}
}

// sparseNorm returns what [linalg.TopSparse] does of a map. The entries are only written out where
// it will take them.
func sparseNorm(l network.Linear) (top linalg.Top, ok bool) {
	order := bandOrder(l)
	if !linalg.BandFits(len(order), bandReach(l, order)) {
		return top, false
	}

	out, in := l.Dims()
	a := linalg.Sparse{
		Rows:    out,
		Cols:    in,
		Entries: make([][]linalg.Entry, out),
	}
	for i := range out {
		l.Row(i, func(j int, v float64) {
			a.Entries[i] = append(a.Entries[i], linalg.Entry{Col: j, Value: v})
		})
	}

	return linalg.TopSparse(a, order)
}

// bandReach returns how far apart in the order the entries of a line along the smaller side are.
func bandReach(l network.Linear, order []int) int {
	out, in := l.Dims()
	lines := max(out, in)
	first, last := slices.Repeat([]int{math.MaxInt}, lines), make([]int, lines)
	for i := range out {
		l.Row(i, func(j int, _ float64) {
			line, at := i, j
			if out < in {
				line, at = j, i
			}
			first[line], last[line] = min(first[line], order[at]), max(last[line], order[at])
		})
	}

	reach := 0
	for line := range lines {
		reach = max(reach, last[line]-first[line])
	}

	return reach
}

// bandOrder returns an order of a map's smaller side in which neighbours come close: places of a
// plane first, channels within each.
func bandOrder(l network.Linear) []int {
	out, in := l.Dims()
	n := min(out, in)
	channels := 1
	if c, is := l.(network.Conv); is {
		channels = c.Shape.In.Channels
		if out < in {
			channels = c.Shape.Outs
		}
	}

	order := make([]int, n)
	for i := range order {
		order[i] = i%(n/channels)*channels + i/(n/channels)
	}

	return order
}

// sumsNorm returns a number proved to be ≥ √(‖A‖₁‖A‖∞) ≥ ‖A‖₂.
func sumsNorm(l network.Linear) float64 {
	return rounding.Up(math.Sqrt(rounding.Up(mapSums(l, One) * mapSums(l, Inf))))
}

// mapSums returns a number proved to be ≥ the 1-norm or the inf-norm of a map.
func mapSums(l network.Linear, n Norm) float64 {
	out, in := l.Dims()
	magnitudes := l.Mapped(math.Abs)

	// A map of magnitudes makes row sums of ones, and its adjoint column sums.
	if n == Inf {
		sums := make([]float64, out)
		magnitudes.Apply(slices.Repeat([]float64{1}, in), sums, 1)
		return rounding.Up(largestOf(sums) * (1 + rounding.Gamma(in+1)))
	}

	sums := make([]float64, in)
	magnitudes.Adjoint(slices.Repeat([]float64{1}, out), sums, 1)
	return rounding.Up(largestOf(sums) * (1 + rounding.Gamma(out+1)))
}

// largestOf returns the largest of numbers, NaN if one is.
func largestOf(v []float64) float64 {
	return slices.MaxFunc(v, nanLast)
}

func nanLast(a, b float64) int {
	switch {
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	case math.IsNaN(b):
		return -1
	}
	return cmp.Compare(a, b)
}

// powerSteps is the number of steps of powerNorm.
const powerSteps = 100

// powerNorm returns the root of a Rayleigh quotient of AᵀA after some steps of the power method.
func powerNorm(l network.Linear) float64 {
	out, in := l.Dims()
	x, y := make([]float64, in), make([]float64, out)
	for i := range x {
		x[i] = math.Sin(float64(i + 1)) // any start with a part along the top singular vector
	}

	norm := 0.0
	for range powerSteps {
		size := math.Sqrt(linalg.SumSquares(x))
		// Nothing is left of x, or it left the range of float64: the last norm stands.
		if size == 0 || math.IsInf(size, 1) || math.IsNaN(size) {
			return norm
		}

		for i := range x {
			x[i] /= size
		}

		l.Apply(x, y, 1)
		norm = math.Sqrt(linalg.SumSquares(y))
		l.Adjoint(y, x, 1)
	}

	return norm
}
