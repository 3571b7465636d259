package vec

import (
	"math"
	"math/rand/v2"
	"testing"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

// awkward holds edge cases of either precision.
var awkward = []float64{
	0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(),
	math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 0x1p-126, -0x1p-126, 0x1.fffffep-127,
	math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0x1p-1022, -0x1p-1022,
	math.MaxFloat32, -math.MaxFloat32, math.MaxFloat64, -math.MaxFloat64,
	minExp, minExp - 0x1p-17, maxExp, maxExp + 0x1p-17, -104, 710, // 2⁻¹⁷ is the distance to the next float32
}

// anyNumber returns a standard normal number, a number of any magnitude, or an awkward one.
func anyNumber[T Float](r *rand.Rand) T {
	switch r.IntN(8) {
	case 0:
		return T(awkward[r.IntN(len(awkward))])
	case 1:
		return T(math.Ldexp(r.NormFloat64(), r.IntN(300)-150))
	default:
		return T(r.NormFloat64())
	}
}

func numbers[T Float](r *rand.Rand, n int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = anyNumber[T](r)
	}
	return v
}

// same reports whether two numbers have the same bits or both are NaN.
func same[T Float](a, b T) bool {
	return a == b && math.Signbit(float64(a)) == math.Signbit(float64(b)) || a != a && b != b
}

// forKernels runs a test with the portable kernels and with the kernels in use.
func forKernels(t *testing.T, test func(t *testing.T, k32 kernels[float32], k64 kernels[float64])) {
	t.Run("portable", func(t *testing.T) { test(t, portable[float32](), portable[float64]()) })
	if Name() != "portable" {
		t.Run(Name(), func(t *testing.T) { test(t, single, double) })
	}
}
