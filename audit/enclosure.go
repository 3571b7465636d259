package audit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/bounds"
	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// encloser encloses the values of a network near a point. In the notation of ball, the
// pre-activations of layer k at x + D·u are
//
//	z_k(x) + M_k·u + e_k(u),   M_1 = W_1·D,   M_{k+1} = W_{k+1}·A_k·M_k,
//
// where A_k is the diagonal matrix with the midpoints of the ranges of the slopes that the neurons
// of layer k have between x and x + D·u. With half the widths of these ranges in the diagonal
// matrix B_k,
//
//	|e_{k+1}| ≤ |W_{k+1}|(|A_k||e_k| + B_k·r_k),   r_k ≥ |M_k·u + e_k| in every entry,
//
// and the ranges follow from z_k ± r_k. Where it is smaller, the bound ‖(W_{k+1}B_k)_i‖₂ times the
// 2-norm of the change replaces the term with B_k, and the global Lipschitz constants bound r_k.
// Every quantity has a bound on its rounding error, as in [Higham], which is added to it.
//
// If layers are too large to propagate M_k, or if there are pools, only the change of each neuron
// is propagated: |Δz_{k+1}| ≤ |W_{k+1}| S_k |Δz_k|, where S_k are the steepest slopes. It starts
// from the dual norms of the first layer's rows and is capped by the global Lipschitz constants.
type encloser struct {
	net    *network.Network
	ball   ball
	layers []linear
	// matrices is the network with all its maps written out as matrices. It is nil if they are too
	// large or there are pools; then M_k is not propagated.
	matrices *network.Network
	// first has the dual norms of the first layer's rows; nil if matrices is set.
	first []float64
	// prefix has, for each hidden layer, an upper bound of the Lipschitz constant of its
	// pre-activations as a function of u, from the norm of the ball to the 2-norm.
	prefix []float64
}

// encloserOf returns the encloser of a network. matrices is the same network with its maps written
// out, or nil; norms are its bounds, or nil.
func encloserOf(net, matrices *network.Network, norms *bounds.Whole, b ball) (*encloser, error) {
	e := &encloser{net: net, ball: b, matrices: matrices}
	layers := net.Layers
	if e.matrices != nil {
		layers = e.matrices.Layers
	}

	for _, l := range layers {
		e.layers = append(e.layers, linearOf(l))
	}

	// Without matrices only intervals are propagated. They start from the dual norms of the first
	// layer.
	if e.matrices == nil {
		e.first = e.layers[0].duals(b)
	}

	return e, e.boundPrefixes(norms)
}

// boundPrefixes bounds the Lipschitz constants of the hidden layers' pre-activations.
func (e *encloser) boundPrefixes(norms *bounds.Whole) error {
	last := len(e.layers) - 1
	if !e.net.IsDense() {
		return e.boundPrefixesByNorms(last, norms)
	}

	for k, l := range e.net.Layers[:last] {
		// Every prefix is itself a network, whose outputs are the layer's pre-activations.
		before := network.Layer{Weight: l.Weight, Bias: l.Bias}
		bound, err := lipschitz(withLast(e.net.UpTo(k+1), before), e.ball, brief)
		if err != nil {
			return err
		}

		e.prefix = append(e.prefix, bound)
	}

	return nil
}

// boundPrefixesByNorms bounds the prefixes by the products of the layers' norms. Certified norms of
// large maps are expensive, and this needs each of them only once.
func (e *encloser) boundPrefixesByNorms(hidden int, norms *bounds.Whole) error {
	// As a function of u, the network includes the ball's units in its first layer.
	scaled, exponent := e.ball.scaleNetwork(e.net)
	known, err := wholeOf(scaled, norms)
	if err != nil {
		return err
	}

	products := known.Products(bounds.Two)
	more := len(scaled.Layers) - len(e.net.Layers) // layers that scale the inputs
	for k := range hidden {
		// The products include the activation. Dividing by its steepest slope gives the constant of
		// the pre-activations.
		inTwo := rounding.LdexpUp(rounding.SumUp(e.ball.inTwo()*products[k+more], 4), -exponent)
		e.prefix = append(e.prefix, rounding.SumUp(inTwo/e.net.Layers[k].Lipschitz(), 2))
	}

	return nil
}

// forNetwork returns the encloser of a network that differs only in its last layer.
func (e *encloser) forNetwork(net *network.Network) *encloser {
	// The hidden layers, their prefixes and the dual norms are shared.
	other := *e
	other.net, other.layers = net, slices.Clone(e.layers)
	other.layers[len(e.layers)-1] = linearOf(net.Last())
	if e.matrices != nil {
		other.matrices = withLast(e.matrices, net.Last())
	}
	return &other
}

