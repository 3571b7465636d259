package trainer

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// constraint keeps the product of the spectral norms of the L weight matrices at or below a limit
// C: after an update it scales every matrix whose norm exceeds C^(1/L) down to that norm (Khromov
// and Singh 2024, appendix on Lipschitz-constrained networks).
type constraint[T linalg.Float] struct {
	layers []*layer[T]
	norm   float64      // C^(1/L)
	wide   []*mat.Dense // a copy of each weight in double precision
}

// newConstraint returns nil, which does nothing, for a limit of 0.
func newConstraint[T linalg.Float](m *model[T], limit float64) *constraint[T] {
	if limit == 0 {
		return nil
	}
	norm := math.Pow(limit, 1/float64(len(m.layers)))
	c := &constraint[T]{layers: m.denseLayers(), norm: norm}
	for _, l := range c.layers {
		c.wide = append(c.wide, mat.NewDense(l.out, l.in, nil))
	}

	return c
}

func (c *constraint[T]) apply() {
	if c == nil {
		return
	}

	for i, l := range c.layers {
		w := l.weight()
		for j, v := range w {
			c.wide[i].RawMatrix().Data[j] = float64(v)
		}

		// The norm stays below the limit by more than rounding to T can add, because bounds certify
		// the rounded weights.
		limit := c.norm * (1 - constraintMargin(l.in, l.out))
		norm := linalg.SpectralNorm(c.wide[i])
		if norm > limit {
			vec.Scale(w, T(limit/norm))
		}
	}
}

// constraintMargin returns the relative distance that the norm of an out×in matrix keeps from its
// limit, so that the limit holds despite rounding. With u = 2⁻²⁴ and r = min(in, out), rounding the
// factor and the products to float32 changes the norm by at most u + u·‖W‖_F/‖W‖₂ ≤ 2u√r. The
// margin is twice that: the other half, at least 10⁻⁷, covers the error of the norm, r·2⁻⁵³, and
// the margins of certified bounds.
func constraintMargin(in, out int) float64 {
	const u = 0x1p-24
	return 4 * u * math.Sqrt(float64(min(in, out)))
}
