package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/rounding"
)

// space is the set of all u in which regions lie: the whole space, a ball or a box around 0.
type space struct {
	n      int
	radius float64   // of the ball; +Inf if there is none
	box    []float64 // half-widths; nil if there is none
}

// mostCoordinates is the largest number of coordinates in which regions are examined. In more
// coordinates every region stays lost.
const mostCoordinates = 100

func (s *space) blind() bool {
	return s.n > mostCoordinates
}

// bounded reports whether the space is a ball or a box.
func (s *space) bounded() bool {
	return s.box != nil || !math.IsInf(s.radius, 1)
}

// halfspace is {u : row·(u, 1) ≥ 0}; entry k of the exact row is within err[k] of row[k].
type halfspace struct {
	row, err []float64
	outside  bool // it contains the whole space
}

// facing returns the halfspace for side 1, and the opposite halfspace of the same wall for side −1.
func (h halfspace) facing(side float64) halfspace {
	return halfspace{row: scaledVector(side, h.row), err: h.err}
}

// region is the intersection of some halfspaces of a space. It has a witness inside unless it is
// lost: then neither a point inside nor a proof of emptiness was found.
type region struct {
	cell
	lost   bool
	halves []halfspace // one for each wall of the cell; the first is the wall at infinity
}

// verdict is what is known about a region after a cut.
type verdict int

const (
	open    verdict = iota // a point inside was found
	unknown                // neither a point nor a proof was found
	empty                  // it is proved to have no interior
)

// whole returns the region that contains the whole space.
func (s *space) whole() region {
	r := region{cell: wholeSpace(s.n), lost: s.blind()}
	r.halves = []halfspace{{r.walls[0], make([]float64, s.n+1), true}}
	if !s.bounded() || r.lost {
		return r
	}

	// A bounded space has walls all around. They span all coordinates, so no wall is ever free.
	r.basis = nil
	for k := range s.n + 1 {
		axis := make([]float64, s.n+1)
		axis[k] = 1
		r.basis = append(r.basis, axis)
	}

	for k := range s.n {
		half := s.radius
		if s.box != nil {
			half = s.box[k]
		}

		for _, side := range []float64{1, -1} {
			row := make([]float64, s.n+1)
			row[k], row[s.n] = side, half
			r.surround(row)
		}
	}

	return r
}

// addWall adds the wall of the last halfspace to the cell.
func (r *region) addWall() {
	row := r.halves[len(r.halves)-1].row
	r.walls = append(slices.Clip(r.walls), scaledVector(1/floats.Norm(row, 2), row))
}

// surround adds a halfspace that contains the whole space.
func (r *region) surround(row []float64) {
	r.halves = append(slices.Clip(r.halves), halfspace{row, make([]float64, len(row)), true})
	r.addWall()
}

// cutRegion returns the part of a region in a halfspace.
func (s *space) cutRegion(r region, h halfspace) (part region, v verdict) {
	size := floats.Norm(h.row, 2)
	if s.blind() || !(size > 0) || math.IsInf(size, 1) {
		return r, unknown
	}

	part = r
	part.halves = append(slices.Clip(r.halves), h)
	var ok bool
	var weights []float64
	// A lost region has no witness from which its cell could be cut, so only the wall is added.
	if r.lost {
		part.addWall()
	} else {
		part.cell, ok = r.cell.cutCell(h.row, 1)
	}

	if !ok {
		part.witness, weights, ok = insideCone(part.walls)
	}

	ok, weights = s.pullIn(&part, ok, weights)
	switch part.lost = !ok; {
	case ok:
		return part, open
	case s.refutes(part, weights):
		return part, empty
	}

	return part, unknown
}

// pullIn moves the witness of a region into the ball. While the witness is outside, pullIn adds the
// wall that touches the ball in its direction.
func (s *space) pullIn(r *region, ok bool, weights []float64) (bool, []float64) {
	const most = 30           // walls
	const rounded = 1 + 1e-12 // exceeds the length of the rounded direction
	if s.box != nil || !s.bounded() {
		return ok, weights
	}

	for range most {
		if !ok {
			return false, weights
		}

		point := s.point(*r)
		size := floats.Norm(point, 2)
		if size < s.radius {
			return true, nil
		}

		// The tangent halfspace {u : −u·point/size + radius ≥ 0} contains the whole ball, but not
		// the point.
		row := make([]float64, s.n+1)
		floats.ScaleTo(row[:s.n], -1/size, point)
		row[s.n] = s.radius * rounded
		r.surround(row)
		r.witness, weights, ok = insideCone(r.walls)
	}

	return false, weights
}

// point returns the witness of a region as a point of the space.
func (s *space) point(r region) []float64 {
	return scaledVector(1/r.witness[s.n], r.witness[:s.n])
}

