package bounds

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// cell is a convex region of space with an interior, {x : g·(x, 1) > 0 for every wall g},
// represented as a cone in homogeneous coordinates. Walls are unit vectors; the first wall requires
// the last coordinate to be positive.
type cell struct {
	walls   [][]float64
	basis   [][]float64 // orthonormal basis of the span of the walls
	witness []float64   // a unit vector inside the cone
}

// wholeSpace returns the cell of all points in n dimensions.
func wholeSpace(n int) cell {
	last := make([]float64, n+1)
	last[n] = 1
	return cell{
		walls:   [][]float64{last},
		basis:   [][]float64{last},
		witness: last,
	}
}

const (
	// A cell's witness is reused for a part if it is at least this far inside the new wall.
	clearlyInside = 1e-6
	// A wall at this angle to the span of the others has points of the cell on both sides.
	clearlyFree = 1e-3
	// thinnest is the inner radius above which a cone is always found: its square must exceed
	// rounding errors.
	thinnest = 1e-7
)

// cutCell returns the part of the cell on one side (1 or −1) of the hyperplane with coordinates
// row. ok is false if that part is empty or too thin to be found.
func (c cell) cutCell(row []float64, side float64) (part cell, ok bool) {
	wall := scaledVector(side/floats.Norm(row, 2), row)
	part = cell{append(slices.Clip(c.walls), wall), c.basis, c.witness}

	free := slices.Clone(wall) // minus its projection onto the span of the walls
	// Orthogonalise twice to remove rounding errors.
	for range 2 {
		for _, b := range c.basis {
			floats.AddScaled(free, -floats.Dot(b, free), b)
		}
	}

	// A wall outside the span of the others does not make the cell empty: any point can be moved
	// along free to the wall's inner side.
	angle := floats.Norm(free, 2)
	if angle > clearlyFree {
		part.basis = append(slices.Clip(c.basis), scaledVector(1/angle, free))
	}

	switch behind := floats.Dot(wall, c.witness); {
	case behind > clearlyInside:
		return part, true
	case angle > clearlyFree: // moving along free keeps the witness's distance to the other walls
		part.witness = slices.Clone(c.witness)
		floats.AddScaled(part.witness, (angle/2-behind)/(angle*angle), free)
		floats.Scale(1/floats.Norm(part.witness, 2), part.witness)
		return part, true
	}

	// The cheap cases have failed: solve for a point inside the cone.
	part.witness, _, ok = insideCone(part.walls)

	return part, ok
}

// insideCone returns a unit vector whose products with the unit vectors g are all clearly positive.
// ok is false if it finds none; then y ≥ 0 and Σ y_i g_i is 0 up to rounding errors.
//
// Such a vector exists if and only if 0 is not in the convex hull of the g (P. Gordan, 1873). The
// point of the hull nearest to 0 then is one, up to a factor, and maximises the smallest product.
func insideCone(g [][]float64) (x, y []float64, ok bool) {
	// If 0 is inside the hull, x is 0 or noise, and some product below comes out too small.
	x, y = nearestToOrigin(g)
	norm := floats.Norm(x, 2)
	if !(norm > 0) {
		return nil, y, false
	}
	floats.Scale(1/norm, x)
	least := math.Inf(1)
	for _, wall := range g {
		least = min(least, floats.Dot(wall, x))
	}
	return x, y, least >= thinnest/100
}
