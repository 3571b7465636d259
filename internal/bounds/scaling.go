package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// scaledBy returns 2^exponent·a, without gaps between rows. The power is applied in two halves,
// because the power itself may be out of range.
func scaledBy(a *mat.Dense, exponent int) *mat.Dense {
	first, second := math.Ldexp(1, exponent/2), math.Ldexp(1, exponent-exponent/2)
	return mapped(a, func(to, from []float64, _ int) {
		floats.ScaleTo(to, first, from)
		floats.Scale(second, to)
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

// scaledRows returns D·a for the diagonal matrix D of v, as alpha·b. If all elements of v are
// equal, b is a itself.
func scaledRows(v []float64, a *mat.Dense) (alpha float64, b *mat.Dense) {
	if constant(v) {
		return v[0], a
	}
	return 1, mapped(a, func(to, from []float64, i int) {
		floats.ScaleTo(to, v[i], from)
	})
}

// scaledColumns returns a·D for the diagonal matrix D of v, as alpha·b. If all elements of v are
// equal, b is a itself.
func scaledColumns(a *mat.Dense, v []float64) (alpha float64, b *mat.Dense) {
	if constant(v) {
		return v[0], a
	}
	return 1, mapped(a, func(to, from []float64, _ int) {
		floats.MulTo(to, v, from)
	})
}

// mapped returns a new matrix whose row i is filled by f from row i of a.
func mapped(a *mat.Dense, f func(to, from []float64, i int)) *mat.Dense {
	rows, cols := a.Dims()
	b := mat.NewDense(rows, cols, nil)
	for i := range rows {
		f(b.RawRowView(i), a.RawRowView(i), i)
	}
	return b
}

func constant(v []float64) bool {
	return !slices.ContainsFunc(v, func(x float64) bool { return x != v[0] })
}

// mappedVector returns f applied to every element of v.
func mappedVector(v []float64, f func(float64) float64) []float64 {
	to := make([]float64, len(v))
	for j, x := range v {
		to[j] = f(x)
	}
	return to
}

// scaledVector returns scale·v.
func scaledVector(scale float64, v []float64) []float64 {
	return floats.ScaleTo(make([]float64, len(v)), scale, v)
}

// identity returns the identity matrix of order n.
func identity(n int) *mat.Dense {
	one := mat.NewDense(n, n, nil)
	for i := range n {
		one.Set(i, i, 1)
	}
	return one
}
