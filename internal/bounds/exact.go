package bounds

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/network"
)

// MaxExactUnits is the largest number of hidden units that Exact accepts, not counting linear ones.
const MaxExactUnits = 16

// Exact returns the Lipschitz constant, in the 2-norm and over the whole space, of a network with
// piecewise linear activations: relu, leaky_relu or the identity. It is the largest ‖J‖ over the
// regions on which the network is affine. The regions are found unit by unit, so biases matter. It
// fails on other activations and on more than MaxExactUnits hidden units.
//
// Its relative error is about 1e-12, unless the only regions that attain the constant are very
// thin. View regions as cones of homogeneous coordinates (x, 1), with x in a unit in which the
// largest bias is about 1 if weights have norm 1. Then every region with an inner radius above 1e-7
// is found. Each region is found together with a point inside, so the only possible error is a
// value that is too small.
//
// It costs up to 0.1 ms for each of up to 2¹⁶ regions. With one hidden layer, n units with D inputs
// produce at most Σ_{k≤D} C(n, k) regions.
func Exact(net *network.Network) (float64, error) {
	e, exponent, err := enumerate(net)
	if err != nil {
		return 0, fmt.Errorf("exact Lipschitz constant: %w", err)
	}
	return math.Ldexp(e.best, exponent), nil
}

// enumerate iterates over the regions of the network with its weights scaled to norms near 1. The
// largest ‖J‖ of the scaled network equals the original's divided by 2^exponent.
func enumerate(net *network.Network) (e *enumeration, exponent int, err error) {
	if err := net.Validate(); err != nil {
		return nil, 0, err
	}

	if err := enumerable(net, MaxExactUnits); err != nil {
		return nil, 0, err
	}

	net, err = unrolled(net)
	if err != nil {
		return nil, 0, err
	}

	e = new(enumeration)
	for i, l := range net.Layers {
		norm := linalg.SpectralNorm(l.Weight)
		if math.IsInf(norm, 1) {
			return nil, 0, fmt.Errorf("the spectral norm of layer %d overflows", i+1)
		}

		// Scaling by powers of 2 is exact and does not change the regions, by positive homogeneity.
		_, scale := math.Frexp(norm)
		exponent += scale
		e.layers = append(e.layers, flatLayer{
			weight:   scaledBy(l.Weight, -scale),
			scale:    exponent,
			negative: negativeSlope(l.Activation),
		})
	}

	e.setBiases(net)
	e.reduceInputs()
	e.enumerateRegions()

	return e, exponent, nil
}

// enumerable returns an error if the regions of a network cannot be enumerated, or if more than
// most of its hidden units have a kink.
func enumerable(net *network.Network, most int) error {
	units := 0
	for i, l := range net.Layers {
		low, high := l.Activation.SlopeRange()
		switch {
		case !l.Activation.PiecewiseLinear():
			return fmt.Errorf("layer %d: %s is not piecewise linear",
				i+1, l.Activation.Name())
		case !(high-low <= math.MaxFloat64):
			return fmt.Errorf("layer %d: %v has no finite slopes", i+1, l.Activation)
		case low < high && i+1 < len(net.Layers):
			units += l.Out() - l.Through
		}
	}

	if units > most {
		return fmt.Errorf("%d hidden units have a kink, at most %d are enumerated",
			units, most)
	}

	return nil
}

// negativeSlope returns the slope for negative inputs of an activation whose slope for positive
// inputs is 1.
func negativeSlope(a network.Activation) float64 {
	// One of the two slopes is 1, but it may be the smaller or the larger one.
	low, high := a.SlopeRange()
	if high == 1 {
		return low
	}
	return high
}

// setBiases sets the biases after every weight has been divided by a power of 2. By positive
// homogeneity, the pre-activations of layer i are then those of the network divided by 2^scale,
// provided its bias is divided too. A further power of 2 common to all biases, which only rescales
// the input space, makes the largest bias less than 1.
func (e *enumeration) setBiases(net *network.Network) {
	// common is the largest exponent of a bias in units of the scaled network. It is mapped to 0.
	common := math.MinInt
	for i, l := range net.Layers {
		for _, b := range l.Bias {
			if _, exponent := math.Frexp(b); b != 0 {
				common = max(common, exponent-e.layers[i].scale)
			}
		}
	}

	for i, l := range net.Layers {
		e.layers[i].bias = make([]float64, l.Out())
		for j, b := range l.Bias {
			fraction, exponent := math.Frexp(b)
			e.layers[i].bias[j] = math.Ldexp(fraction, exponent-e.layers[i].scale-common)
		}
	}
}

// reduceInputs replaces the inputs if they outnumber the units of the first layer. The new inputs
// are orthonormal combinations of the old ones, one for each unit. The network depends only on
// these combinations.
func (e *enumeration) reduceInputs() {
	first := &e.layers[0]
	units, inputs := first.weight.Dims()
	if inputs <= units {
		return
	}

	// W₁ᵀ = QR, so W₁x = Rᵀ(Qᵀx): the network sees x only through Qᵀx, and Q preserves norms.
	var qr mat.QR
	qr.Factorize(first.weight.T())
	var r mat.Dense
	qr.RTo(&r)
	first.weight = mat.DenseCopyOf(r.Slice(0, units, 0, units).T())
}
