package vec

// NonZero writes the positions of the numbers that are not 0, in order, to the beginning of dst,
// which has to be as long as x, and returns how many they are. What dst holds behind them is
// undefined.
func NonZero[T Float](dst []int32, x []T) int {
	return active[T]().nonZero(first(dst, len(x)), x)
}

// Widen writes x in float64 to dst, of the same length.
func Widen(dst []float64, x []float32) {
	widenKernel(dst, x[:len(dst):len(x)])
}

var widenKernel = widen

// nonZero does not branch: half of the slopes of a ReLU layer are 0, in no order.
func nonZero[T Float](dst []int32, x []T) int {
	n := 0
	for i, v := range x {
		dst[n] = int32(i)
		if v != 0 {
			n++
		}
	}
	return n
}

func widen(dst []float64, x []float32) {
	for i, v := range x {
		dst[i] = float64(v)
	}
}
