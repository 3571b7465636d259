package tracker

import "liptrack/internal/mlp"

// Network, Layer and Activation are what is measured, under names that programs outside this module
// can use: a loop that trains a model of its own fills a Network from its weights.
type (
	Network    = mlp.Network
	Layer      = mlp.Layer
	Activation = mlp.Activation
)

// ReLU and Identity are activations; the zero Activation is Identity.
var (
	ReLU     = mlp.ReLU
	Identity = mlp.Identity
)

// ParseActivation returns the activation of a name, one of identity, relu, leaky_relu, tanh, sigmoid, gelu,
// silu, softplus. The slope is that of leaky_relu.
func ParseActivation(name string, slope float64) (Activation, error) {
	return mlp.ParseActivation(name, slope)
}
