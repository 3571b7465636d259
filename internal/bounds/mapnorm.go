package bounds

import (
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// MapNorm returns the 2-norm of a layer's linear map with a certificate. If the Gram matrix of a
// convolution or a pool is a band that fits [linalg.TopSparse], a Cholesky factorisation of it
// proves the norm. Otherwise Upper comes from row and column sums and, for a convolution, from its
// symbols, and Norm is an estimate from the power method, which can only be too small.
func MapNorm(l network.Linear) linalg.Top {
	switch m := l.(type) {
	case network.Dense:
		return linalg.TopSingular(m.M, nil)
	case network.Blocks:
		return blocksNorm(m)
	}

	top, ok := sparseNorm(l)
	sums := sumsNorm(l)
	switch {
	case !ok:
		top = linalg.Top{Norm: powerNorm(l), Upper: sums}
		if c, is := l.(network.Conv); is {
			top.Upper = min(sums, fourierNorm(c.Shape, c.Kernel))
		}
	// If the bound by sums is below the computed norm, rounding errors are the cause, and the proof
	// by the band stands.
	case sums >= top.Norm:
		top.Upper = min(top.Upper, sums)
	}

	return linalg.Top{Norm: min(top.Norm, top.Upper), Upper: top.Upper}
}

// blocksNorm returns the norm of blocks. If TopSparse accepts their entries it is exact, otherwise
// it is bounded by the norms of the parts.
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

// sparseNorm returns the result of [linalg.TopSparse] for a map. It writes out the entries only if
// TopSparse accepts a map of this size.
func sparseNorm(l network.Linear) (top linalg.Top, ok bool) {
	order := bandOrder(l)
	if !linalg.BandFits(len(order), bandReach(l, order)) {
		return top, false
	}

	out, in := l.Dims()
	lines := make([][]linalg.Entry, max(out, in))
	eachEntry(l, order, func(line, at int, v float64) {
		lines[line] = append(lines[line], linalg.Entry{At: at, Value: v})
	})

	return linalg.TopSparse(lines, len(order)), true
}

// eachEntry calls visit for each entry of a map, with its line along the larger side and its
// position in the order of the smaller side.
func eachEntry(l network.Linear, order []int, visit func(line, at int, v float64)) {
	out, in := l.Dims()
	for i := range out {
		l.Row(i, func(j int, v float64) {
			if out < in {
				visit(j, order[i], v)
			} else {
				visit(i, order[j], v)
			}
		})
	}
}

// bandReach returns the bandwidth of the Gram matrix: the largest distance in the order between two
// entries of one line.
func bandReach(l network.Linear, order []int) int {
	out, in := l.Dims()
	lines := max(out, in)
	first, last := slices.Repeat([]int{math.MaxInt}, lines), make([]int, lines)
	eachEntry(l, order, func(line, at int, _ float64) {
		first[line], last[line] = min(first[line], at), max(last[line], at)
	})

	reach := 0
	for line := range lines {
		reach = max(reach, last[line]-first[line])
	}

	return reach
}

// bandOrder returns an order of a map's smaller side that keeps neighbours close together: first by
// place in the plane, then by channel within each place.
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

	// The map of magnitudes applied to ones gives row sums; its adjoint gives column sums.
	sum, terms, count := magnitudes.Apply, in, out
	if n == One {
		sum, terms, count = magnitudes.Adjoint, out, in
	}

	sums := make([]float64, count)
	sum(slices.Repeat([]float64{1}, terms), sums, 1)
	return rounding.Up(slices.Max(sums) * (1 + rounding.Gamma(terms+1)))
}

// powerSteps is the number of power iterations in powerNorm.
const powerSteps = 100

// powerNorm returns the square root of a Rayleigh quotient of AᵀA after powerSteps steps of the
// power method.
func powerNorm(l network.Linear) float64 {
	out, in := l.Dims()
	x, y := make([]float64, in), make([]float64, out)
	for i := range x {
		x[i] = math.Sin(float64(i + 1)) // any start with a component along the top singular vector
	}

	norm := 0.0
	for range powerSteps {
		size := math.Sqrt(linalg.SumSquares(x))
		// x became 0 or left the range of float64: keep the last norm.
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
