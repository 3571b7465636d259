//go:build goexperiment.simd && amd64 && go1.26 && !go1.27

package vec

import "simd/archsimd"

func adamAVX2(s AdamStep[float32], theta, grad, mean, square []float32) {
	keep, decay := broadcast(s.Keep), broadcast(s.Decay)
	beta1, rest1 := broadcast(s.Beta1), broadcast(s.Rest1)
	beta2, rest2 := broadcast(s.Beta2), broadcast(s.Rest2)
	step, correction, epsilon := broadcast(s.Step), broadcast(s.Correction), broadcast(s.Epsilon)
	for len(theta) >= 8 {
		// Same order and same roundings as in the portable kernel.
		t := keep.Mul(load(theta))
		g := decay.MulAdd(t, load(grad))
		m := rest1.MulAdd(g, beta1.Mul(load(mean)))
		v := rest2.Mul(g).MulAdd(g, beta2.Mul(load(square)))
		m.StoreSlice(mean)
		v.StoreSlice(square)

		divisor := v.Sqrt().Div(correction).Add(epsilon)
		t.Sub(step.Mul(m).Div(divisor)).StoreSlice(theta)
		theta, grad, mean, square = theta[8:], grad[8:], mean[8:], square[8:]
	}

	archsimd.ClearAVXUpperBits()
	adam(s, theta, grad, mean, square)
}
