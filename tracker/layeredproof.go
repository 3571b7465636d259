package tracker

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// layeredProof does for networks of convolutions, pools and residual blocks what [proof] does for
// dense ones. Their matrices may be too large to multiply, so the errors are followed entry by
// entry: the errors of the values forwards, through absolute weights, and the errors of the
// Jacobian backwards, a row for each output. The error that a layer adds is local, computed from
// the actual numbers:
//
//	|z − z(x)| ≤ |W|·(|a − a(x)| + γ|a|) + γ|b|
//	|B − B(x)| ≤ |W|ᵀ·(|B′ − B′(x)| + γ|B′|)
//
// where B is the Jacobian of the output with respect to the values before a layer and B′ = B·D with
// respect to its arguments z. The slopes D lie in the ranges that the errors of z allow. γ counts
// the nonzero weights in a sum: other terms are exactly 0 and do not round.
//
// If rounding may hide which number of a pool's window is the largest, the bound on the row of the
// Jacobian covers all candidates. Numbers that are computed as equal, as in uniform parts of a
// picture, are treated as equal, and the first is passed on, as in a pass.
type layeredProof struct {
	layers []provedLayer
	// values after the last layer, and bounds on their errors.
	values, valuesOff []float64
}

// provedLayer holds what the backward pass needs from a layer.
type provedLayer struct {
	network.Layer
	slopes, doubt []float64 // the middles of the ranges of the slopes, and half their widths
	sums          absoluteSums
	choices       []choice // for a pool, one per output
}

// choice is the input that a pool passes on, and other inputs that may be larger, given the
// rounding errors.
type choice struct {
	chosen int32
	rivals []int32
}

// absoluteSums is a map of absolute weights, with the largest number of nonzero terms in its sums.
type absoluteSums struct {
	network.Linear
	pattern           network.Linear // has 1 for every weight that is not 0
	forward, backward int
}

// followLayers evaluates a network at x, given its [sumsOfLayers].
func followLayers(net *network.Network, sums []absoluteSums, x []float64) *layeredProof {
	p := &layeredProof{values: x, valuesOff: make([]float64, len(x))}
	for i, l := range net.Layers {
		p.addLayer(provedLayer{Layer: l, sums: sums[i]})
	}
	return p
}

// sumsOfLayers returns the absolute sums of the layers. A pool has no weights, so its entry is
// empty.
func sumsOfLayers(net *network.Network) []absoluteSums {
	sums := make([]absoluteSums, len(net.Layers))
	for i, l := range net.Layers {
		if l.Pool == nil {
			sums[i] = newAbsoluteSums(l.Linear())
		}
	}
	return sums
}

// addLayer evaluates the next layer.
func (p *layeredProof) addLayer(next provedLayer) {
	l := next.Layer
	var z, off []float64
	if l.Pool != nil {
		next.choices, z, off = p.propagatePool(l.Pool)
	} else {
		z, off = p.arguments(next)
	}

	next.slopes, next.doubt = make([]float64, len(z)), make([]float64, len(z))
	p.values = slices.Clone(z)
	p.valuesOff = make([]float64, len(z))
	active := len(z) - l.Through
	network.Apply(l.Activation, p.values[:active], nil)
	for i := range z {
		a := network.Identity
		if i < active {
			a = l.Activation
		}

		next.slopes[i], next.doubt[i] = slopeNear(a, z[i], off[i])
		steepest := rounding.Up(math.Abs(next.slopes[i]) + next.doubt[i])
		p.valuesOff[i] = rounding.AddUp(
			rounding.MulUp(steepest, off[i]),
			a.ValueError(z[i], p.values[i]),
		)
	}

	p.layers = append(p.layers, next)
}

// arguments returns the pre-activations of a layer that is not a pool, and bounds on their errors.
func (p *layeredProof) arguments(l provedLayer) (z, off []float64) {
	z, off = make([]float64, l.Out()), make([]float64, l.Out())
	l.Linear().Apply(p.values, z, 1)

	gamma := rounding.Gamma(l.sums.forward + 4)
	carried, live := make([]float64, l.In()), make([]float64, l.In())
	for j, v := range p.values {
		carried[j] = p.valuesOff[j] + gamma*math.Abs(v)
		if carried[j] != 0 || v != 0 {
			live[j] = 1
		}
	}

	// A sum of zeros is exact, also with a bias. Without this case dead units would seem to round.
	terms := make([]float64, l.Out())
	l.sums.pattern.Apply(live, terms, 1)
	l.sums.Apply(carried, off, 1)
	for i := range z {
		bias := 0.0
		if l.Bias != nil {
			bias = l.Bias[i]
		}

		z[i] += bias
		if terms[i] == 0 {
			off[i] = 0
			continue
		}
		off[i] = rounding.SumUp(off[i]+gamma*math.Abs(bias), l.sums.forward+2)
	}

	return z, off
}

