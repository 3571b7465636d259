// Package network holds a network as plain numbers: weights, kernels, biases, activations, pools.
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

// Layer is x ↦ φ(W x + b), or φ of the maxima of a pool. Exactly one of Weight, Map and Pool is
// set.
type Layer struct {
	Weight *mat.Dense // W, out×in; nil if Map or Pool is set
	Map    Linear     // W, if it has more structure than a matrix
	Pool   *MaxPool   // in place of W and b
	Bias   []float64  // length out; nil for a layer without bias
	// Activation is applied to each output; the zero value is the identity.
	Activation Activation
	// Through is the number of outputs at the end that skip the activation: inputs of a residual
	// block on their way to its end.
	Through int
	// Residuals holds the number of layers of each residual block that begins with this layer, the
	// outermost block first.
	Residuals []int
}

// In returns the dimension of the layer's input.
func (l Layer) In() int { _, in := l.dims(); return in }

// Out returns the dimension of the layer's output.
func (l Layer) Out() int {
	out, _ := l.dims()
	return out
}

func (l Layer) dims() (out, in int) {
	switch {
	case l.Pool != nil:
		return l.Pool.Out(), l.Pool.In
	case l.Map != nil:
		return l.Map.Dims()
	default:
		return l.Weight.Dims()
	}
}

// Linear returns the linear map of a layer that is not a pool.
func (l Layer) Linear() Linear {
	if l.Map != nil {
		return l.Map
	}
	return Dense{l.Weight}
}

// Lipschitz returns the Lipschitz constant of the step after the layer's linear map or pool: the
// constant of the activation, but at least 1 if some outputs skip it.
func (l Layer) Lipschitz() float64 {
	if l.Through > 0 {
		return max(l.Activation.Lipschitz(), 1)
	}
	return l.Activation.Lipschitz()
}

// IsDense reports whether every layer has a matrix and an activation on all of its outputs, as in a
// multilayer perceptron.
func (n *Network) IsDense() bool {
	for _, l := range n.Layers {
		if l.Weight == nil || l.Through > 0 {
			return false
		}
	}
	return true
}

// In returns the dimension D of the network's input.
func (n *Network) In() int { return n.Layers[0].In() }

// Last returns the last layer.
func (n *Network) Last() Layer {
	return n.Layers[len(n.Layers)-1]
}

// Out returns the dimension K of the network's output.
func (n *Network) Out() int {
	return n.Last().Out()
}

// UpTo returns the network of the first k linear layers with their activations, 1 ≤ k ≤ L. It
// shares the weights.
func (n *Network) UpTo(k int) *Network {
	return &Network{Layers: n.Layers[:k]}
}

// Parameters returns the number of weights and biases.
func (n *Network) Parameters() int {
	p := 0
	for _, l := range n.Layers {
		if l.Pool != nil {
			continue
		}
		p += l.Linear().Parameters()
		if l.Bias != nil {
			p += l.Linear().Biases()
		}
	}
	return p
}

// Validate returns an error for the first reason why n is not a network: no layers, shapes that do
// not chain, a bias of the wrong length, a parameter that is NaN or infinite.
func (n *Network) Validate() error {
	if len(n.Layers) == 0 {
		return fmt.Errorf("network has no layers")
	}

	for i, l := range n.Layers {
		if l.Map == nil && l.Pool == nil && (l.Weight == nil || l.Weight.IsEmpty()) {
			return fmt.Errorf("layer %d has no weight", i+1)
		}

		if i > 0 && l.In() != n.Layers[i-1].Out() {
			return fmt.Errorf(
				"layer %d takes %d inputs but layer %d gives %d outputs",
				i+1,
				l.In(),
				i,
				n.Layers[i-1].Out(),
			)
		}

		if l.Bias != nil && len(l.Bias) != l.Out() {
			return fmt.Errorf("layer %d has %d outputs but %d biases",
				i+1, l.Out(), len(l.Bias))
		}

		if !l.finite() {
			return fmt.Errorf("layer %d has a parameter that is NaN or infinite", i+1)
		}
	}

	return nil
}

// finite reports whether no parameter is NaN or infinite.
func (l Layer) finite() bool {
	return l.Pool != nil || finiteMap(l.Linear()) && finite(l.Bias)
}

// finiteMap reports whether no parameter of a map is NaN or infinite.
func finiteMap(m Linear) bool {
	switch m := m.(type) {
	case Conv:
		return finite(m.Kernel)
	case Sparse:
		return finite(m.Values)
	case Dense:
		return finite(contiguous(m.M))
	case Blocks:
		for _, p := range m.Parts {
			if !finiteMap(p.Map) {
				return false
			}
		}
	}

	return true
}

func finite(v []float64) bool {
	for _, x := range v {
		if x-x != 0 { // true of NaN and the infinities
			return false
		}
	}
	return true
}
