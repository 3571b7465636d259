package vec

import "math"

// AdamStep holds the coefficients of one update by Adam (Kingma and Ba 2015) or AdamW
// (Loshchilov and Hutter 2019). In this order, with the operations rounded as PyTorch 1.13
// rounds them,
//
//	θ ← Keep·θ
//	g ← g + Decay·θ
//	m ← Beta1·m + Rest1·g
//	v ← Beta2·v + Rest2·g²
//	θ ← θ − Step·m/(√v/Correction + Epsilon)
type AdamStep[T Float] struct {
	// Keep is 1 − rate·decay in AdamW and 1 in Adam; Decay is the weight decay in Adam and 0 in
	// AdamW.
	Keep, Decay T
	// Beta1 and Beta2 are the decay rates of the moments, Rest1 is 1 − Beta1, Rest2 is 1 − Beta2.
	Beta1, Beta2, Rest1, Rest2 T
	// In update t, Step is the learning rate over 1 − Beta1^t, and Correction is √(1 − Beta2^t).
	Step, Correction, Epsilon T
}

func adam[T Float](s AdamStep[T], theta, grad, mean, square []T) {
	for i, g := range grad {
		// The conversion forces rounding; without it a compiler may fuse the product with a later
		// sum.
		t := T(s.Keep * theta[i])
		g = MulAdd(s.Decay, t, g)
		m := MulAdd(s.Rest1, g, s.Beta1*mean[i])
		v := MulAdd(s.Rest2*g, g, s.Beta2*square[i])
		mean[i], square[i] = m, v

		root := T(math.Sqrt(float64(v)))
		theta[i] = t - s.Step*m/(root/s.Correction+s.Epsilon)
	}
}
