package network

// ForwardCost returns the number of float64 values that a forward pass takes per point.
func (n *Network) ForwardCost() int {
	cost := n.In()
	for _, l := range n.Layers {
		cost += 2 * l.Out()
	}
	return cost
}

// JacobianCost returns the number of float64 values that a Jacobian takes per point in addition to
// the forward pass: twice the widest matrix of the chain.
func (n *Network) JacobianCost() int {
	widest := n.In()
	for _, l := range n.Layers {
		widest = max(widest, l.Out())
	}
	if !n.IsDense() {
		// Maps are multiplied from the outputs down, even if the inputs are fewer.
		return 2 * widest * n.Out()
	}
	return 2 * widest * min(n.In(), n.Out())
}
