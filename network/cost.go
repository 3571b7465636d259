package network

// ForwardCost returns the number of float64 that a point takes in a forward pass.
func (n *Network) ForwardCost() int {
	cost := n.In()
	for _, l := range n.Layers {
		cost += 2 * l.Out()
	}
	return cost
}

// JacobianCost returns the number of float64 that a point takes in a Jacobian in addition to its
// forward pass: the widest matrix of the chain, twice.
func (n *Network) JacobianCost() int {
	widest := n.In()
	for _, l := range n.Layers {
		widest = max(widest, l.Out())
	}
	if !n.IsDense() {
		// From the outputs down, whichever end is the narrower.
		return 2 * widest * n.Out()
	}
	return 2 * widest * min(n.In(), n.Out())
}
