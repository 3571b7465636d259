package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
)

// enumeration visits the affine regions of a network depth first, unit by unit. An affine function
// of the inputs is a row of homogeneous coordinates: its coefficients and its constant.
type enumeration struct {
	layers  []flatLayer
	best    float64 // the largest ‖J‖ found
	regions int     // number found; regions of the outputs are distinguished only if they can raise best
}

// flatLayer is a layer whose slope is 1 for positive pre-activations.
type flatLayer struct {
	weight   *mat.Dense
	bias     []float64
	negative float64 // slope for negative pre-activations
	scale    int     // pre-activations are the network's, divided by 2^scale
}

func (l flatLayer) slope(preactivation float64) float64 {
	if preactivation > 0 {
		return 1
	}
	return l.negative
}

func (e *enumeration) enumerateRegions() {
	_, n := e.layers[0].weight.Dims()
	inputs := mat.NewDense(n, n+1, nil)
	for i := range n {
		inputs.Set(i, i, 1)
	}
	e.enter(0, inputs, wholeSpace(n))
}

// enter visits the regions within a cell on which the inputs of layer i are affine.
func (e *enumeration) enter(i int, inputs *mat.Dense, c cell) {
	l := e.layers[i]
	z := new(mat.Dense)
	z.Mul(l.weight, inputs)
	units, coordinates := z.Dims()
	for j, b := range l.bias {
		z.Set(j, coordinates-1, z.At(j, coordinates-1)+b)
	}

	// Regions of the outputs are distinguished only if one of them could raise the largest norm.
	last := i+1 == len(e.layers)
	if last && e.hopeless(z, l) {
		e.regions++
		return
	}

	slopes := slices.Repeat([]float64{1}, units)
	if l.negative == 1 { // no kink, no regions
		e.leave(i, z, slopes, c)
		return
	}

	const roundings = 1e-13 // of coefficients that should be zero
	noise := roundings * mat.Norm(l.weight, 2) * mat.Norm(coefficients(inputs), 2)
	e.split(i, z, slopes, 0, noise, c)
}

// hopeless reports whether no slopes of the outputs z can raise best.
func (e *enumeration) hopeless(z *mat.Dense, l flatLayer) bool {
	return max(1, math.Abs(l.negative))*linalg.SpectralNorm(coefficients(z)) <= e.best
}

// split branches on the signs of the pre-activations z of layer i, from unit j on. A unit whose
// coefficients are only noise is constant.
func (e *enumeration) split(i int, z *mat.Dense, slopes []float64, j int, noise float64, c cell) {
	if j == len(slopes) {
		e.leave(i, z, slopes, c)
		return
	}

	row := z.RawRowView(j)
	constant := row[len(row)-1]
	if floats.Norm(row[:len(row)-1], 2) <= noise {
		slopes[j] = e.layers[i].slope(constant)
		e.split(i, z, slopes, j+1, noise, c)
		return
	}

	for _, side := range []float64{1, -1} {
		part, ok := c.cutCell(row, side)
		if ok {
			slopes[j] = e.layers[i].slope(side)
			e.split(i, z, slopes, j+1, noise, part)
		}
	}
}

// leave continues after layer i, whose pre-activations z have the given slopes.
func (e *enumeration) leave(i int, z *mat.Dense, slopes []float64, c cell) {
	var outputs mat.Dense
	outputs.Mul(mat.NewDiagDense(len(slopes), slopes), z)
	if i+1 < len(e.layers) {
		e.enter(i+1, &outputs, c)
		return
	}
	e.regions++
	e.best = max(e.best, linalg.SpectralNorm(coefficients(&outputs)))
}

// coefficients returns a view of rows of homogeneous coordinates, without the constants.
func coefficients(rows *mat.Dense) *mat.Dense {
	r, c := rows.Dims()
	return rows.Slice(0, r, 0, c-1).(*mat.Dense)
}
