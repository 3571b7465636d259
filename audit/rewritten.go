package audit

import (
	"slices"

	"github.com/liptrack/liptrack/network"
)

const (
	// mostWrittenOut is how many numbers the matrices of a network may have that is written out.
	mostWrittenOut = 1 << 22
	// mostCarried is how many multiply-adds it may take to carry M_k along, at each point.
	mostCarried = 1 << 26
)

// writtenOut returns the network with all maps as matrices, itself if it has no others; nil if
// there are pools, or they are too large.
func writtenOut(net *network.Network) *network.Network {
	if net.IsDense() {
		return net
	}

	// Carrying M_k costs its product with each weight at every point: a limit on memory and one on
	// work.
	numbers, carried := 0, 0
	for i, l := range net.Layers {
		if l.Pool != nil {
			return nil
		}

		numbers += l.In() * l.Out()
		if i > 0 {
			carried += l.In() * l.Out() * net.In()
		}
		if numbers > mostWrittenOut || carried > mostCarried {
			return nil
		}
	}

	return network.WithMatrices(net.Layers)
}

// withLast returns the network with another last layer.
func withLast(net *network.Network, l network.Layer) *network.Network {
	layers := slices.Clone(net.Layers)
	layers[len(layers)-1] = l
	return &network.Network{Layers: layers}
}

// endingInMatrix returns the network with a matrix as its last layer, which others can take the
// place of: itself, or followed by the identity.
func endingInMatrix(net *network.Network) *network.Network {
	last := net.Last()
	if last.Weight != nil && last.Through == 0 && last.Residuals == nil {
		return net
	}

	outputs := network.Layer{Weight: network.Matrix(network.NewIdentity(net.Out()))}

	return &network.Network{Layers: slices.Concat(net.Layers, []network.Layer{outputs})}
}
