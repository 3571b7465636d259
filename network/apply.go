package network

import (
	"math"

	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/vec"
)

// Apply replaces each pre-activation z[i] by φ(z[i]) and stores the derivative φ′(z[i]) in
// slope[i]; if slope is nil, it computes the values only. At a kink the derivative is the left one,
// 0 for ReLU, as in PyTorch.
func Apply[T linalg.Float](a Activation, z, slope []T) {
	switch a.kind {
	case identity:
		for i := range slope {
			slope[i] = 1
		}
	case relu:
		vec.ReLU(z, slope)
	case leakyReLU:
		applyLeakyReLU(T(a.slope), z, slope)
	default:
		applySmooth(smooth[a.kind], z, slope)
	}
}

func applyLeakyReLU[T linalg.Float](negative T, z, slope []T) {
	for i, v := range z {
		s := T(1)
		if !(v > 0) { // also NaN, which stays NaN
			s = negative
		}

		z[i] = s * v
		if slope != nil {
			slope[i] = s
		}
	}
}

// smooth holds the differentiable activations as functions of a pre-activation that return
// value and derivative.
var smooth = map[activationKind]func(z float64) (value, slope float64){
	tanh: func(z float64) (float64, float64) {
		t := math.Tanh(z)
		return t, 1 - t*t
	},
	sigmoid: func(z float64) (float64, float64) {
		s := logistic(z)
		return s, s * logistic(-z)
	},
	gelu: func(z float64) (float64, float64) {
		cdf := 0.5 * math.Erfc(-z/math.Sqrt2)
		density := math.Exp(-z*z/2) / math.Sqrt(2*math.Pi)
		return z * cdf, cdf + z*density
	},
	silu: func(z float64) (float64, float64) {
		s := logistic(z)
		return z * s, s * (1 + z*logistic(-z))
	},
	softplus: func(z float64) (float64, float64) {
		// log(1 + e^z) without overflow for large z.
		return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))), logistic(z)
	},
}

func applySmooth[T linalg.Float](f func(float64) (float64, float64), z, slope []T) {
	for i, v := range z {
		value, d := f(float64(v))
		z[i] = T(value)
		if slope != nil {
			slope[i] = T(d)
		}
	}
}

// logistic returns 1/(1+e^−z), accurate for both signs.
func logistic(z float64) float64 {
	// exp of a large positive number would overflow, and 1 + e^z would lose a small e^z.
	if z >= 0 {
		return 1 / (1 + math.Exp(-z))
	}
	e := math.Exp(z)
	return e / (1 + e)
}
