package audit

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rounding"
)

// propagated returns |W| times four vectors, as columns. They bound what the next pre-activations
// inherit: the rounding errors of the values at the point (0) and of the derivative (1), the rest e
// (2), and the uncertainty of the slopes (3). If the derivative is not known, column 3 bounds the
// whole change.
func (l linear) propagated(v values) *mat.Dense {
	_, in := l.dims()
	terms := mat.NewDense(in, 4, nil)
	g := rounding.Gamma(l.terms() + 4)
	for j := range in {
		row := terms.RawRowView(j)
		row[0] = v.err[j] + rounding.AddUp(g*math.Abs(v.at[j]), rounding.Subnormal)
		// If M is known, the change is split: the midpoints of the slopes multiply M and the rest
		// e, and half their widths multiply the whole reach. Otherwise midpoint plus half width
		// multiply the reach.
		if v.near.linear != nil {
			a := math.Abs(v.middle[j])
			row[1] = rounding.MulUp(a, v.near.linearErr[j]+g*v.near.dual[j])
			row[2] = rounding.MulUp(a, v.near.rest[j])
			row[3] = rounding.MulUp(v.half[j], v.near.reach[j])
		} else if v.near.reach != nil {
			row[3] = rounding.MulUp(
				rounding.Up(math.Abs(v.middle[j])+v.half[j]),
				v.near.reach[j],
			)
		}
	}

	return l.spreadOut(terms)
}

// perturb bounds in p how far perturbations of the size change the pre-activations, by their
// derivative or, without matrices, neuron by neuron. sums is the result of propagated.
func (e *encloser) perturb(
	p *preactivations,
	v values,
	l linear,
	sums *mat.Dense,
	size float64,
	k int,
) {
	out, in := l.dims()
	p.dual, p.linearErr, p.rest = make([]float64, out), make([]float64, out), make([]float64, out)
	if e.matrices != nil {
		p.linear = e.derivative(v, l, k)
	}

	doubt, inputs := 0.0, math.Inf(1) // bounds on 2-norms of changes
	underflow := 0.0                  // bound on underflow in slopes times weights, which multiply the derivative
	// The first layer gets the perturbation itself, so no slopes are uncertain there.
	if k > 0 {
		underflow = rounding.MulUp(rounding.Subnormal, rounding.Norm1Up(v.near.dual))
		before := rounding.SumUp(size*e.prefix[k-1], 1)
		doubt, inputs = v.doubt(before), rounding.SumUp(before*v.steepestSlope(), 1)
	}

	for i := range out {
		// The global Lipschitz constant limits every change.
		most := rounding.SumUp(l.rowNorms[i]*inputs, 2)
		if e.matrices == nil {
			p.reach[i] = rounding.SumUp(sums.At(i, 3), l.terms())
			if k == 0 {
				p.reach[i] = rounding.SumUp(size*e.first[i], 2)
			}

			p.reach[i] = min(p.reach[i], most)
			p.rest[i] = p.reach[i]
			continue
		}

		p.dual[i] = e.ball.dualUp(p.linear.RawRowView(i))
		p.linearErr[i] = rounding.SumUp(sums.At(i, 1)+underflow, in)
		if k == 0 {
			p.linearErr[i] = rounding.SumUp(4*rounding.Unit*p.dual[i], 1)
		}

		// The effect of uncertain slopes is bounded entry by entry and by the 2-norm; the smaller
		// bound counts.
		unsure := min(sums.At(i, 3), weightedNorm(l.weight.RawRowView(i), v.half)*doubt)
		p.rest[i] = rounding.SumUp(sums.At(i, 2)+unsure, in)
		// |Δz| ≤ size·(dual norm of M's row + its error) + |e|.
		p.reach[i] = min(rounding.SumUp(size*(p.dual[i]+p.linearErr[i])+p.rest[i], 4), most)
	}
}

// derivative returns the matrix M of the pre-activations of l.
func (e *encloser) derivative(v values, l linear, k int) *mat.Dense {
	if k == 0 {
		return scaledColumns(l.weight, e.ball.unit)
	}
	// The midpoints of the slopes scale the values between the two maps; half their widths are in
	// rest.
	m := new(mat.Dense)
	m.Mul(scaledColumns(l.weight, v.middle), v.near.linear)
	return m
}

// steepestSlope returns an upper bound of the magnitudes of all slopes.
func (v values) steepestSlope() float64 {
	largest := 0.0
	for j, a := range v.middle {
		largest = max(largest, math.Abs(a)+v.half[j])
	}
	return rounding.Up(largest)
}

// doubt bounds the 2-norm of the changes of the pre-activations whose slopes are not known exactly.
// all is such a bound for all pre-activations.
func (v values) doubt(all float64) float64 {
	var unsure []float64
	for j, b := range v.half {
		if b > 0 {
			unsure = append(unsure, v.near.reach[j])
		}
	}
	return min(rounding.Norm2Up(unsure), all)
}

// weightedNorm returns an upper bound of the 2-norm of a row of a weight times the diagonal matrix
// of half.
func weightedNorm(row, half []float64) float64 {
	products := make([]float64, len(half))
	for j, b := range half {
		products[j] = row[j] * b
	}
	return rounding.Norm2Up(products)
}
