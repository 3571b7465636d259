// Package testnet makes networks and matrices for tests.
package testnet

import (
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// Network returns a dense network. widths begins with the number of inputs; hidden is the
// activation of the hidden layers, output that of the last. For each layer in turn, weight is
// called with the number of inputs for every weight, row by row, and then bias for every bias. A
// nil bias means that the layers have none.
func Network(
	widths []int,
	hidden, output network.Activation,
	weight func(in int) float64,
	bias func() float64,
) *network.Network {
	net := &network.Network{}
	for i, out := range widths[1:] {
		in := widths[i]
		entry := func() float64 { return weight(in) }
		l := network.Layer{Weight: Matrix(out, in, entry), Activation: hidden}
		// The biases come after the layer's weights; callers with a random source rely on this
		// order.
		for bias != nil && len(l.Bias) < out {
			l.Bias = append(l.Bias, bias())
		}

		net.Layers = append(net.Layers, l)
	}

	net.Layers[len(net.Layers)-1].Activation = output

	return net
}

// Matrix returns a rows×cols matrix, filled row by row by calls of next.
func Matrix(rows, cols int, next func() float64) *mat.Dense {
	m := mat.NewDense(rows, cols, nil)
	m.Apply(func(int, int, float64) float64 { return next() }, m)
	return m
}
