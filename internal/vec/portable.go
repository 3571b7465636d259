package vec

import "math"

func add[T Float](y, x []T) {
	for i := range y {
		y[i] += x[i]
	}
}

func mul[T Float](y, x []T) {
	for i := range y {
		y[i] *= x[i]
	}
}

func scale[T Float](y []T, alpha T) {
	for i := range y {
		y[i] *= alpha
	}
}

func addScaled[T Float](y []T, alpha T, x []T) {
	for i := range y {
		y[i] = MulAdd(alpha, x[i], y[i])
	}
}

func scaledDifference[T Float](y []T, alpha T, x []T) {
	for i := range y {
		y[i] = MulAdd(alpha, y[i], -alpha*x[i])
	}
}

func relu[T Float](z, slope []T) {
	if slope == nil {
		for i, v := range z {
			z[i] = max(v, 0)
		}
		return
	}
	switch z := any(z).(type) {
	case []float32:
		relu32(z, any(slope).([]float32))
	case []float64:
		relu64(z, any(slope).([]float64))
	}
}

// relu32 works on the bits, to avoid a branch that the processor would mispredict for half of the
// entries. The bits of −0 … −∞ are negative integers of at most −0x800000; those from there to −1
// are NaN.
func relu32(z, slope []float32) {
	const one = 0x3f800000
	slope = slope[:len(z)]
	for i, v := range z {
		b := int32(math.Float32bits(v))
		b &^= (b & (b + 0x7fffff)) >> 31 // clears −0 … −∞
		z[i] = math.Float32frombits(uint32(b))
		slope[i] = math.Float32frombits(one & uint32((b|-b)>>31)) // unless b is 0
	}
}

// relu64 does what relu32 does, in double precision.
func relu64(z, slope []float64) {
	const one = 0x3ff0000000000000
	slope = slope[:len(z)]
	for i, v := range z {
		b := int64(math.Float64bits(v))
		b &^= (b & (b + 0xfffffffffffff)) >> 63
		z[i] = math.Float64frombits(uint64(b))
		slope[i] = math.Float64frombits(one & uint64((b|-b)>>63))
	}
}

func gate[T Float](y, x []T) {
	switch y := any(y).(type) {
	case []float32:
		gate32(y, any(x).([]float32))
	case []float64:
		for i, v := range any(x).([]float64) {
			if v <= 0 {
				y[i] = 0
			}
		}
	}
}

// gate32 works on the bits as relu32 does.
func gate32(y, x []float32) {
	x = x[:len(y)]
	for i, v := range y {
		b := int32(math.Float32bits(x[i]))
		off := (b&(b+0x7fffff) | ^(b | -b)) >> 31 // of −0 … −∞, or of 0
		y[i] = math.Float32frombits(math.Float32bits(v) &^ uint32(off))
	}
}
