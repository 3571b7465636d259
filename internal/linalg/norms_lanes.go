//go:build goexperiment.simd && amd64 && go1.26 && !go1.27

package linalg

import "simd/archsimd"

//go:generate sh -c "sed -E -f norms_avx512.sed norms_avx2.go > norms_avx512.go"

// Go 1.26 has a type for each vector width and no way to write code for both, so norms_avx512.go is
// generated from norms_avx2.go. The parts that differ are in this file.

func init() {
	switch {
	case archsimd.X86.AVX512():
		laneNorms = laneNorms8
	case archsimd.X86.AVX2() && archsimd.X86.FMA():
		laneNorms = laneNorms4
	}
}

const (
	width4, width8 = 4, 8
	// most is the largest order of Gram matrices for which lanes pay off: larger ones do not fit
	// into the L1 cache.
	most = 16
	// steps is the most steps that largest may take; it usually takes four or five.
	steps = 30
)

// pack transposes four matrices of size elements each into lanes.
func (q *group4) pack(a []float64, size int) {
	e := q.elements
	a0, a1, a2, a3 := a[:size], a[size:2*size], a[2*size:3*size], a[3*size:]
	i := 0
	for ; i+4 <= size; i += 4 {
		e[i], e[i+1], e[i+2], e[i+3] = transposed(a0[i:], a1[i:], a2[i:], a3[i:])
	}
	for ; i < size; i++ {
		e[i] = archsimd.LoadFloat64x4(&[4]float64{a0[i], a1[i], a2[i], a3[i]})
	}
}

// pack transposes eight matrices of size elements each into lanes.
func (q *group8) pack(a []float64, size int) {
	e := q.elements
	a0, a1, a2, a3 := a[:size], a[size:2*size], a[2*size:3*size], a[3*size:4*size]
	b0, b1, b2, b3 := a[4*size:5*size], a[5*size:6*size], a[6*size:7*size], a[7*size:]
	var to x8
	i := 0
	for ; i+4 <= size; i += 4 {
		x0, x1, x2, x3 := transposed(a0[i:], a1[i:], a2[i:], a3[i:])
		y0, y1, y2, y3 := transposed(b0[i:], b1[i:], b2[i:], b3[i:])
		e[i], e[i+1] = to.SetLo(x0).SetHi(y0), to.SetLo(x1).SetHi(y1)
		e[i+2], e[i+3] = to.SetLo(x2).SetHi(y2), to.SetLo(x3).SetHi(y3)
	}

	for ; i < size; i++ {
		e[i] = archsimd.LoadFloat64x8(&[8]float64{
			a0[i],
			a1[i],
			a2[i],
			a3[i],
			b0[i],
			b1[i],
			b2[i],
			b3[i],
		})
	}
}

// transposed returns the columns of the matrix whose rows are the first four numbers of each slice.
func transposed(a0, a1, a2, a3 []float64) (c0, c1, c2, c3 x4) {
	x0, x1 := archsimd.LoadFloat64x4Slice(a0), archsimd.LoadFloat64x4Slice(a1)
	x2, x3 := archsimd.LoadFloat64x4Slice(a2), archsimd.LoadFloat64x4Slice(a3)

	// First interleave pairs within each half of a vector, then swap halves.
	even01, odd01 := x0.SelectFromPairGrouped(0, 2, x1), x0.SelectFromPairGrouped(1, 3, x1)
	even23, odd23 := x2.SelectFromPairGrouped(0, 2, x3), x2.SelectFromPairGrouped(1, 3, x3)
	c0, c1 = even01.Select128FromPair(0, 2, even23), odd01.Select128FromPair(0, 2, odd23)
	c2, c3 = even01.Select128FromPair(1, 3, even23), odd01.Select128FromPair(1, 3, odd23)

	return c0, c1, c2, c3
}
