package network

import (
	"fmt"
	"math"
	"strings"
)

// Activation is a function applied to each neuron. The zero value is the identity.
type Activation struct {
	kind activationKind
	// slope of leaky_relu for negative inputs.
	slope float64
}

type activationKind int

const (
	identity activationKind = iota
	relu
	leakyReLU
	tanh
	sigmoid
	gelu
	silu
	softplus
)

// activations is the table of activation functions: name, the range [low, high] of the derivative
// over all inputs, and the largest second derivative in magnitude, off the kinks; all rounded
// outward.
var activations = []struct {
	name      string
	low, high float64
	curvature float64
}{
	identity:  {"identity", 1, 1, 0},
	relu:      {"relu", 0, 1, 0},
	leakyReLU: {"leaky_relu", math.NaN(), math.NaN(), 0},           // depends on the slope
	tanh:      {"tanh", 0, 1, 0.7698003590},                        // 4/√27, at tanh x = ∓1/√3
	sigmoid:   {"sigmoid", 0, 0.25, 0.0962250449},                  // 1/√108, at σ(x) = 1/2 ∓ 1/√12
	gelu:      {"gelu", -0.1289041452, 1.1289041452, 0.7978845609}, // extremes at x = ∓√2; √(2/π), at 0
	silu:      {"silu", -0.0998393202, 1.0998393202, 0.5},          // extremes at x ≈ ∓2.3994; at 0
	softplus:  {"softplus", 0, 1, 0.25},                            // at 0
}

// Activations used by name in code.
var (
	Identity = Activation{}
	ReLU     = Activation{kind: relu}
)

// LeakyReLU is max(z, 0) + slope·min(z, 0).
func LeakyReLU(slope float64) Activation { return Activation{kind: leakyReLU, slope: slope} }

// ParseActivation returns the activation of a name: identity (also none or empty), relu,
// leaky_relu, tanh, sigmoid, gelu (the exact one, with erf), silu, softplus. The slope is that
// of leaky_relu and ignored by the others.
func ParseActivation(name string, slope float64) (Activation, error) {
	if name == "none" || name == "" {
		return Identity, nil
	}
	for kind, a := range activations {
		if a.name != name {
			continue
		}
		if activationKind(kind) == leakyReLU {
			return LeakyReLU(slope), nil
		}
		return Activation{kind: activationKind(kind)}, nil
	}
	return Activation{}, fmt.Errorf("unknown activation %q: must be one of none, %s", name, strings.Join(ActivationNames(), ", "))
}

// ActivationNames lists the names that ParseActivation takes.
func ActivationNames() []string {
	names := make([]string, len(activations))
	for i, a := range activations {
		names[i] = a.name
	}
	return names
}

// String is the activation's name, with the slope of a leaky_relu.
func (a Activation) String() string {
	if a.kind == leakyReLU {
		return fmt.Sprintf("leaky_relu(%g)", a.slope)
	}
	return activations[a.kind].name
}

// Name is the activation's name without its parameter, as ParseActivation takes it.
func (a Activation) Name() string { return activations[a.kind].name }

// Slope is the slope of a leaky_relu for negative inputs; 0 for every other activation.
func (a Activation) Slope() float64 { return a.slope }

// IsIdentity says whether the activation does nothing.
func (a Activation) IsIdentity() bool { return a.kind == identity }

// PiecewiseLinear says whether the derivative is constant between kinks.
func (a Activation) PiecewiseLinear() bool { return a.kind <= leakyReLU }

// SlopeRange is an interval [low, high] that contains the derivative at every input.
func (a Activation) SlopeRange() (low, high float64) {
	if a.kind == leakyReLU {
		return min(a.slope, 1), max(a.slope, 1)
	}
	return activations[a.kind].low, activations[a.kind].high
}

// Lipschitz is a Lipschitz constant of the activation: the largest |derivative|, rounded up.
func (a Activation) Lipschitz() float64 {
	low, high := a.SlopeRange()
	return max(math.Abs(low), math.Abs(high))
}

// Curvature is the largest |second derivative|, rounded up; 0 for a piecewise linear activation.
func (a Activation) Curvature() float64 { return activations[a.kind].curvature }
