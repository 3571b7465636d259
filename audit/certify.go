package audit

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/internal/rounding"
)

// decision holds what is known about the class of a point.
type decision struct {
	class int
	// sure is true if rounding cannot change the class at the point itself.
	sure bool
	// margin is the score of the class minus the largest other score.
	margin float64
	// No perturbation up to these sizes changes the class. byNorm follows from the norm of all
	// outputs, byPairs from pairs of outputs, safe from pairs or from the slopes near the point.
	byNorm, byPairs, safe float64
	flip                  flip
}

// judge certifies decisions with Lipschitz constants of the outputs as functions of u.
type judge struct {
	*encloser // of a classifier
	// norm is √2·L, where L is the Lipschitz constant of all outputs. It bounds the Lipschitz
	// constant of the difference of any two outputs.
	norm float64
	// pair[i][j] is the constant of the difference of outputs i and j; symmetric.
	pair   [][]float64
	effort float64 // of the search for flips; see search
}

// decidePoint returns the class at x and the sizes that the constants certify.
func (j *judge) decidePoint(x []float64) decision {
	// Rounding matters even without a perturbation: size 0 encloses the exact outputs at x itself.
	v, _ := j.hidden(x, 0)
	last := len(j.layers) - 1
	class := floats.MaxIdx(j.throughLayer(v, j.layers[last], 0, last).at)
	d := decision{
		class:   class,
		sure:    true,
		byNorm:  math.Inf(1),
		byPairs: math.Inf(1),
	}
	p := j.against(v, class, 0)
	// The negated comparison also treats NaN as unknown.
	if d.margin = floats.Min(p.at); !(d.margin <= math.MaxFloat64) { // overflow or NaN
		d.margin = 0
	}

	// A margin within rounding error proves nothing, so the error is subtracted first.
	for i, gap := range p.at {
		m := rounding.SumDown(gap-p.err[i], 1)
		d.sure = d.sure && m > 0
		d.byNorm = min(d.byNorm, below(m, j.norm))
		d.byPairs = min(d.byPairs, below(m, j.pair[class][rival(class, i)]))
	}

	d.safe = d.byPairs
	d.flip.size = math.Inf(1)

	return d
}

// against encloses the differences between the output of a class and each other output.
func (j *judge) against(v values, class int, size float64) preactivations {
	return j.throughLayer(v, rivals(j.net, class), size, len(j.layers)-1)
}

// below returns a size whose product with the constant is less than the margin: 0 for a tie or an
// unknown margin, +Inf if the constant is 0.
func below(margin, constant float64) float64 {
	switch {
	case !(margin > 0 && margin <= math.MaxFloat64):
		return 0
	case constant == 0:
		return math.Inf(1)
	}
	return rounding.SumDown(margin/constant, 1)
}

// safeWithin reports whether the slopes near x and the constants of pairs prove that no
// perturbation of x up to the size changes its class.
func (j *judge) safeWithin(x []float64, class int, size float64) bool {
	v, _ := j.hidden(x, size)
	p := j.against(v, class, size)
	for i, m := range p.at {
		// Both numbers bound the change, so the smaller one does, too.
		change := min(p.reach[i], rounding.SumUp(size*j.pair[class][rival(class, i)], 1))
		if !(m > rounding.SumUp(change+p.err[i], 1)) {
			return false
		}
	}
	return true
}

// improve raises safe to the largest of the ascending sizes that is certified at x. It bisects,
// since a certificate for a size also holds for all smaller sizes.
func (j *judge) improve(d *decision, x, sizes []float64) {
	// Sizes up to safe are already certified, and sizes from the flip on are refuted. Only those
	// between remain to be decided.
	from, _ := slices.BinarySearch(sizes, d.safe)
	to, _ := slices.BinarySearch(sizes, d.flip.size)
	if !d.sure || from >= to {
		return
	}

	// Certificates are monotone in the size, which is what a binary search needs.
	tried := sizes[from:to]
	n, _ := slices.BinarySearchFunc(tried, true, func(size float64, _ bool) int {
		if j.safeWithin(x, d.class, size) {
			return -1
		}

		return 1
	})

	if n > 0 {
		d.safe = max(d.safe, tried[n-1])
	}
}

