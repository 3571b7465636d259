// Package vec provides elementwise arithmetic on slices of float32 and float64, on which training
// and measuring spend their time apart from matrix products.
//
// Every function has a portable form. If the compiler offers SIMD intrinsics (Go 1.26 with
// GOEXPERIMENT=simd, on amd64) and the processor has AVX2 and FMA, some have a second form. Both
// return the same bits, except for NaN payloads, on every platform, so results never depend on
// which one is in use.
//
// It knows nothing of matrices, networks or files, and imports only the standard library.
// Every package may import it.
//
// If a function takes several slices, the first determines the length. A shorter one panics, and
// the excess of a longer one is ignored. Slices are the same or do not overlap.
package vec

// Float is either precision.
type Float interface{ float32 | float64 }

// Name returns the kernels in use: "AVX2" or "portable".
func Name() string { return name }

// Exp replaces each x[i] by its exponential. In float32 it is SLEEF's expf (Shibata and
// Petrogalli 2020), which PyTorch uses, with an error below 1 unit in the last place; in float64
// it is math.Exp.
func Exp[T Float](x []T) { active[T]().exp(x) }

// ReLU replaces each z[i] by max(z[i], 0) and stores the derivative, 1 where z[i] > 0 and 0
// elsewhere, in slope[i]; if slope is nil, only the values are computed. −0 becomes 0; NaN stays as
// it is, with slope 1.
func ReLU[T Float](z, slope []T) {
	if slope != nil {
		slope = first(slope, len(z))
	}
	active[T]().relu(z, slope)
}

// Gate clears every y[i] whose x[i] is at most 0, which NaN is not. If x holds the outputs of ReLU,
// it turns the gradient with respect to the outputs into the gradient with respect to the inputs.
func Gate[T Float](y, x []T) {
	active[T]().gate(y, first(x, len(y)))
}

// Add adds x to y.
func Add[T Float](y, x []T) {
	active[T]().add(y, first(x, len(y)))
}

// Mul multiplies each y[i] by x[i].
func Mul[T Float](y, x []T) {
	active[T]().mul(y, first(x, len(y)))
}

// Scale multiplies y by alpha.
func Scale[T Float](y []T, alpha T) {
	active[T]().scale(y, alpha)
}

// AddScaled adds alpha·x to y, rounding as MulAdd does.
func AddScaled[T Float](y []T, alpha T, x []T) {
	active[T]().addScaled(y, alpha, first(x, len(y)))
}

// ScaledDifference replaces each y[i] by alpha·(y[i] − x[i]), computed as alpha·y[i] − alpha·x[i]:
// the second product is rounded, the rest is rounded as MulAdd does.
func ScaledDifference[T Float](y []T, alpha T, x []T) {
	active[T]().scaledDifference(y, alpha, first(x, len(y)))
}

// Adam updates theta and the moments of its gradient by one step.
func Adam[T Float](s AdamStep[T], theta, grad, mean, square []T) {
	n := len(theta)
	active[T]().adam(s, theta, first(grad, n), first(mean, n), first(square, n))
}

// first returns the first n numbers of x. It panics if there are fewer, regardless of capacity.
func first[T any](x []T, n int) []T {
	return x[:n:len(x)]
}
