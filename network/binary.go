package network

import (
	"slices"

	"gonum.org/v1/gonum/mat"
)

// EndsInLogit reports whether the last activation is a sigmoid or none, so that its inputs are
// logits.
func (n *Network) EndsInLogit() bool {
	last := n.Last().Activation
	return last.IsIdentity() || last.kind == sigmoid
}

// AgainstZero turns a network with one output z into a classifier of two classes. Its outputs are 0
// and z, so that a softmax gives the second class the probability 1/(1 + e^−z), and cross entropy
// is binary cross entropy. It has the same Jacobian norms. The last layer must have a matrix; its
// activation is left out, so that z is the logit if the activation is a sigmoid.
func (n *Network) AgainstZero() *Network {
	last := n.Last()
	weight := mat.NewDense(2, last.In(), nil)
	weight.SetRow(1, last.Weight.RawRowView(0))

	var bias []float64
	if last.Bias != nil {
		bias = []float64{0, last.Bias[0]}
	}

	layers := slices.Clone(n.Layers[:len(n.Layers)-1])

	return &Network{Layers: append(layers, Layer{Weight: weight, Bias: bias})}
}
