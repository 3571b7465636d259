package audit

import (
	"slices"

	"github.com/liptrack/liptrack/network"
)

const (
	// mostWrittenOut limits the number of entries in the matrices of a network that is written out.
	mostWrittenOut = 1 << 22
	// mostCarried limits the multiply-adds to propagate M_k at each point.
	mostCarried = 1 << 26
)

// writtenOut returns the network with all maps written out as matrices: net itself if it is dense,
// nil if there are pools or the matrices would be too large.
func writtenOut(net *network.Network) *network.Network {
	if net.IsDense() {
		return net
	}

	// The matrices take memory, and propagating M_k takes its product with each weight at every
	// point, so both are limited.
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

// endingInMatrix returns a network whose last layer is a matrix, so that it can be replaced: net
// itself, or net followed by the identity.
func endingInMatrix(net *network.Network) *network.Network {
	last := net.Last()
	if last.Weight != nil && last.Through == 0 && last.Residuals == nil {
		return net
	}

	outputs := network.Layer{Weight: network.Matrix(network.NewIdentity(net.Out()))}

	return &network.Network{Layers: slices.Concat(net.Layers, []network.Layer{outputs})}
}
