package bounds

import "github.com/liptrack/liptrack/internal/rounding"

// products returns, for each k, Π ‖W_i‖ Lip(φ_i) over the first k layers of the network.
func (c *chain) products(n Norm) []float64 {
	bounds := make([]float64, len(c.links))
	product, exponent := 1.0, 0
	for i := range c.links {
		l := &c.links[i]
		product = rounding.MulUp(rounding.MulUp(product, l.normBound(n)), l.slopes.lipschitz())
		exponent += l.exponent
		bounds[i] = rounding.LdexpUp(product, exponent)
	}
	return bounds
}

// balancedProduct returns the product of the 2-norms of the balanced weights, or of the weights
// themselves if that is smaller.
func (c *chain) balancedProduct() float64 {
	weights := c.balanced().weights
	product, plain := 1.0, 1.0
	for i := range c.links {
		rounded := rounding.Gamma(balanceRoundings) * Two.ofMagnitudes(weights[i])
		norm := rounding.AddUp(Two.upperOf(weights[i]), rounding.Outward(rounded))
		product = rounding.MulUp(product, norm)
		plain = rounding.MulUp(plain, c.links[i].norm)
		if i+1 < len(c.links) {
			lipschitz := c.links[i].slopes.lipschitz()
			product = rounding.MulUp(product, lipschitz)
			plain = rounding.MulUp(plain, lipschitz)
		}
	}
	return min(product, plain)
}
