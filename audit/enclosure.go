package audit

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// linear is the linear part of a layer.
type linear struct {
	weight   *mat.Dense // entries correct to one rounding
	bias     []float64  // likewise; nil without
	abs      *mat.Dense // magnitudes of the weight
	rowNorms []float64  // ≥ the 2-norms of the rows
}

func newLinear(weight *mat.Dense, bias []float64) linear {
	out, _ := weight.Dims()
	l := linear{weight, bias, new(mat.Dense), make([]float64, out)}
	l.abs.Apply(func(_, _ int, v float64) float64 { return math.Abs(v) }, weight)
	for i := range l.rowNorms {
		l.rowNorms[i] = rounding.Norm2Up(weight.RawRowView(i))
	}
	return l
}

// encloser encloses what a network does near a point. In the words of ball, the pre-activations
// of layer k at x + D·u are
//
//	z_k(x) + M_k·u + e_k(u),   M_1 = W_1·D,   M_{k+1} = W_{k+1}·A_k·M_k,
//
// where A_k is the diagonal matrix of the middles of the ranges of slopes that the neurons of
// layer k have between x and x + D·u. With B_k that of half their widths,
//
//	|e_{k+1}| ≤ |W_{k+1}|(|A_k||e_k| + B_k·r_k),   r_k ≥ |M_k·u + e_k| in every entry,
//
// and the ranges follow from z_k ± r_k. Where that is less, the term of B_k is bounded by
// ‖(W_{k+1}B_k)_i‖₂ times the 2-norm of the change, and r_k by the Lipschitz constants that hold
// everywhere. Rounding errors are bounded beside every quantity, in the manner of [Higham], and
// added to it.
type encloser struct {
	net    *network.Network
	ball   ball
	layers []linear
	// prefix is, for each hidden layer, ≥ the Lipschitz constant of its pre-activations as a
	// function of u, in the norm of the ball and the 2-norm.
	prefix []float64
}

func newEncloser(net *network.Network, b ball) (*encloser, error) {
	e := &encloser{net: net, ball: b}
	last := len(net.Layers) - 1
	for k, l := range net.Layers {
		e.layers = append(e.layers, newLinear(l.Weight, l.Bias))
		if k == last {
			break
		}

		bound, err := lipschitz(withOutput(net.UpTo(k+1), l.Weight, l.Bias), b, brief)
		if err != nil {
			return nil, err
		}

		e.prefix = append(e.prefix, bound)
	}

	return e, nil
}

// of is the encloser of a network with the same hidden layers.
func (e *encloser) of(net *network.Network) *encloser {
	last := len(net.Layers) - 1
	l := net.Layers[last]
	layers := append([]linear{}, e.layers[:last]...)
	return &encloser{net, e.ball, append(layers, newLinear(l.Weight, l.Bias)), e.prefix}
}

// before is a number ≥ the Lipschitz constant of the inputs of the last layer as a function of u,
// in the norm of the ball and the 2-norm.
func (e *encloser) before() float64 {
	last := len(e.layers) - 1
	if last == 0 {
		return rounding.SumUp(e.ball.inTwo()*floats.Max(e.ball.unit), 2)
	}
	return rounding.SumUp(e.prefix[last-1]*e.net.Layers[last-1].Activation.Lipschitz(), 2)
}

// withOutput is the network with another last layer, without activation.
func withOutput(net *network.Network, weight *mat.Dense, bias []float64) *network.Network {
	last := len(net.Layers) - 1
	layers := append([]network.Layer{}, net.Layers[:last]...)
	return &network.Network{Layers: append(layers, network.Layer{Weight: weight, Bias: bias})}
}

// values are those of a layer near a point, ready for the next layer. Those of the inputs are only
// at, and all errors 0.
type values struct {
	at, err []float64 // at the point, as computed, and a bound on their error
	// of the pre-activations and the slopes behind them, in the notation of encloser
	middle, half []float64
	near         preactivations
}

// preactivations are those of a layer near a point. Linear has the rows of M, dual their dual norms
// and linearErr bounds on those of their errors; all nil for perturbations of size 0.
type preactivations struct {
	at, err         []float64
	reach           []float64 // ≥ |M·u + e| for every u of the size
	linear          *mat.Dense
	dual, linearErr []float64
	rest            []float64 // ≥ |e|
}

// hidden encloses the inputs of the last layer for perturbations of the size, and returns the
// ranges of the slopes of the hidden neurons.
func (e *encloser) hidden(x []float64, size float64) (v values, ranges [][]bounds.Range) {
	v = values{at: x, err: make([]float64, len(x))}
	last := len(e.layers) - 1
	for k, l := range e.layers[:last] {
		a := e.net.Layers[k].Activation
		p := e.through(v, l, size, k)
		ranges = append(ranges, p.slopes(a))
		v = p.activate(a, ranges[k])
	}
	return v, ranges
}

// outputs encloses the pre-activations of the outputs, and returns the ranges of the slopes of
// every neuron.
func (e *encloser) outputs(x []float64, size float64) (p preactivations, ranges [][]bounds.Range) {
	v, ranges := e.hidden(x, size)
	last := len(e.layers) - 1
	p = e.through(v, e.layers[last], size, last)
	return p, append(ranges, p.slopes(e.net.Layers[last].Activation))
}

