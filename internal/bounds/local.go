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

// Local prepares bounds on the Lipschitz constant within a neighbourhood. It goes forth through the
// layers: what a layer's pre-activations can be decides which slopes its activations can have, and
// these decide how far the next layer's can be. How far is told in two ways, of which the nearer
// counts for each neuron: by an ellipsoid, as in ECLipsE-Gen-Local (Y. Xu and S. Sivaranjani), and
// by intervals. The layers must have matrices, as [WrittenOut] makes them.
//
// It costs as much as EclipseFast, and the bounds then what they cost on the whole space.
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

// reach returns a number ≥ the distance of every point of the neighbourhood to its centre.
func (n Neighbourhood) reach() float64 {
	if n.Box != nil {
		return rounding.Norm2Up(n.Box)
	}
	return n.Radius
}

// centre is what a layer makes of the point, with bounds on the rounding errors.
type centre struct{ value, err []float64 }

// through returns the pre-activations of a layer for its inputs.
func (c centre) through(l network.Layer) centre {
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

		// The exact sum is within err of one of exact terms, and that within γ·Σ|terms| of sum.
		rounded := rounding.Gamma(len(row)+2) * rounding.SumUp(size, len(row)+1)
		z.value[j] = sum
		// Else it is the bias, exactly.
		if terms > 0 {
			z.err[j] = rounding.SumUp(err+rounded, len(row)+2)
		}
	}

	return z
}

// activated returns what a layer makes of pre-activations that stay within the slopes' ranges.
func (c centre) activated(l network.Layer, steepest []float64) centre {
	out := centre{slices.Clone(c.value), make([]float64, len(c.value))}
	acts := len(c.value) - l.Through
	network.Apply(l.Activation, out.value[:acts], nil)
	for j, z := range c.value {
		err := steepest[j] * c.err[j]
		// The others pass as they are.
		if j < acts {
			err += l.Activation.ValueError(z, out.value[j])
		}
		out.err[j] = rounding.SumUp(err, 2)
	}
	return out
}

// localRanges returns the slope ranges of all neurons within a neighbourhood, of a network whose
// chain is given.
func localRanges(net *network.Network, whole *chain, n Neighbourhood) [][]Range {
	ranges := globalRanges(net)
	c := centre{n.Point, make([]float64, len(n.Point))}
	reach := n.reach()

	e := ellipsoid{f: whole.links[0].w}
	known := e.f != nil
	exponent := 0
	spread := n.Box // how far the inputs of the layer are from the centre, nil where only reach says so
	for i, l := range net.Layers {
		c = c.through(l)
		exponent += whole.links[i].exponent
		far := radii(l.Weight, spread)
		if known {
			e.narrow(far, reach, exponent)
		}

		// One more float64 on either side is for the rounding of the ends.
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
		steepest := s.largest()
		c = c.activated(l, steepest)
		spread = make([]float64, len(far))
		for j := range far {
			spread[j] = rounding.MulUp(steepest[j], far[j])
		}

		// An ellipsoid that is not proved is given up from here on; intervals go on alone.
		if known {
			e, known = e.behind(s, &whole.links[i+1])
		}
	}

	return ranges
}

// radii returns how far the outputs of a weight can be from the centre where its inputs are so far,
// +Inf if that is not known.
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

// narrow lowers radii to what the ellipsoid, of inputs at a distance of 1 and weights divided by
// 2^exponent, says of inputs at the distance reach.
func (e ellipsoid) narrow(far []float64, reach float64, exponent int) {
	for j := range far {
		row := rounding.AddUp(rounding.Norm2Up(e.f.RawRowView(j)), e.err)
		far[j] = min(far[j], rounding.LdexpUp(rounding.MulUp(row, reach), exponent))
	}
}

// behind returns the ellipsoid behind slopes and the next weight, with one multiplier for all
// neurons; ok is false if none is proved.
func (e ellipsoid) behind(s slopes, next *link) (after ellipsoid, ok bool) {
	p := e.pass(s, next, slices.Repeat([]float64{1}, len(s.mid)))

	after, ok = p.through(s.fastScale() * p.criticalLambda())
	if !ok {
		return after, false
	}
	return after.absorbed()
}