// decisions decides every point and searches for flips, also among the candidates, which are
// perturbed points found by other searches, N×D each. Where possible, a flip is replaced by one
// that holds for all rounding errors.
func (j *judge) decisions(
	ctx context.Context,
	x *mat.Dense,
	candidates []*mat.Dense,
	sizes []float64,
) ([]decision, error) {
	n, _ := x.Dims()
	all, classes := make([]decision, n), make([]int, n)
	err := processors.EachUntil(ctx, n, func(i int) error {
		all[i] = j.decidePoint(x.RawRowView(i))
		classes[i] = all[i].class
		return nil
	})

	if err != nil {
		return nil, err
	}

	flips, err := search{j.net, j.ball, x, j.effort}.flips(ctx, classes, candidates, sizes)
	if err != nil {
		return nil, err
	}

	return all, processors.EachUntil(ctx, n, func(i int) error {
		all[i].flip = j.confirmed(x.RawRowView(i), flips[i], classes[i], slices.Max(sizes))
		return nil
	})
}

// confirmed returns the flip itself if it holds for all rounding errors. Otherwise it searches
// farther in the same direction, up to the size farthest, for a point that surely flips, and then
// bisects for the nearest such point. If there is none, it returns the unconfirmed flip: the
// network was evaluated there and gave another class.
func (j *judge) confirmed(x []float64, f flip, class int, farthest float64) flip {
	if f.point == nil || j.surelyFlips(f.point, class) {
		return f
	}

	at := func(t float64) []float64 {
		y := make([]float64, len(x))
		for i, v := range x {
			y[i] = v + t*(f.point[i]-v)
		}

		return y
	}

	// The point must stay within the ball of size farthest, and must not come nearer than the known
	// flip.
	end := max(inside*farthest/f.size, 1)
	low, high := 1.0, min(2, end)
	for !j.surelyFlips(at(high), class) {
		if high == end {
			return f
		}

		low, high = high, min(2*high, end)
	}

	// The flip at low is not sure and the flip at high is, so a nearer sure flip may lie between.
	for range bisections {
		middle := low + (high-low)/2
		if j.surelyFlips(at(middle), class) {
			high = middle
		} else {
			low = middle
		}
	}

	point := at(high)
	sure := flip{
		point: point,
		size:  j.ball.sizeOf(x, point),
		to:    j.decidePoint(point).class,
	}
	// A sure flip outside the tolerance is worth less than an unconfirmed one inside it.
	if sure.size > farthest && f.size <= farthest || sure.to == class {
		return f
	}

	return sure
}

// surelyFlips reports whether some output at a point exceeds the output of the class for all
// rounding errors.
func (j *judge) surelyFlips(point []float64, class int) bool {
	v, _ := j.hidden(point, 0)
	p := j.against(v, class, 0)
	for i, m := range p.at {
		if m+p.err[i] < 0 {
			return true
		}
	}
	return false
}

// sizesAround returns the sizes at which the curve is drawn: sizeSteps per decade, from a hundredth
// of the size to ten times the size.
func sizesAround(size float64) []float64 {
	const from, to, sizeSteps = -2, 1, 8
	var sizes []float64
	// Unlike a running product, powers of an integer index accumulate no rounding errors.
	for k := from * sizeSteps; k <= to*sizeSteps; k++ {
		sizes = append(sizes, size*math.Pow(10, float64(k)/sizeSteps))
	}
	return sizes
}

// median returns the lower median of v, +Inf if v is empty.
func median(v []float64) float64 {
	if len(v) == 0 {
		return math.Inf(1)
	}
	sorted := slices.Sorted(slices.Values(v))
	return sorted[(len(sorted)-1)/2]
}
