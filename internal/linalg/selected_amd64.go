package linalg

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

func init() {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		selections = append(selections, selection{name: "AVX2", one: mulSelectedAVX2})
	}
	if cpu.X86.HasAVX512F {
		selections = append(
			selections,
			selection{"AVX-512", mulSelectedAVX512, mulTwoSelectedAVX512},
		)
	}
	mulSelected = selections[len(selections)-1]
}

func mulSelectedAVX512(dst []float32, ld int, a, b []float32, selected []int32) {
	tenRowsAVX512(&dst[0], ld, &a[0], &b[0], unsafe.SliceData(selected), len(selected))
}

// mulTwoSelectedAVX512 reads a once for both panels, because the loads take the time, not the sums.
func mulTwoSelectedAVX512(dst []float32, ld, apart int, a, b []float32, selected []int32) {
	tenRowsTwiceAVX512(
		&dst[0],
		ld,
		apart,
		&a[0],
		&b[0],
		&b[len(b)/2],
		unsafe.SliceData(selected),
		len(selected),
	)
}

// mulSelectedAVX2 computes the tile in two halves: the sums of one half fill ten registers.
func mulSelectedAVX2(dst []float32, ld int, a, b []float32, selected []int32) {
	const half = TileRows / 2
	fiveRowsAVX2(&dst[0], ld, &a[0], &b[0], unsafe.SliceData(selected), len(selected))
	fiveRowsAVX2(&dst[half*ld], ld, &a[half], &b[0], unsafe.SliceData(selected), len(selected))
}

// tenRowsAVX512 computes what mulSelectedPortable does, with fused multiply-adds.
//
//go:noescape
func tenRowsAVX512(dst *float32, ld int, a, b *float32, selected *int32, n int)

// tenRowsTwiceAVX512 does what tenRowsAVX512 does, for b0 and for b1, whose columns are apart
// numbers further to the right in dst.
//
//go:noescape
func tenRowsTwiceAVX512(dst *float32, ld, apart int, a, b0, b1 *float32, selected *int32, n int)

// fiveRowsAVX2 computes the first five rows of the result of tenRowsAVX512.
//
//go:noescape
func fiveRowsAVX2(dst *float32, ld int, a, b *float32, selected *int32, n int)
