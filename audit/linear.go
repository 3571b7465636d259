package audit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rounding"
	"github.com/liptrack/liptrack/network"
)

// linear is the part of a layer before its activation: a matrix, another linear map, or a max pool.
type linear struct {
	weight *mat.Dense       // nil unless written out; entries correct to one rounding
	of     network.Linear   // nil for a matrix or a pool
	pool   *network.MaxPool // nil for a linear map
	bias   []float64        // correct to one rounding; nil if there is none

	abs      *mat.Dense     // absolute values of the weight
	absOf    network.Linear // absolute values of the map of
	rowNorms []float64      // ≥ the 2-norms of the rows; 1 for a pool
}

func newLinear(weight *mat.Dense, bias []float64) linear {
	out, _ := weight.Dims()
	l := linear{
		weight:   weight,
		bias:     bias,
		abs:      new(mat.Dense),
		rowNorms: make([]float64, out),
	}
	l.abs.Apply(func(_, _ int, v float64) float64 {
		return math.Abs(v)
	}, weight)
	for i := range l.rowNorms {
		l.rowNorms[i] = rounding.Norm2Up(weight.RawRowView(i))
	}
	return l
}

// linearOf returns the part before the activation of a layer of any kind.
func linearOf(l network.Layer) linear {
	if l.Weight != nil {
		return newLinear(l.Weight, l.Bias)
	}

	a := linear{
		of:       l.Map,
		pool:     l.Pool,
		bias:     l.Bias,
		rowNorms: make([]float64, l.Out()),
	}
	// The maximum of a window changes by no more than its inputs, so 1 is right for a pool.
	for i := range a.rowNorms {
		a.rowNorms[i] = 1
	}

	if l.Map != nil {
		a.absOf = l.Map.Mapped(math.Abs)
		for i := range a.rowNorms {
			var row []float64
			l.Map.Row(i, func(_ int, v float64) { row = append(row, v) })
			a.rowNorms[i] = rounding.Norm2Up(row)
		}
	}

	return a
}

// dims returns the numbers of outputs and inputs.
func (l linear) dims() (out, in int) {
	switch {
	case l.weight != nil:
		return l.weight.Dims()
	case l.pool != nil:
		return l.pool.Out(), l.pool.In
	}
	return l.of.Dims()
}

// terms returns an upper bound of the number of roundings in an output: products, sums and, in a
// map made of blocks or an average, a few more.
func (l linear) terms() int {
	_, in := l.dims()
	if l.weight == nil {
		return in + 8
	}
	return in
}

// apply writes the outputs for the inputs x to z, without the bias.
func (l linear) apply(x, z []float64) {
	switch {
	case l.weight != nil:
		out, in := l.weight.Dims()
		mat.NewVecDense(out, z).MulVec(l.weight, mat.NewVecDense(in, x))
	case l.pool != nil:
		for i, window := range l.pool.Windows {
			z[i] = largestIn(window, x)
		}
	default:
		l.of.Apply(x, z, 1)
	}
}

// spreadOut propagates bounds on the errors of the inputs, the columns of terms, to bounds on the
// errors of the outputs: |W| times each column. For a pool it takes the maximum over each window,
// since the error of a maximum is at most the largest error in its window.
func (l linear) spreadOut(terms *mat.Dense) *mat.Dense {
	out, in := l.dims()
	_, cols := terms.Dims()
	sums := mat.NewDense(out, cols, nil)

	if l.weight != nil {
		sums.Mul(l.abs, terms)
		return sums
	}

	// The other maps take points as rows. Columns of zeros stay zeros.
	var used []int
	var x []float64
	for c := range cols {
		column := mat.Col(nil, c, terms)
		if slices.ContainsFunc(column, func(v float64) bool {
			return v != 0
		}) {
			used = append(used, c)
			x = append(x, column...)
		}
	}

	y := make([]float64, len(used)*out)
	if l.pool == nil && len(used) > 0 {
		l.absOf.Apply(x, y, len(used))
	}

	for i, c := range used {
		if l.pool != nil {
			l.apply(row(x, i, in), row(y, i, out))
		}
		sums.SetCol(c, row(y, i, out))
	}

	return sums
}

// duals returns, for each output of the first layer, an upper bound of its change for a u of size 1
// in the ball.
func (l linear) duals(b ball) []float64 {
	duals := make([]float64, len(l.rowNorms))

	switch {
	case l.pool != nil:
		for i, window := range l.pool.Windows {
			duals[i] = largestIn(window, b.unit)
		}
	case l.weight != nil:
		scaled := scaledColumns(l.weight, b.unit)
		for i := range duals {
			duals[i] = rounding.SumUp(b.dualUp(scaled.RawRowView(i)), 1)
		}
	default:
		for i := range duals {
			var row []float64
			l.of.Row(i, func(j int, v float64) {
				row = append(row, v*b.unit[j])
			})
			duals[i] = rounding.SumUp(b.dualUp(row), 1)
		}
	}

	return duals
}

// largestIn returns the largest of the numbers at the given indices.
func largestIn(places []int32, v []float64) float64 {
	most := v[places[0]]
	for _, j := range places[1:] {
		most = max(most, v[j])
	}
	return most
}