// through encloses the pre-activations of layer k, from 0, or of another with the same inputs.
func (e *encloser) through(v values, l linear, size float64, k int) preactivations {
	out, in := l.weight.Dims()
	p := preactivations{at: make([]float64, out), err: make([]float64, out), reach: make([]float64, out)}
	mat.NewVecDense(out, p.at).MulVec(l.weight, mat.NewVecDense(in, v.at))
	sums := l.propagated(v)
	for i := range out {
		p.err[i] = rounding.SumUp(sums.At(i, 0), in)
		if l.bias != nil {
			p.at[i] += l.bias[i]
			p.err[i] = rounding.SumUp(p.err[i]+rounding.Gamma(in+4)*math.Abs(l.bias[i]), 2)
		}
	}

	if size > 0 {
		e.perturb(&p, v, l, sums, size, k)
	}

	return p
}

// propagated is |W| times four vectors, as columns: what becomes of the rounding errors of the
// values at the point and of the derivative, of the rest, and of the doubt about the slopes.
func (l linear) propagated(v values) *mat.Dense {
	_, in := l.weight.Dims()
	terms := mat.NewDense(in, 4, nil)
	g := rounding.Gamma(in + 4)
	for j := range in {
		row := terms.RawRowView(j)
		row[0] = v.err[j] + rounding.AddUp(g*math.Abs(v.at[j]), rounding.Subnormal)
		if v.near.linear != nil {
			a := math.Abs(v.middle[j])
			row[1] = rounding.MulUp(a, v.near.linearErr[j]+g*v.near.dual[j])
			row[2] = rounding.MulUp(a, v.near.rest[j])
			row[3] = rounding.MulUp(v.half[j], v.near.reach[j])
		}
	}

	sums := new(mat.Dense)
	sums.Mul(l.abs, terms)

	return sums
}

// perturb finds how far perturbations of the size change the pre-activations, given |W| times the
// terms of propagated.
func (e *encloser) perturb(p *preactivations, v values, l linear, sums *mat.Dense, size float64, k int) {
	out, in := l.weight.Dims()
	p.linear = e.derivative(v, l, k)
	p.dual, p.linearErr, p.rest = make([]float64, out), make([]float64, out), make([]float64, out)
	doubt, inputs := 0.0, math.Inf(1) // ≥ the 2-norms of changes
	underflow := 0.0                  // of slopes times weights, which the derivative then multiplies
	if k > 0 {
		underflow = rounding.MulUp(rounding.Subnormal, rounding.Norm1Up(v.near.dual))
		before := rounding.SumUp(size*e.prefix[k-1], 1)
		doubt, inputs = v.doubt(before), rounding.SumUp(before*v.steepest(), 1)
	}

	for i := range out {
		p.dual[i] = e.ball.dualUp(p.linear.RawRowView(i))
		p.linearErr[i] = rounding.SumUp(sums.At(i, 1)+underflow, in)
		if k == 0 {
			p.linearErr[i] = rounding.SumUp(4*rounding.Unit*p.dual[i], 1)
		}

		unsure := min(sums.At(i, 3), spread(l.weight.RawRowView(i), v.half)*doubt)
		p.rest[i] = rounding.SumUp(sums.At(i, 2)+unsure, in)
		p.reach[i] = rounding.SumUp(size*(p.dual[i]+p.linearErr[i])+p.rest[i], 4)
		p.reach[i] = min(p.reach[i], rounding.SumUp(l.rowNorms[i]*inputs, 2))
	}
}

// derivative is the matrix M behind the weight of l.
func (e *encloser) derivative(v values, l linear, k int) *mat.Dense {
	if k == 0 {
		return scaledColumns(l.weight, e.ball.unit)
	}
	m := new(mat.Dense)
	m.Mul(scaledColumns(l.weight, v.middle), v.near.linear)
	return m
}

// steepest is a number ≥ the magnitude of every slope.
func (v values) steepest() float64 {
	largest := 0.0
	for j, a := range v.middle {
		largest = max(largest, math.Abs(a)+v.half[j])
	}
	return rounding.Up(largest)
}

// doubt is a number ≥ the 2-norm of the changes of those pre-activations whose slopes are not known
// exactly, given one for the changes of all.
func (v values) doubt(all float64) float64 {
	var unsure []float64
	for j, b := range v.half {
		if b > 0 {
			unsure = append(unsure, v.near.reach[j])
		}
	}
	return min(rounding.Norm2Up(unsure), all)
}

// spread returns a number ≥ the 2-norm of a row of a weight times the diagonal matrix of half.
func spread(row, half []float64) float64 {
	products := make([]float64, len(half))
	for j, b := range half {
		products[j] = row[j] * b
	}
	return rounding.Norm2Up(products)
}

// slopes are the ranges of the slopes of the neurons.
func (p preactivations) slopes(a network.Activation) []bounds.Range {
	ranges := make([]bounds.Range, len(p.at))
	for j, z := range p.at {
		r := rounding.SumUp(p.reach[j]+p.err[j], 1)
		ranges[j] = a.SlopesOn(math.Nextafter(z-r, math.Inf(-1)), rounding.Up(z+r))
	}
	return ranges
}

// activate applies the activation.
func (p preactivations) activate(a network.Activation, ranges []bounds.Range) values {
	n := len(p.at)
	v := values{
		at:     append([]float64{}, p.at...),
		err:    make([]float64, n),
		middle: make([]float64, n),
		half:   make([]float64, n),
		near:   p,
	}

	network.Apply(a, v.at, nil)
	lipschitz := a.Lipschitz()
	for j, r := range ranges {
		v.err[j] = rounding.SumUp(lipschitz*p.err[j], 1) + a.ValueError(p.at[j], v.at[j])
		v.middle[j] = r.Low + (r.High-r.Low)/2
		if r.Low < r.High {
			v.half[j] = rounding.Up(max(v.middle[j]-r.Low, r.High-v.middle[j]))
		}
	}

	return v
}
