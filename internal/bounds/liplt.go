package bounds

import (
	"math"

	"github.com/liptrack/liptrack/internal/rounding"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// liplt returns the bound of M. Fazlyab et al. (NeurIPS 2023, arXiv 2310.00116). A slope range a ±
// b makes an activation φ = a·id + b·ψ with a 1-Lipschitz ψ. Unrolling the identities bounds the
// Lipschitz constant of the pre-activations of layer k by
//
//	m_k = ‖W_k A_{k−1} … A_1 W_1‖ + Σ_{0<j<k} ‖W_k A_{k−1} … A_{j+1} W_{j+1} B_j‖ m_j
//
// with A_i = diag a and B_i = diag b of layer i. For slopes in [0, 1] it equals the bound of P. L.
// Combettes and J.-C. Pesquet (arXiv 1903.01014), but needs O(L²) norms instead of 2^(L−1). It
// holds in any norm in which the norm of a diagonal matrix is its largest magnitude.
func (c *chain) liplt(n Norm) float64 {
	var products []approx // W_k A_{k−1} … A_{j+1} W_{j+1}, by j
	m := make([]float64, len(c.links))
	for k := range c.links {
		l := &c.links[k]
		for j := range products {
			products[j] = l.times(c.links[k-1].slopes.mid, products[j], n)
			products[j].norm = n.upperOf(products[j].m)
		}

		products = append(products, approx{m: l.w, norm: l.normBound(n)})
		m[k] = rounding.AddUp(products[0].norm, products[0].err)
		for j := 1; j <= k; j++ {
			b := c.links[j-1].slopes
			if b.linear() { // B is 0
				continue
			}
			through := products[j].columns(b.radius, n)
			m[k] = rounding.AddUp(m[k], rounding.MulUp(through, m[j-1]))
		}
	}

	return m[len(m)-1]
}

// approx is a matrix known up to rounding errors.
type approx struct {
	m    *mat.Dense
	err  float64 // proved to be ≥ the norm of the difference between the exact matrix and m
	norm float64 // proved to be ≥ ‖m‖; set only where it is needed
}

// noScaling stands for a diagonal of ones.
var noScaling = []float64{1}

// times returns w·D·a for the diagonal matrix D of v, without setting its norm. If the elements of
// a product of A and B are sums of k terms, the product is off by at most γₖ|A||B|, regardless of
// the order of the sums [Higham, eq. (3.13)]; k+2 accounts for D.
func (l *link) times(v []float64, a approx, n Norm) approx {
	alpha, scaled := scaledRows(v, a.m)
	product := new(mat.Dense)
	product.Mul(l.w, scaled)
	product.Scale(alpha, product)
	_, k := l.w.Dims()

	// The rounding error of the product itself, and the error of a propagated through the product.
	rounded := rounding.Gamma(k+2) * n.ofMagnitudes(l.w) * n.ofMagnitudes(scaled) * math.Abs(alpha)
	passed := l.normBound(n) * floats.Norm(v, math.Inf(1)) * a.err
	return approx{m: product, err: rounding.Outward(rounded + passed)}
}

// columns returns a number proved to be ≥ ‖a·D‖ for the diagonal matrix D of v ≥ 0.
func (a approx) columns(v []float64, n Norm) float64 {
	alpha, scaled := scaledColumns(a.m, v)
	norm, rounded := a.norm, 0.0
	if scaled != a.m {
		norm, rounded = n.upperOf(scaled), rounding.Unit*n.ofMagnitudes(scaled)
	}
	off := rounding.Outward(rounded + floats.Max(v)*a.err)
	return rounding.AddUp(rounding.MulUp(alpha, norm), off)
}
