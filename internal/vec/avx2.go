//go:build goexperiment.simd && amd64 && go1.26 && !go1.27

package vec

import "simd/archsimd"

func init() {
	if !archsimd.X86.AVX2() || !archsimd.X86.FMA() {
		return
	}

	name = "AVX2"
	single = kernels[float32]{
		exp:              expAVX2,
		relu:             reluAVX2,
		gate:             gateAVX2,
		add:              addAVX2,
		mul:              mulAVX2,
		scale:            scaleAVX2,
		addScaled:        addScaledAVX2,
		scaledDifference: scaledDifferenceAVX2,
		adam:             adamAVX2,
		nonZero:          nonZero[float32],
	}
	// In float64, only the kernels used for measuring.
	double.relu = relu64AVX2
	double.mul = mul64AVX2
	double.nonZero = nonZero64AVX2
	widenKernel = widenAVX2
}

// Each kernel works on whole vectors of 8 float32 or 4 float64 and leaves the rest to the portable
// kernel. Before that it clears the upper halves of the registers, which would slow the rest down.

func addAVX2(y, x []float32) {
	for ; len(y) >= 8; y, x = y[8:], x[8:] {
		load(y).Add(load(x)).StoreSlice(y)
	}
	archsimd.ClearAVXUpperBits()
	add(y, x)
}

func mulAVX2(y, x []float32) {
	for ; len(y) >= 8; y, x = y[8:], x[8:] {
		load(y).Mul(load(x)).StoreSlice(y)
	}
	archsimd.ClearAVXUpperBits()
	mul(y, x)
}

func mul64AVX2(y, x []float64) {
	for ; len(y) >= 4; y, x = y[4:], x[4:] {
		load64(y).Mul(load64(x)).StoreSlice(y)
	}
	archsimd.ClearAVXUpperBits()
	mul(y, x)
}

func scaleAVX2(y []float32, alpha float32) {
	for a := broadcast(alpha); len(y) >= 8; y = y[8:] {
		load(y).Mul(a).StoreSlice(y)
	}
	archsimd.ClearAVXUpperBits()
	scale(y, alpha)
}

func addScaledAVX2(y []float32, alpha float32, x []float32) {
	for a := broadcast(alpha); len(y) >= 8; y, x = y[8:], x[8:] {
		a.MulAdd(load(x), load(y)).StoreSlice(y)
	}
	archsimd.ClearAVXUpperBits()
	addScaled(y, alpha, x)
}

func scaledDifferenceAVX2(y []float32, alpha float32, x []float32) {
	for a, minus := broadcast(alpha), broadcast(-alpha); len(y) >= 8; y, x = y[8:], x[8:] {
		a.MulAdd(load(y), minus.Mul(load(x))).StoreSlice(y)
	}
	archsimd.ClearAVXUpperBits()
	scaledDifference(y, alpha, x)
}

// reluAVX2 clears numbers that are at most 0, which NaN is not.
func reluAVX2(z, slope []float32) {
	zero, one := broadcast(0), broadcast(1).AsInt32x8()
	for ; len(z) >= 8; z = z[8:] {
		v := load(z)
		off := v.LessEqual(zero).ToInt32x8()
		v.AsInt32x8().AndNot(off).AsFloat32x8().StoreSlice(z)
		if slope != nil {
			one.AndNot(off).AsFloat32x8().StoreSlice(slope)
			slope = slope[8:]
		}
	}
	archsimd.ClearAVXUpperBits()
	relu(z, slope)
}

func gateAVX2(y, x []float32) {
	zero := broadcast(0)
	for ; len(y) >= 8; y, x = y[8:], x[8:] {
		// off is all ones where x is at most 0, so and-not clears y there without a branch.
		off := load(x).LessEqual(zero).ToInt32x8()
		load(y).AsInt32x8().AndNot(off).AsFloat32x8().StoreSlice(y)
	}
	archsimd.ClearAVXUpperBits()
	gate(y, x)
}

func relu64AVX2(z, slope []float64) {
	zero, one := archsimd.BroadcastFloat64x4(0), archsimd.BroadcastFloat64x4(1).AsInt64x4()
	for ; len(z) >= 4; z = z[4:] {
		v := load64(z)
		off := v.LessEqual(zero).ToInt64x4()
		v.AsInt64x4().AndNot(off).AsFloat64x4().StoreSlice(z)
		if slope != nil {
			one.AndNot(off).AsFloat64x4().StoreSlice(slope)
			slope = slope[4:]
		}
	}
	archsimd.ClearAVXUpperBits()
	relu(z, slope)
}

func load(x []float32) archsimd.Float32x8 {
	return archsimd.LoadFloat32x8Slice(x)
}

func load64(x []float64) archsimd.Float64x4 {
	return archsimd.LoadFloat64x4Slice(x)
}

func broadcast(v float32) archsimd.Float32x8 {
	return archsimd.BroadcastFloat32x8(v)
}
