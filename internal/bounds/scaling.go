package bounds

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// scaledBy returns 2^exponent·a, without gaps between rows. The power is applied in two halves, for
// it may itself be out of range.
func scaledBy(a *mat.Dense, exponent int) *mat.Dense {
	first, second := math.Ldexp(1, exponent/2), math.Ldexp(1, exponent-exponent/2)
	return mapped(a, func(to, from []float64, _ int) {
		for k, x := range from {
			to[k] = x * first * second
		}
	})
}

// magnitudes returns |a|.
func magnitudes(a *mat.Dense) *mat.Dense {
	return mapped(a, func(to, from []float64, _ int) {
		for k, x := range from {
			to[k] = math.Abs(x)
		}
	})
}

// scaledRows returns D·a for the diagonal matrix D of v, as alpha·b. If v is constant, b is a
// itself.
func scaledRows(v []float64, a *mat.Dense) (alpha float64, b *mat.Dense) {
	if constant(v) {
		return v[0], a
	}
	return 1, mapped(a, func(to, from []float64, i int) {
		for k, x := range from {
			to[k] = v[i] * x
		}
	})
}

// scaledColumns returns a·D for the diagonal matrix D of v, as alpha·b. If v is constant, b is a
// itself.
func scaledColumns(a *mat.Dense, v []float64) (alpha float64, b *mat.Dense) {
	if constant(v) {
		return v[0], a
	}
	return 1, mapped(a, func(to, from []float64, _ int) {
		for k, x := range from {
			to[k] = v[k] * x
		}
	})
}

// mapped returns a new matrix of which f fills row i from that of a.
func mapped(a *mat.Dense, f func(to, from []float64, i int)) *mat.Dense {
	rows, cols := a.Dims()
	b := mat.NewDense(rows, cols, nil)
	for i := range rows {
		f(b.RawRowView(i), a.RawRowView(i), i)
	}
	return b
}

func constant(v []float64) bool {
	for _, x := range v {
		if x != v[0] {
			return false
		}
	}
	return true
}