// before returns an upper bound of the Lipschitz constant of the last layer's inputs as a function
// of u, from the norm of the ball to the 2-norm.
func (e *encloser) before() float64 {
	last := len(e.layers) - 1
	if last == 0 {
		return rounding.SumUp(e.ball.inTwo()*floats.Max(e.ball.unit), 2)
	}
	return rounding.SumUp(e.prefix[last-1]*e.net.Layers[last-1].Lipschitz(), 2)
}

// values holds a layer's values near a point, which the next layer takes as its inputs. For the
// network's inputs only at and err are set, and all errors are 0.
type values struct {
	at, err []float64 // at the point, as computed, and a bound on their error
	// the diagonals of A and B in the notation of encloser, and the pre-activations
	middle, half []float64
	near         preactivations
}

// preactivations holds a layer's pre-activations near a point. linear has the rows of M, dual their
// dual norms, and linearErr bounds on the dual norms of their errors. They are nil for
// perturbations of size 0.
type preactivations struct {
	at, err         []float64
	reach           []float64 // ≥ |M·u + e| for every u of the size
	linear          *mat.Dense
	dual, linearErr []float64
	rest            []float64 // ≥ |e|
}

// hidden encloses the inputs of the last layer under perturbations up to the size. It also returns
// the ranges of the slopes of the hidden neurons.
func (e *encloser) hidden(x []float64, size float64) (v values, ranges [][]bounds.Range) {
	v = values{at: x, err: make([]float64, len(x))}
	last := len(e.layers) - 1
	for k, l := range e.layers[:last] {
		layer := e.net.Layers[k]
		p := e.throughLayer(v, l, size, k)
		ranges = append(ranges, p.slopes(layer))
		v = p.activate(layer, ranges[k])
	}
	return v, ranges
}

// outputs encloses the pre-activations of the outputs. It also returns the ranges of the slopes of
// every neuron.
func (e *encloser) outputs(x []float64, size float64) (p preactivations, ranges [][]bounds.Range) {
	v, ranges := e.hidden(x, size)
	last := len(e.layers) - 1
	p = e.throughLayer(v, e.layers[last], size, last)
	return p, append(ranges, p.slopes(e.net.Layers[last]))
}

// throughLayer encloses the pre-activations of l, which is layer k, counted from 0, or another
// layer with the same inputs.
func (e *encloser) throughLayer(v values, l linear, size float64, k int) preactivations {
	out, _ := l.dims()
	p := preactivations{
		at:    make([]float64, out),
		err:   make([]float64, out),
		reach: make([]float64, out),
	}
	l.apply(v.at, p.at)

	// Rounding errors are at most |W| times the errors of the inputs, plus γ for the sums
	// themselves.
	sums := l.propagated(v)
	for i := range out {
		p.err[i] = rounding.SumUp(sums.At(i, 0), l.terms())
		if l.bias != nil {
			p.at[i] += l.bias[i]
			p.err[i] = rounding.SumUp(
				p.err[i]+rounding.Gamma(l.terms()+4)*math.Abs(l.bias[i]),
				2,
			)
		}
	}

	if size > 0 {
		e.perturb(&p, v, l, sums, size, k)
	}

	return p
}

// slopes returns the ranges of the slopes of a layer's neurons.
func (p preactivations) slopes(l network.Layer) []bounds.Range {
	ranges := make([]bounds.Range, len(p.at))
	for j, z := range p.at {
		// Values that bypass the activation have slope 1 exactly.
		if j >= len(p.at)-l.Through {
			ranges[j] = bounds.Range{Low: 1, High: 1}
			continue
		}

		// The true pre-activation of any perturbed point lies within r of the computed z.
		r := rounding.SumUp(p.reach[j]+p.err[j], 1)
		ranges[j] = l.Activation.SlopesOn(math.Nextafter(z-r, math.Inf(-1)), rounding.Up(z+r))
	}
	return ranges
}

// activate applies a layer's activation to all values except those that bypass it.
func (p preactivations) activate(l network.Layer, ranges []bounds.Range) values {
	n := len(p.at)
	active := n - l.Through
	v := values{
		at:     append([]float64{}, p.at...),
		err:    make([]float64, n),
		middle: make([]float64, n),
		half:   make([]float64, n),
		near:   p,
	}

	// The values that bypass the activation come last and do not change.
	network.Apply(l.Activation, v.at[:active], nil)
	lipschitz := l.Activation.Lipschitz()
	for j, r := range ranges {
		v.err[j] = p.err[j]
		if j < active {
			v.err[j] = rounding.SumUp(lipschitz*p.err[j], 1) + l.Activation.ValueError(p.at[j], v.at[j])
		}

		// In this form, two large ends of the same sign do not overflow.
		v.middle[j] = r.Low + (r.High-r.Low)/2
		if r.Low < r.High {
			// The midpoint is rounded, so its distances to the two ends may differ.
			v.half[j] = rounding.Up(max(v.middle[j]-r.Low, r.High-v.middle[j]))
		}
	}

	return v
}
