package audit

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/liptrack/liptrack/internal/rounding"
)

// ball is the shape of the perturbations x′ = x + D·u with ‖u‖ ≤ s of a point x, where s is their
// size and D the diagonal matrix of unit: a 2-norm ball, or a box with its own ± for each feature.
type ball struct {
	box  bool      // ‖u‖ is the ∞-norm; otherwise the 2-norm
	unit []float64 // ≥ 0; a feature with unit 0 does not change
}

// dual returns the dual norm of w: how much a function of u with gradient w grows at most, to first
// order, for a u of size 1.
func (b ball) dual(w []float64) float64 {
	if b.box {
		return floats.Norm(w, 1)
	}
	return floats.Norm(w, 2)
}

// dualUp returns an upper bound of dual that includes rounding.
func (b ball) dualUp(w []float64) float64 {
	if b.box {
		return rounding.Norm1Up(w)
	}
	return rounding.Norm2Up(w)
}

// inTwo returns an upper bound of the 2-norm of every u of size 1. By the Cauchy–Schwarz
// inequality, ‖u‖₂ ≤ √d·‖u‖_∞ for the d features that change.
func (b ball) inTwo() float64 {
	if !b.box {
		return 1
	}
	return rounding.Up(math.Sqrt(float64(len(b.changing()))))
}

// changing lists the features that change.
func (b ball) changing() []int {
	var changing []int
	for i, v := range b.unit {
		if v > 0 {
			changing = append(changing, i)
		}
	}
	return changing
}

// steepestPoint writes to u the point of size s at which a function of u with gradient w is
// largest.
func (b ball) steepestPoint(u, w []float64, s float64) {
	if b.box {
		for i, v := range w {
			// Copysign also uses the sign of zero, but a feature with slope 0 should not move.
			u[i] = 0
			if v != 0 {
				u[i] = math.Copysign(s, v)
			}
		}

		return
	}

	clear(u)
	if n := floats.Norm(w, 2); n > 0 {
		floats.AddScaled(u, s/n, w)
	}
}

// move writes x + D·u to y.
func (b ball) move(y, x, u []float64) {
	for i, v := range x {
		y[i] = v + b.unit[i]*u[i]
	}
}

// perturbation returns in u the perturbation that moves x to y: (y − x)/D, and 0 where D is 0. It
// allocates u if it is nil.
func (b ball) perturbation(u, x, y []float64) []float64 {
	if u == nil {
		u = make([]float64, len(x))
	}

	for i := range u {
		u[i] = 0
		if b.unit[i] > 0 {
			u[i] = (y[i] - x[i]) / b.unit[i]
		}
	}

	return u
}

// shorten scales u back to the size s if it is larger; in a box it clips each feature.
func (b ball) shorten(u []float64, s float64) {
	if b.box {
		for i, v := range u {
			u[i] = min(max(v, -s), s)
		}

		return
	}

	if n := floats.Norm(u, 2); n > s {
		floats.Scale(s/n, u)
	}
}

// sizeOf returns an upper bound of the size of the perturbation from x to y, +Inf if a feature
// changed that must not.
func (b ball) sizeOf(x, y []float64) float64 {
	u := make([]float64, len(x))
	for i := range u {
		// A change of a feature that must not change lies outside every ball.
		switch d := math.Abs(y[i] - x[i]); {
		case d == 0:
		case b.unit[i] == 0:
			return math.Inf(1)
		default:
			u[i] = d / b.unit[i]
		}
	}

	if b.box {
		// The quotient was rounded once.
		return rounding.SumUp(floats.Max(u), 1)
	}

	return rounding.Norm2Up(u)
}
