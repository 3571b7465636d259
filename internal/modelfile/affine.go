package modelfile

import "gonum.org/v1/gonum/mat"

// affine is the map x ↦ scale·x + shift, entry by entry. A nil scale is 1, a nil shift 0; of one
// entry they hold for every entry of x.
type affine struct{ scale, shift []float64 }

// entry returns entry i of a scale or shift, or the value that stands for nil.
func entry(v []float64, i int, none float64) float64 {
	switch len(v) {
	case 0:
		return none
	case 1:
		return v[0]
	}
	return v[i]
}

func (a affine) isIdentity() bool { return a.scale == nil && a.shift == nil }

// then is the map a followed by b.
func (a affine) then(b affine) affine {
	n := max(len(a.scale), len(a.shift), len(b.scale), len(b.shift))
	c := affine{make([]float64, n), make([]float64, n)}
	for i := range n {
		c.scale[i] = entry(a.scale, i, 1) * entry(b.scale, i, 1)
		c.shift[i] = entry(a.shift, i, 0)*entry(b.scale, i, 1) + entry(b.shift, i, 0)
	}
	return c
}

// after folds the map into the layer whose outputs it takes: W ← diag(s)·W, b ← s·b + t.
func (a affine) after(l *layer) {
	if a.scale != nil {
		l.weight.Apply(func(i, _ int, w float64) float64 { return w * entry(a.scale, i, 1) }, l.weight)
	}
	if l.bias == nil && a.shift == nil {
		return
	}
	bias := make([]float64, l.out())
	for i := range bias {
		bias[i] = entry(l.bias, i, 0)*entry(a.scale, i, 1) + entry(a.shift, i, 0)
	}
	l.bias = bias
}

// before folds the map into the layer whose inputs it gives: b ← W·t + b, W ← W·diag(s).
func (a affine) before(l *layer) {
	if a.shift != nil {
		shift := mat.NewVecDense(l.in(), nil)
		for i := range l.in() {
			shift.SetVec(i, entry(a.shift, i, 0))
		}
		var shifted mat.VecDense
		shifted.MulVec(l.weight, shift)
		affine{shift: shifted.RawVector().Data}.after(l)
	}
	if a.scale != nil {
		l.weight.Apply(func(_, j int, w float64) float64 { return w * entry(a.scale, j, 1) }, l.weight)
	}
}
