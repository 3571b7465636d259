package vec

// kernels are the functions behind those exported, for one precision. Their slices have been
// checked: all have the same length, but for a slope that may be nil.
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

// What is in use. The AVX2 kernels, where they are compiled in, replace the portable ones
// before main begins.
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
