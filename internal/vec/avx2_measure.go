//go:build goexperiment.simd && amd64 && go1.26 && !go1.27

package vec

import (
	"math/bits"
	"simd/archsimd"
)

// nonZero64AVX2 takes four numbers at a time, whose comparison with 0 has sixteen outcomes.
func nonZero64AVX2(dst []int32, x []float64) int {
	zero, four := archsimd.BroadcastFloat64x4(0), archsimd.BroadcastInt32x4(4)
	var base archsimd.Int32x4
	n, i := 0, 0
	for ; i+4 <= len(x); i += 4 {
		set := load64(x[i:]).NotEqual(zero).ToBits() & 15
		archsimd.LoadInt32x4(&positions[set]).Add(base).StoreSlice(dst[n:])
		n += bits.OnesCount8(set)
		base = base.Add(four)
	}
	archsimd.ClearAVXUpperBits()
	for ; i < len(x); i++ {
		dst[n] = int32(i)
		if x[i] != 0 {
			n++
		}
	}
	return n
}

// positions are those of the bits set in each number of four bits.
var positions = func() (table [16][4]int32) {
	for set := range table {
		n := 0
		for bit := range 4 {
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
