package modelfile

import (
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A layer with the map folded in equals map and layer applied one after the other, for a scale,
// shift and bias that are nil, have one entry, or have one for each number.
func TestAffineFoldsIntoLayers(t *testing.T) {
	x := []float64{1, -2, 3}
	apply := func(a affine, x []float64) []float64 {
		y := make([]float64, len(x))
		for i := range x {
			y[i] = entry(a.scale, i, 1)*x[i] + entry(a.shift, i, 0)
		}
		return y
	}

	evaluate := func(l layer, x []float64) []float64 {
		y := mat.NewVecDense(3, nil)
		y.MulVec(l.weight, mat.NewVecDense(3, x))
		for i, b := range l.bias {
			y.SetVec(i, y.AtVec(i)+b)
		}
		return y.RawVector().Data
	}

	choices := [][]float64{nil, {3}, {2, -1, 5}}
	for _, scale := range choices {
		for _, shift := range choices {
			for _, bias := range [][]float64{nil, {7, 8, 9}} {
				a := affine{scale, shift}
				fresh := func() layer { return layer{weight: dense(3, 3), bias: bias} }
				folded := fresh()
				a.after(&folded)
				checkNear(t, evaluate(folded, x), apply(a, evaluate(fresh(), x)), 0)
				folded = fresh()
				a.before(&folded)
				checkNear(t, evaluate(folded, x), evaluate(fresh(), apply(a, x)), 0)
				b := affine{[]float64{0.5}, []float64{1, 2, 4}}
				checkNear(t, apply(a.then(b), x), apply(b, apply(a, x)), 0)
			}
		}
	}
}