// refutes reports whether a region is proved to have no interior, given weights with which its
// walls sum to about 0.
func (s *space) refutes(r region, weights []float64) bool {
	if weights == nil {
		return false
	}
	if !s.bounded() {
		return refutesEverywhere(r, weights)
	}
	return s.refutesWithin(r, weights) || refutesEverywhere(r, weights) || refutesUnbounded(r)
}

// refutesUnbounded reports whether a region of a bounded space is proved to be empty even without
// the walls of the space. If the kinks of several units meet in a point of the region, no
// combination of halfspaces is negative there.
func refutesUnbounded(r region) bool {
	var inner region
	for i, h := range r.halves {
		if i == 0 || !h.outside {
			inner.walls = append(inner.walls, r.walls[i])
			inner.halves = append(inner.halves, h)
		}
	}

	_, weights, ok := insideCone(inner.walls)
	return !ok && refutesEverywhere(inner, weights)
}

// refutesWithin reports whether a combination Σ y·(row·(u, 1)) of halfspaces is proved to be
// negative in the whole space, although it is ≥ 0 in their intersection. This needs only an upper
// bound on the combination.
func (s *space) refutesWithin(r region, weights []float64) bool {
	sum, err, size := make([]float64, s.n+1), make([]float64, s.n+1), make([]float64, s.n+1)
	terms := 0
	// Walls around the whole space prove nothing, and the bound on the sum already accounts for
	// them.
	for i, y := range weights {
		h := r.halves[i]
		if h.outside || y == 0 {
			continue
		}
		terms++
		y /= floats.Norm(h.row, 2)
		for k, v := range h.row {
			sum[k] += y * v
			size[k] += math.Abs(y * v)
			err[k] += y * h.err[k]
		}
	}

	for k := range sum {
		rounded := rounding.Gamma(terms+2) * rounding.SumUp(size[k], terms)
		err[k] = rounding.SumUp(err[k]+rounded, terms+2)
	}

	reach := make([]float64, s.n) // |sum| in every coordinate
	for k := range reach {
		reach[k] = rounding.AddUp(math.Abs(sum[k]), err[k])
	}

	// The largest |sum·u| over the space; in a ball by the Cauchy–Schwarz inequality.
	most := 0.0
	if s.box != nil {
		for k, v := range reach {
			most += v * s.box[k]
		}
	} else {
		most = floats.Norm(reach, 2) * s.radius
	}

	return rounding.SumUp(most+err[s.n], s.n+4) < -sum[s.n]
}

// refutesEverywhere reports whether Σ y·row = 0 is proved for some y > 0 near the weights, so that
// no point is inside all the halfspaces. It takes the rows with nonzero weights, at the m
// coordinates in which any of them is not 0. If there are m + 1 rows, set y = 1 for the last one;
// then A·y′ = b determines y′ for the others. With an approximate inverse R and solution ŷ,
//
//	|y′ − ŷ| ≤ ‖R(b − Aŷ)‖_∞ / (1 − ‖I − RA‖_∞)
//
// in every entry, if the denominator is positive; ŷ must exceed this bound.
func refutesEverywhere(r region, weights []float64) bool {
	const noise = 1e-13 // rounding errors of weights that should be 0
	least := noise * floats.Max(weights)
	var rows []halfspace
	for i, y := range weights {
		if !(y <= least) {
			rows = append(rows, r.halves[i])
		}
	}

	if len(rows) == 0 {
		return false
	}

	var coordinates []int
	for k := range rows[0].row {
		used := func(h halfspace) bool {
			return h.row[k] != 0 || h.err[k] != 0
		}
		if slices.ContainsFunc(rows, used) {
			coordinates = append(coordinates, k)
		}
	}

	// Only for a square system can an approximate inverse prove a solution.
	m := len(coordinates)
	if m == 0 || len(rows) != m+1 {
		return false
	}

	a, errors := mat.NewDense(m, m, nil), mat.NewDense(m, m, nil)
	b, offB := mat.NewVecDense(m, nil), mat.NewVecDense(m, nil)
	for c, h := range rows {
		size := floats.Norm(h.row, 2)
		_, exponent := math.Frexp(size)
		scale := math.Ldexp(1, -exponent) // exact; a row may have any size
		for row, k := range coordinates {
			if c == m {
				b.SetVec(row, -scale*h.row[k])
				offB.SetVec(row, scale*h.err[k]+rounding.Tiny)
				continue
			}

			a.Set(row, c, scale*h.row[k])
			errors.Set(row, c, scale*h.err[k]+rounding.Tiny)
		}
	}

	return surelyPositive(a, errors, b, offB)
}

