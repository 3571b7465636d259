package vec

// kernels are the functions behind the exported ones, for one precision. Callers have checked that
// all slices have the same length, except that slope may be nil.
type kernels[T Float] struct {
	exp              func(x []T)
	relu             func(z, slope []T)
	gate, add, mul   func(y, x []T)
	scale            func(y []T, alpha T)
	addScaled        func(y []T, alpha T, x []T)
	scaledDifference func(y []T, alpha T, x []T)
	adam             func(s AdamStep[T], theta, grad, mean, square []T)
	nonZero          func(dst []int32, x []T) int
}

func portable[T Float]() kernels[T] {
	return kernels[T]{
		exp:              exp[T],
		relu:             relu[T],
		gate:             gate[T],
		add:              add[T],
		mul:              mul[T],
		scale:            scale[T],
		addScaled:        addScaled[T],
		scaledDifference: scaledDifference[T],
		adam:             adam[T],
		nonZero:          nonZero[T],
	}
}

// The kernels in use. If the AVX2 kernels are compiled in, they replace the portable ones before
// main begins.
var (
	name   = "portable"
	single = portable[float32]()
	double = portable[float64]()
)

func active[T Float]() *kernels[T] {
	if k, ok := any(&single).(*kernels[T]); ok {
		return k
	}
	return any(&double).(*kernels[T])
}
