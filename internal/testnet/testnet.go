// Package testnet makes networks and matrices for tests.
package testnet

import (
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/network"
)

// Network has layers of the widths, the input's first, with an activation on the hidden layers and
// one on the outputs. Layer by layer, weight is called for each weight, in the order of outputs and
// inputs, with the number of inputs, then bias for each bias; nil for none.
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
		// After the layer's weights, so that a random source is drawn from in this order.
		for bias != nil && len(l.Bias) < out {
			l.Bias = append(l.Bias, bias())
		}

		net.Layers = append(net.Layers, l)
	}

	net.Layers[len(net.Layers)-1].Activation = output

	return net
}

// Matrix has rows×cols entries from next, row by row.
func Matrix(rows, cols int, next func() float64) *mat.Dense {
	m := mat.NewDense(rows, cols, nil)
	m.Apply(func(int, int, float64) float64 { return next() }, m)
	return m
}
