package network

import (
	"math"

	"github.com/liptrack/liptrack/internal/rounding"
)

// Range is an interval [Low, High] of slopes of a neuron's activation.
type Range struct{ Low, High float64 }

const (
	// roundings exceeds the number of roundings in an activation or its derivative, each relative
	// to the magnitudes that meet in it.
	roundings = 16
	// underflow exceeds the loss where e^−z or a product underflows.
	underflow = 0x1p-1060
	// turnError bounds the error of the turns in the table.
	turnError = 1e-9
)

// SlopesOn returns a range that holds the derivative at every point of [low, high], whatever the
// rounding. A smooth derivative takes its extremes at the ends or at its turns, which the table
// lists. If it lists none, or an end is NaN, SlopesOn returns the range over all inputs.
func (a Activation) SlopesOn(low, high float64) Range {
	var all Range
	all.Low, all.High = a.SlopeRange()
	row := activations[a.kind]

	// Piecewise linear activations have two slopes; 0 belongs to both sides.
	switch {
	case !(low <= high): // NaN
		return all
	case row.piecewise && a.kind != identity && high <= 0:
		return Range{a.slope, a.slope} // 0 for relu
	case row.piecewise && low >= 0:
		return Range{1, 1}
	case row.piecewise || row.turns == nil || derivatives[a.kind] == nil:
		return all
	}

	// The largest finite number can stand for an infinite end, since the slopes there are at their
	// limits.
	extremes := []float64{max(low, -math.MaxFloat64), min(high, math.MaxFloat64)}
	for _, t := range row.turns {
		if low-turnError <= t && t <= high+turnError {
			extremes = append(extremes, t)
		}
	}

	slopes := Range{math.Inf(1), math.Inf(-1)}
	for _, z := range extremes {
		slope, magnitude := derivatives[a.kind](z)
		off := roundings*rounding.Unit*magnitude + underflow
		slopes.Low = min(slopes.Low, slope-off)
		slopes.High = max(slopes.High, slope+off)
	}

	return Range{max(slopes.Low, all.Low), min(slopes.High, all.High)}
}

// ValueError bounds the rounding error of [Apply] in float64 at z, given the value computed there.
func (a Activation) ValueError(z, value float64) float64 {
	switch {
	case a.kind == identity || a.kind == relu:
		return 0
	case a.kind == gelu: // e^(−z²/2) multiplies the error of its argument
		return roundings*rounding.Unit*(1+z*z)*math.Abs(value) + underflow
	}
	return roundings*rounding.Unit*math.Abs(value) + underflow
}

// derivatives holds the derivatives of the smooth activations, in forms that stay accurate where
// they are small, with the sum of the magnitudes that meet in each: its error is at most that many
// units, [roundings] times.
var derivatives = map[activationKind]func(z float64) (slope, magnitude float64){
	tanh: func(z float64) (float64, float64) {
		e := math.Exp(-2 * math.Abs(z))
		s := 4 * e / ((1 + e) * (1 + e))
		return s, s
	},
	sigmoid: func(z float64) (float64, float64) {
		s := logistic(z) * logistic(-z)
		return s, s
	},
	gelu: func(z float64) (float64, float64) {
		cdf := 0.5 * math.Erfc(-z/math.Sqrt2)
		along := z * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)

		// Errors of the arguments of erfc and exp are multiplied by about z². Beyond 40 both are
		// constant.
		amplified := math.Abs(along)
		if z < 0 {
			amplified += cdf
		}

		const far = 40
		square := min(math.Abs(z), far) * min(math.Abs(z), far)
		return cdf + along, cdf + math.Abs(along) + square*amplified
	},
	silu: func(z float64) (float64, float64) {
		s, t := logistic(z), math.Abs(z)*logistic(-z)
		if z < 0 {
			return s * (1 - t), s * (1 + t)
		}
		return s * (1 + t), s * (1 + t)
	},
	softplus: func(z float64) (float64, float64) {
		s := logistic(z)
		return s, s
	},
}
