package bounds

// products are Π ‖W_i‖ Lip(φ_i) over the first k layers of the network, for each k.
func (c *chain) products(n Norm) []float64 {
	bounds := make([]float64, len(c.links))
	product, exponent := 1.0, 0
	for i := range c.links {
		l := &c.links[i]
		product = mulUp(mulUp(product, l.upper(n)), l.slopes.lipschitz())
		exponent += l.exponent
		bounds[i] = ldexpUp(product, exponent)
	}
	return bounds
}

// balancedProduct is the product of the 2-norms of the balanced weights, or of the weights
// themselves if that is smaller.
func (c *chain) balancedProduct() float64 {
	weights := c.balanced().weights
	product, plain := 1.0, 1.0
	for i := range c.links {
		rounding := gamma(balanceRoundings) * Two.ofMagnitudes(weights[i])
		product = mulUp(product, addUp(Two.upper(weights[i]), outward(rounding)))
		plain = mulUp(plain, c.links[i].norm)
		if i+1 < len(c.links) {
			lipschitz := c.links[i].slopes.lipschitz()
			product, plain = mulUp(product, lipschitz), mulUp(plain, lipschitz)
		}
	}
	return min(product, plain)
}