// propagatePool returns the values that a pool passes on, the largest computed number of each
// window (the first if several are equal), and bounds on the errors. The error of a maximum is at
// most the largest error in its window.
func (p *layeredProof) propagatePool(pool *network.MaxPool) (choices []choice, z, off []float64) {
	choices = make([]choice, pool.Out())
	z, off = make([]float64, pool.Out()), make([]float64, pool.Out())
	for o, window := range pool.Windows {
		best := window[0]
		for _, j := range window {
			off[o] = max(off[o], p.valuesOff[j])
			if p.values[j] > p.values[best] || math.IsNaN(p.values[j]) {
				best = j
			}
		}

		z[o], choices[o].chosen = p.values[best], best
		least := math.Nextafter(z[o]-p.valuesOff[best], math.Inf(-1))
		for _, j := range window {
			below := rounding.Up(p.values[j]+p.valuesOff[j]) < least
			if !below && p.values[j] != z[o] {
				choices[o].rivals = append(choices[o].rivals, j)
			}
		}
	}

	return choices, z, off
}

// jacobian returns the Jacobian at the point, and a bound in the Frobenius norm on its error.
func (p *layeredProof) jacobian() (j *mat.Dense, off float64) {
	outs := len(p.values)
	b, errors := identityJacobians(1, outs), make([]float64, outs*outs)
	for i := len(p.layers) - 1; i >= 0; i-- {
		l := p.layers[i]
		l.scaleErrors(b, errors)
		if l.Pool != nil {
			b, errors = l.unpoolErrors(b, errors, outs)
		} else {
			b, errors = l.carryBack(b, errors, outs)
		}
	}

	return mat.NewDense(outs, len(b)/outs, b), rounding.Norm2Up(errors)
}

// scaleErrors multiplies rows of a Jacobian by the slopes, and bounds the errors of the products.
func (l provedLayer) scaleErrors(b, errors []float64) {
	width := l.Out()
	for at, v := range b {
		slope, doubt := l.slopes[at%width], l.doubt[at%width]
		b[at] = v * slope

		ofSlope := math.Abs(v)*doubt + rounding.Unit*math.Abs(b[at])
		errors[at] = rounding.SumUp(errors[at]*(math.Abs(slope)+doubt)+ofSlope, 4)
	}
}

// carryBack multiplies rows by the layer's matrix.
func (l provedLayer) carryBack(b, errors []float64, rows int) (product, off []float64) {
	gamma := rounding.Gamma(l.sums.backward + 4)
	for at, v := range b {
		errors[at] += gamma * math.Abs(v)
	}

	product, off = make([]float64, rows*l.In()), make([]float64, rows*l.In())
	l.Linear().Adjoint(b, product, rows)
	l.sums.Adjoint(errors, off, rows)
	for at, v := range off {
		off[at] = rounding.SumUp(v, l.sums.backward+2)
	}

	return product, off
}

// unpoolErrors moves the numbers of rows to the inputs that a pool chose. If a window's choice is
// in doubt, a number is off by its own magnitude at the chosen input and at every other candidate.
func (l provedLayer) unpoolErrors(b, errors []float64, rows int) (at, off []float64) {
	in, out := l.In(), l.Out()
	at, off = make([]float64, rows*in), make([]float64, rows*in)
	overlap := l.Pool.Overlap()
	gamma := rounding.Gamma(overlap + 4)
	for r := range rows {
		to, toOff := at[r*in:][:in], off[r*in:][:in]
		for o, c := range l.choices {
			v, e := b[r*out+o], errors[r*out+o]
			to[c.chosen] += v
			toOff[c.chosen] += e + gamma*math.Abs(v)
			if len(c.rivals) > 0 {
				toOff[c.chosen] += math.Abs(v)
			}

			for _, j := range c.rivals {
				toOff[j] += math.Abs(v) + e
			}
		}
	}

	for i, v := range off {
		off[i] = rounding.SumUp(v, 3*overlap+2)
	}

	return at, off
}

// slopeNear returns the middle and half the width of the range of an activation's slopes within a
// distance of z.
func slopeNear(a network.Activation, z, distance float64) (middle, half float64) {
	low, high := z, z
	if distance != 0 {
		low = math.Nextafter(z-distance, math.Inf(-1))
		high = rounding.Up(z + distance)
	}

	r := a.SlopesOn(low, high)
	middle = r.Low + (r.High-r.Low)/2
	if r.Low < r.High {
		half = rounding.Up(max(middle-r.Low, r.High-middle))
	}

	return middle, half
}

func newAbsoluteSums(l network.Linear) absoluteSums {
	s := absoluteSums{
		Linear: l.Mapped(math.Abs),
		pattern: l.Mapped(func(v float64) float64 {
			if v == 0 {
				return 0
			}
			return 1
		}),
	}

	// The pattern counts the terms.
	out, in := l.Dims()
	outs, ins := make([]float64, out), make([]float64, in)
	s.pattern.Apply(slices.Repeat([]float64{1}, in), outs, 1)
	s.forward = int(floats.Max(outs))

	s.pattern.Adjoint(slices.Repeat([]float64{1}, out), ins, 1)
	s.backward = int(floats.Max(ins))

	return s
}
