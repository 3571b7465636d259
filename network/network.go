// Package network holds a multilayer perceptron as plain numbers: weights, biases, activations.
// Everything liptrack measures (losses, spectral norms, Jacobians, bounds) is linear algebra
// on this value, whether it came from a live training run, a checkpoint or somebody else's
// file. It knows nothing of training and nothing of Gorgonia.
package network

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Network is the function
//
//	f(x) = φ_L(W_L φ_{L−1}( … φ_1(W_1 x + b_1) … ) + b_L)
//
// with L linear layers. A Network handed to a hook or a metric is read-only.
type Network struct {
	Layers []Layer
}

// Layer is x ↦ φ(W x + b).
type Layer struct {
	Weight *mat.Dense // out×in
	Bias   []float64  // length out; nil for a layer without bias
	// Activation is applied to each output; the zero value is the identity.
	Activation Activation
}

// In is the dimension of the layer's input.
func (l Layer) In() int { _, in := l.Weight.Dims(); return in }

// Out is the dimension of the layer's output.
func (l Layer) Out() int { out, _ := l.Weight.Dims(); return out }

// In is the dimension D of the network's input.
func (n *Network) In() int { return n.Layers[0].In() }

// Out is the dimension K of the network's output.
func (n *Network) Out() int { return n.Layers[len(n.Layers)-1].Out() }

// UpTo is the network of the first k linear layers with their activations, 1 ≤ k ≤ L. It
// shares the weights.
func (n *Network) UpTo(k int) *Network { return &Network{Layers: n.Layers[:k]} }

// Parameters counts weights and biases.
func (n *Network) Parameters() int {
	p := 0
	for _, l := range n.Layers {
		p += l.Out()*l.In() + len(l.Bias)
	}
	return p
}

// Validate reports the first thing that keeps n from being a network: no layers, shapes that
// do not chain, a bias of the wrong length, a parameter that is NaN or infinite.
func (n *Network) Validate() error {
	if len(n.Layers) == 0 {
		return fmt.Errorf("network has no layers")
	}
	for i, l := range n.Layers {
		if l.Weight == nil || l.Weight.IsEmpty() {
			return fmt.Errorf("layer %d has no weight", i+1)
		}
		if i > 0 && l.In() != n.Layers[i-1].Out() {
			return fmt.Errorf("layer %d takes %d inputs but layer %d gives %d outputs", i+1, l.In(), i, n.Layers[i-1].Out())
		}
		if l.Bias != nil && len(l.Bias) != l.Out() {
			return fmt.Errorf("layer %d has %d outputs but %d biases", i+1, l.Out(), len(l.Bias))
		}
		if !l.finite() {
			return fmt.Errorf("layer %d has a parameter that is NaN or infinite", i+1)
		}
	}
	return nil
}

// finite says whether no parameter is NaN or infinite.
func (l Layer) finite() bool {
	for i := range l.Out() {
		if !finite(l.Weight.RawRowView(i)) {
			return false
		}
	}
	return finite(l.Bias)
}

func finite(v []float64) bool {
	for _, x := range v {
		if x-x != 0 { // of an infinity, NaN
			return false
		}
	}
	return true
}
