package vec

// NonZero writes the positions of the nonzero numbers, in order, to the beginning of dst, which
// must be at least as long as x, and returns their count. The rest of dst is undefined.
func NonZero[T Float](dst []int32, x []T) int {
	return active[T]().nonZero(first(dst, len(x)), x)
}

// Widen converts x to float64 and writes it to dst, which must have the same length.
func Widen(dst []float64, x []float32) {
	widenKernel(dst, x[:len(dst):len(x)])
}

var widenKernel = widen

// nonZero does not branch, because half of the slopes of a ReLU layer are 0, in random order.
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
