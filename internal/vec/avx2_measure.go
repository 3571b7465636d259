//go:build goexperiment.simd && amd64 && go1.26 && !go1.27

package vec

import (
	"math/bits"
	"simd/archsimd"
)

// nonZero64AVX2 compares eight numbers at a time with 0 and looks up the result in a table of 256.
func nonZero64AVX2(dst []int32, x []float64) int {
	zero, eight := archsimd.BroadcastFloat64x4(0), archsimd.BroadcastInt32x8(8)
	var base archsimd.Int32x8
	n, rest := 0, x
	for ; len(rest) >= 8; rest = rest[8:] {
		low, high := load64(rest).NotEqual(zero), load64(rest[4:]).NotEqual(zero)
		set := low.ToBits()&15 | high.ToBits()<<4

		// All eight positions are stored; the next store overwrites those beyond the count.
		archsimd.LoadInt32x8(&positions[set]).Add(base).StoreSlice(dst[n:])
		n += bits.OnesCount8(set)
		base = base.Add(eight)
	}

	archsimd.ClearAVXUpperBits()
	for i := len(x) - len(rest); i < len(x); i++ {
		dst[n] = int32(i)
		if x[i] != 0 {
			n++
		}
	}

	return n
}

// positions holds, for every byte, the positions of the bits that are set in it.
var positions = func() (table [256][8]int32) {
	for set := range table {
		n := 0
		for bit := range 8 {
			if set&(1<<bit) != 0 {
				table[set][n] = int32(bit)
				n++
			}
		}
	}
	return table
}()

func widenAVX2(dst []float64, x []float32) {
	for ; len(x) >= 4; dst, x = dst[4:], x[4:] {
		archsimd.LoadFloat32x4Slice(x).ConvertToFloat64().StoreSlice(dst)
	}
	archsimd.ClearAVXUpperBits()
	widen(dst, x)
}