// surelyPositive reports whether the solution of A·y = b is proved to be positive in every entry,
// for every A and b whose entries are within the given errors.
func surelyPositive(a, errors *mat.Dense, b, offB *mat.VecDense) bool {
	var inverse mat.Dense
	// Gonum's error may only report ill-conditioning. Any finite R will do: the proof follows
	// below.
	err := inverse.Inverse(a)
	if err != nil && !finiteMatrix(&inverse) {
		return false
	}

	m, _ := a.Dims()
	gamma := 2 * rounding.Gamma(m+4)
	absolute, absoluteA := magnitudes(&inverse), magnitudes(a)

	// ‖I − RA‖
	var product, off, size mat.Dense
	product.Mul(&inverse, a)
	size.Mul(absolute, absoluteA)
	off.Mul(absolute, errors)
	contraction := 0.0
	for i := range m {
		sum := 0.0
		for j := range m {
			v := product.At(i, j)
			if i == j {
				v--
			}

			sum += math.Abs(v) + gamma*(1+size.At(i, j)) + off.At(i, j)
		}

		contraction = max(contraction, rounding.SumUp(sum, 4*m))
	}

	// If the contraction is below 1, the solution exists and is unique for every A within the
	// errors. A NaN proves nothing.
	if !(contraction < 0.5) {
		return false
	}

	var y mat.VecDense
	y.MulVec(&inverse, b)
	for i := range m {
		if !(y.AtVec(i) > 0) {
			return false
		}
	}

	// |R(b − Aŷ)|
	var residual, bulk, spread mat.VecDense
	residual.MulVec(a, &y)
	residual.SubVec(b, &residual)
	bulk.MulVec(absoluteA, &y)
	spread.MulVec(errors, &y)
	for i := range m {
		v := math.Abs(residual.AtVec(i)) + gamma*(bulk.AtVec(i)+math.Abs(b.AtVec(i)))
		residual.SetVec(i, rounding.SumUp(v+spread.AtVec(i)+offB.AtVec(i), 4*m))
	}

	var distance mat.VecDense
	distance.MulVec(absolute, &residual)
	const divided = 1 + 0x1p-40 // covers the rounding error of the division
	most := rounding.SumUp(mat.Max(&distance), m) / (1 - contraction) * divided

	return mat.Min(&y) > most
}

func finiteMatrix(a *mat.Dense) bool {
	if a.IsEmpty() {
		return false
	}
	norm := linalg.FrobeniusNorm(a)
	return norm-norm == 0
}

// affine holds a layer's pre-activations as affine functions on a region: a row of homogeneous
// coordinates for each unit, with bounds on its errors.
type affine struct{ rows, err *mat.Dense }

func newAffine(units, coordinates int) affine {
	return affine{mat.NewDense(units, coordinates, nil), mat.NewDense(units, coordinates, nil)}
}

// half returns the halfspace in which unit j is active.
func (a affine) half(j int) halfspace {
	return halfspace{row: a.rows.RawRowView(j), err: a.err.RawRowView(j)}
}

// isConstant reports whether unit j does not depend on u.
func (a affine) isConstant(j int) bool {
	row, err := a.rows.RawRowView(j), a.err.RawRowView(j)
	for k := range len(row) - 1 {
		if row[k] != 0 || err[k] != 0 {
			return false
		}
	}
	return true
}

// throughLayer returns the pre-activations of the next layer l for units with the given slopes. The
// bias is divided by unit, a power of 2, and added to the constants.
func (a affine) throughLayer(slopes []float64, l *mat.Dense, bias []float64, unit float64) affine {
	units, in := l.Dims()
	_, coordinates := a.rows.Dims()
	next := newAffine(units, coordinates)
	for j := range units {
		w := l.RawRowView(j)
		to, err := next.rows.RawRowView(j), next.err.RawRowView(j)
		for k := range coordinates {
			// A coefficient without any nonzero term is exactly 0, and isConstant relies on that,
			// so no error is added to it.
			sum, size, off, zero := 0.0, 0.0, 0.0, true
			for c, v := range w {
				v *= slopes[c]
				value, slack := a.rows.At(c, k), a.err.At(c, k)
				zero = zero && (w[c] == 0 || slopes[c] == 0 || value == 0 && slack == 0)
				sum += v * value
				size += math.Abs(v * value)
				off += math.Abs(v) * slack
			}

			if k == coordinates-1 && bias != nil {
				sum += bias[j] / unit
				size += math.Abs(bias[j] / unit)
				zero = zero && bias[j] == 0
			}

			to[k] = sum
			if !zero {
				rounded := rounding.Gamma(in+4) * rounding.SumUp(size, in+4)
				err[k] = rounding.SumUp(off+rounded, in+4)
			}
		}
	}

	return next
}
