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

// activations is the table of activation functions. Everything that certificates need to know about
// an activation is in its row. If the row has no slopes, nothing can be certified, since the slopes
// have no finite range. See [Activation.SlopeRange], [Activation.Curvature] and
// [Activation.SlopesOn].
var activations = []struct {
	name string
	// slopes contain the derivative at every input, rounded outward.
	slopes Range
	// piecewise means linear on either side of 0, with slope 1 on the positive side.
	piecewise bool
	// rises means that the slopes come near 0 but never reach it.
	rises bool
	// curvature is the largest |second derivative| of a smooth activation, rounded up.
	curvature float64
	// turns are the points where the derivative of a smooth activation changes between rising and
	// falling.
	turns []float64
}{
	identity: {
		name:      "identity",
		slopes:    Range{1, 1},
		piecewise: true,
	},
	relu: {
		name:      "relu",
		slopes:    Range{0, 1},
		piecewise: true,
	},
	leakyReLU: {name: "leaky_relu", piecewise: true}, // its slopes depend on its parameter
	tanh: { // curvature 4/√27, at tanh x = ∓1/√3
		name:      "tanh",
		slopes:    Range{0, 1},
		rises:     true,
		curvature: 0.7698003590,
		turns:     []float64{0},
	},
	sigmoid: { // curvature 1/√108, at σ(x) = 1/2 ∓ 1/√12
		name:      "sigmoid",
		slopes:    Range{0, 0.25},
		rises:     true,
		curvature: 0.0962250449,
		turns:     []float64{0},
	},
	gelu: { // steepest at ∓√2; curvature √(2/π), at 0
		name:      "gelu",
		slopes:    Range{-0.1289041452, 1.1289041452},
		curvature: 0.7978845609,
		turns:     []float64{-math.Sqrt2, math.Sqrt2},
	},
	silu: { // steepest where x·tanh(x/2) = ±2; curvature 1/2, at 0
		name:      "silu",
		slopes:    Range{-0.0998393202, 1.0998393202},
		curvature: 0.5,
		turns:     []float64{-2.399357280515, 2.399357280515},
	},
	softplus: { // curvature 1/4, at 0
		name:      "softplus",
		slopes:    Range{0, 1},
		rises:     true,
		curvature: 0.25,
		turns:     []float64{},
	},
}

// Activations used by name in code.
var (
	Identity = Activation{}
	ReLU     = Activation{kind: relu}
)

// LeakyReLU returns max(z, 0) + slope·min(z, 0).
func LeakyReLU(slope float64) Activation {
	return Activation{kind: leakyReLU, slope: slope}
}

// ParseActivation returns the activation with a name: identity (also none or empty), relu,
// leaky_relu, tanh, sigmoid, gelu (the exact one, with erf), silu, softplus. Only leaky_relu uses
// the slope.
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

	return Activation{}, fmt.Errorf(
		"unknown activation %q: must be one of none, %s",
		name,
		strings.Join(ActivationNames(), ", "),
	)
}

// ActivationNames lists the names that ParseActivation takes.
func ActivationNames() []string {
	names := make([]string, len(activations))
	for i, a := range activations {
		names[i] = a.name
	}
	return names
}

// String returns the activation's name, with the slope of a leaky_relu.
func (a Activation) String() string {
	if a.kind == leakyReLU {
		return fmt.Sprintf("leaky_relu(%g)", a.slope)
	}
	return activations[a.kind].name
}

// Name returns the activation's name without its parameter, as ParseActivation takes it.
func (a Activation) Name() string {
	return activations[a.kind].name
}

// Slope returns the slope of a leaky_relu for negative inputs; 0 for every other activation.
func (a Activation) Slope() float64 { return a.slope }

// IsIdentity reports whether the activation does nothing.
func (a Activation) IsIdentity() bool {
	return a.kind == identity
}

// PiecewiseLinear reports whether the activation is linear on either side of 0, with slope 1 on the
// positive side.
func (a Activation) PiecewiseLinear() bool {
	return activations[a.kind].piecewise
}

// SlopeRange returns an interval [low, high] that contains the derivative at every input. If the
// table has no slopes for the activation, it returns NaN and NaN, from which nothing can be
// certified.
func (a Activation) SlopeRange() (low, high float64) {
	if a.kind == leakyReLU {
		return min(a.slope, 1), max(a.slope, 1)
	}

	slopes := activations[a.kind].slopes
	if slopes == (Range{}) { // the row has no slopes
		return math.NaN(), math.NaN()
	}
	return slopes.Low, slopes.High
}

// Lipschitz returns a Lipschitz constant of the activation: the largest |derivative|, rounded up.
func (a Activation) Lipschitz() float64 {
	low, high := a.SlopeRange()
	return max(math.Abs(low), math.Abs(high))
}

// Curvature returns the largest |second derivative|, rounded up: 0 for a piecewise linear
// activation, +Inf for a smooth one without a curvature in the table.
func (a Activation) Curvature() float64 {
	row := activations[a.kind]
	switch {
	case row.piecewise:
		return 0
	case row.curvature == 0:
		return math.Inf(1)
	}
	return row.curvature
}

// Rises reports whether the activation is strictly increasing, so that it keeps the order of
// outputs.
func (a Activation) Rises() bool {
	low, _ := a.SlopeRange()
	return low > 0 || activations[a.kind].rises
}
