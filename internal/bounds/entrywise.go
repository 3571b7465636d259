package bounds

import (
	"github.com/liptrack/liptrack/internal/rounding"
	"gonum.org/v1/gonum/mat"
)

// entrywise returns the norm of |W_L| Lip(φ_{L−1}) |W_{L−1}| … |W_1|, which bounds every Jacobian
// entry by entry (V. Pintore and B. Després, arXiv 2410.21053, bounds K3 and K4). For weights ≥ 0
// it is attained if all neurons have their largest slope. In the 1- and the ∞-norm it never exceeds
// the product; in the 2-norm it is usually far larger.
//
// A sum of k products of numbers ≥ 0 is computed to within a factor of 1 ± γₖ.
func (c *chain) entrywise(n Norm) float64 {
	bound := magnitudes(c.last().w)
	// Work backward from the outputs: the left factor then never has more rows than there are
	// outputs.
	roundings := 0
	for i := len(c.links) - 2; i >= 0; i-- {
		slopes := c.links[i].slopes.largestSlopes()
		alpha, scaled := scaledColumns(bound, slopes)
		bound = new(mat.Dense)
		bound.Mul(scaled, magnitudes(c.links[i].w))
		bound.Scale(alpha, bound)
		roundings += len(slopes) + 2
	}
	return n.upperOf(bound)*(1+2*rounding.Gamma(roundings+2)) + rounding.Underflow
}
