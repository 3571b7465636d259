package bounds

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// Neighbourhood is a convex set of inputs around a point: a ball in the 2-norm or, if Box is not
// nil, a box with a half-width ≥ 0 for each input.
type Neighbourhood struct {
	Point  []float64
	Radius float64
	Box    []float64
}

// Local prepares bounds on the Lipschitz constant within a neighbourhood. It propagates forward
// through the layers: the range of a layer's pre-activations determines the possible slopes of its
// activations, and these determine the range of the next layer's pre-activations. Each range is
// bounded in two ways, by an ellipsoid, as in ECLipsE-Gen-Local (Y. Xu and S. Sivaranjani), and by
// intervals; the tighter one counts for each neuron. The layers must have matrices, as returned by
// [WrittenOut].
//
// It costs as much as EclipseFast. The bounds then cost as much as on the whole space.
func Local(net *network.Network, n Neighbourhood) (*Bounds, error) {
	if err := n.check(net); err != nil {
		return nil, err
	}
	global, err := New(net)
	if err != nil {
		return nil, err
	}
	return Within(net, localRanges(net, global.chain, n))
}

func (n Neighbourhood) check(net *network.Network) error {
	if err := net.Validate(); err != nil {
		return err
	}

	for i, l := range net.Layers {
		if l.Weight == nil {
			return fmt.Errorf("layer %d is not a matrix with an activation: local bounds take no others",
				i+1)
		}
	}

	if len(n.Point) != net.In() {
		return fmt.Errorf("a point with %d coordinates for a network with %d inputs",
			len(n.Point), net.In())
	}

	if n.Box != nil && len(n.Box) != net.In() {
		return fmt.Errorf("a box with %d half-widths for a network with %d inputs",
			len(n.Box), net.In())
	}

	for _, r := range append([]float64{n.Radius}, n.Box...) {
		if !(r >= 0) || math.IsInf(r, 1) {
			return fmt.Errorf("a radius of %g: it must be finite and at least 0", r)
		}
	}

	return nil
}

// reach returns a number ≥ the distance of every point of the neighbourhood from its centre.
func (n Neighbourhood) reach() float64 {
	if n.Box != nil {
		return rounding.Norm2Up(n.Box)
	}
	return n.Radius
}

// centre holds a layer's values at the point, with bounds on their rounding errors.
type centre struct{ value, err []float64 }

// throughLayer returns the pre-activations of a layer whose inputs are c.
func (c centre) throughLayer(l network.Layer) centre {
	z := centre{make([]float64, l.Out()), make([]float64, l.Out())}
	for j := range z.value {
		row := l.Weight.RawRowView(j)
		sum, size, err, terms := 0.0, 0.0, 0.0, 0
		for k, w := range row {
			if w != 0 && (c.value[k] != 0 || c.err[k] != 0) {
				terms++
			}

			sum += w * c.value[k]
			size += math.Abs(w * c.value[k])
			err += math.Abs(w) * c.err[k]
		}

		if l.Bias != nil {
			sum += l.Bias[j]
			size += math.Abs(l.Bias[j])
		}

		// The exact sum is within err of the exact sum of the given terms, which is within
		// γ·Σ|terms| of sum.
		rounded := rounding.Gamma(len(row)+2) * rounding.SumUp(size, len(row)+1)
		z.value[j] = sum
		// Without terms the value is the bias, exactly.
		if terms > 0 {
			z.err[j] = rounding.SumUp(err+rounded, len(row)+2)
		}
	}

	return z
}

// activated returns the outputs of a layer for pre-activations c. steepest bounds the |slope| of
// each neuron over the rounding errors of c.
func (c centre) activated(l network.Layer, steepest []float64) centre {
	out := centre{slices.Clone(c.value), make([]float64, len(c.value))}
	acts := len(c.value) - l.Through
	network.Apply(l.Activation, out.value[:acts], nil)
	for j, z := range c.value {
		err := steepest[j] * c.err[j]
		// The other units pass unchanged.
		if j < acts {
			err += l.Activation.ValueError(z, out.value[j])
		}
		out.err[j] = rounding.SumUp(err, 2)
	}
	return out
}

// localRanges returns the slope ranges of all neurons within a neighbourhood of a network with the
// given chain.
func localRanges(net *network.Network, whole *chain, n Neighbourhood) [][]Range {
	ranges := globalRanges(net)
	c := centre{n.Point, make([]float64, len(n.Point))}
	reach := n.reach()

	e := ellipsoid{f: whole.links[0].w}
	known := e.f != nil
	exponent := 0
	spread := n.Box // largest distance of each input of the layer from the centre; nil if only reach bounds it
	for i, l := range net.Layers {
		c = c.throughLayer(l)
		exponent += whole.links[i].exponent
		far := radii(l.Weight, spread)
		if known {
			e.narrow(far, reach, exponent)
		}

		// Widen by one more float64 on either side, for the rounding errors of the ends.
		for j := range l.Out() - l.Through {
			distance := rounding.SumUp(far[j]+c.err[j], 2)
			low, high := c.value[j]-distance, c.value[j]+distance
			low, high = math.Nextafter(low, math.Inf(-1)), rounding.Up(high)
			ranges[i][j] = l.Activation.SlopesOn(low, high)
		}

		if i+1 == len(net.Layers) {
			break
		}

		s := newSlopes(ranges[i])
		steepest := s.largestSlopes()
		c = c.activated(l, steepest)
		spread = make([]float64, len(far))
		for j := range far {
			spread[j] = rounding.MulUp(steepest[j], far[j])
		}

		// An ellipsoid without a proof is dropped from here on; the intervals continue alone.
		if known {
			e, known = e.behind(s, &whole.links[i+1])
		}
	}

	return ranges
}

// radii returns how far the outputs of a weight can be from the centre, given how far its inputs
// can be, or +Inf if that is unknown.
func radii(w *mat.Dense, spread []float64) []float64 {
	rows, _ := w.Dims()
	far := make([]float64, rows)
	for j := range far {
		far[j] = math.Inf(1)
		if spread == nil {
			continue
		}

		sum := 0.0
		for k, v := range w.RawRowView(j) {
			if v != 0 { // 0·∞ would be NaN
				sum += math.Abs(v) * spread[k]
			}
		}

		far[j] = rounding.SumUp(sum, len(spread))
	}

	return far
}

// narrow reduces the radii far to those that the ellipsoid proves. The ellipsoid is for inputs at
// distance 1 and weights divided by 2^exponent; the radii are for inputs at distance reach.
func (e ellipsoid) narrow(far []float64, reach float64, exponent int) {
	for j := range far {
		row := rounding.AddUp(rounding.Norm2Up(e.f.RawRowView(j)), e.err)
		far[j] = min(far[j], rounding.LdexpUp(rounding.MulUp(row, reach), exponent))
	}
}

// behind returns the ellipsoid after the slopes and the next weight, with one multiplier for all
// neurons; ok is false if no ellipsoid is proved.
func (e ellipsoid) behind(s slopes, next *link) (after ellipsoid, ok bool) {
	p := e.pass(s, next, slices.Repeat([]float64{1}, len(s.mid)))

	after, ok = p.passLambda(s.fastScale() * p.criticalLambda())
	if !ok {
		return after, false
	}
	return after.absorbed()
}
