package vec

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"
)

// The expected bits are from PyTorch 1.13 with ATEN_CPU_CAPABILITY=avx2.
func TestExpIsTorchExp(t *testing.T) {
	forKernels(t, func(t *testing.T, k kernels[float32], _ kernels[float64]) {
		for _, test := range []struct {
			x    float32
			bits uint32
		}{
			{-87, 0x00b33687}, {-50.5, 0x1b0d6cfa}, {-1, 0x3ebc5ab2}, {-0.34657359, 0x3f3504f3}, {-0.001, 0x3f7fbe7f},
			{0, 0x3f800000}, {1e-30, 0x3f800000}, {0.1, 0x3f8d763e}, {0.34657359, 0x3fb504f3}, {0.5, 0x3fd3094c},
			{1, 0x402df854}, {2.5, 0x4142eb7f}, {10, 0x46ac14ee}, {50.25, 0x63b47241}, {88, 0x7ef882b7},
			// By the standard library:
			{-103.97, 1}, {-104, 0}, {88.5, 0x7f4cdcc4}, {88.8, 0x7f800000},
			{float32(math.Inf(1)), 0x7f800000}, {float32(math.Inf(-1)), 0},
		} {
			v := []float32{0, 0, 0, 0, test.x, 0, 0, 0, test.x} // in a vector and in the remainder
			k.exp(v)
			for i, got := range v {
				want := float32(1)
				if i == 4 || i == 8 {
					want = math.Float32frombits(test.bits)
				}
				if got != want {
					t.Errorf("entry %d of exp(… %v …) = %v, want %v", i, test.x, got, want)
				}
			}
		}

		nan := []float32{float32(math.NaN()), 0, 0, 0, 0, 0, 0, 0}
		if k.exp(nan); nan[0] == nan[0] || nan[1] != 1 {
			t.Errorf("exp(NaN), exp(0) = %v", nan[:2])
		}
	})
}

// expArguments are the numbers in [−87, 88] among every 9973rd bit pattern.
func expArguments() []float32 {
	var all []float32
	for bits := uint64(0); bits < 1<<32; bits += 9973 {
		if x := math.Float32frombits(uint32(bits)); x >= -87 && x <= 88 {
			all = append(all, x)
		}
	}
	return all[:len(all)/32*32] // PyTorch uses other instructions, with other rounding, for a remainder
}

func TestExpIsTorchExpEverywhere(t *testing.T) {
	forKernels(t, func(t *testing.T, k kernels[float32], _ kernels[float64]) {
		x := expArguments()
		k.exp(x)
		h := sha256.New()
		if err := binary.Write(h, binary.LittleEndian, x); err != nil {
			t.Fatal(err)
		}
		if got, want := hex.EncodeToString(h.Sum(nil)), "6806bc9c88fbb2f3020b14fc3d45633e9bd71ae1dd460eb53bb31328a1912f1f"; got != want {
			t.Errorf("digest of %d exponentials %s, want %s", len(x), got, want)
		}
	})
}

func TestExpIsAccurate(t *testing.T) {
	x := expArguments()
	y := append([]float32(nil), x...)
	Exp(y)
	for i, v := range x {
		want := math.Exp(float64(v))
		if unit := want * 0x1p-23; math.Abs(float64(y[i])-want) > unit {
			t.Fatalf("exp(%v) = %v, want %v within %g", v, y[i], want, unit)
		}
	}
}

func TestExpInFloat64IsTheLibrarys(t *testing.T) {
	x := []float64{-800, -1, 0, 0.5, 709, 710}
	y := append([]float64(nil), x...)
	Exp(y)
	for i, v := range x {
		if y[i] != math.Exp(v) {
			t.Errorf("exp(%v) = %v", v, y[i])
		}
	}
}
