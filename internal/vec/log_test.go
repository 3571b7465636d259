package vec

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"testing"
)

// TestLogIsTorchs compares with torch.log of PyTorch 1.13 on an AVX2 processor: the CRC-32 of the
// results, little-endian, for float32 arguments at equal steps of their bits.
func TestLogIsTorchs(t *testing.T) {
	for _, test := range []struct {
		from, to, step uint32
		want           uint32
	}{
		{0x3f800000, 0x41200000, 7, 253607903},    // 1 to 10
		{0x00800000, 0x7f800000, 997, 2721253847}, // all normal numbers
	} {
		digest := crc32.NewIEEE()
		var b [4]byte
		for bits := test.from; bits < test.to; bits += test.step {
			binary.LittleEndian.PutUint32(b[:], math.Float32bits(Log(math.Float32frombits(bits))))
			digest.Write(b[:])
		}
		if got := digest.Sum32(); got != test.want {
			t.Errorf("from %#x to %#x: digest %d, torch's is %d", test.from, test.to, got, test.want)
		}
	}
}

func TestLogOfSpecialNumbers(t *testing.T) {
	inf := float32(math.Inf(1))
	for x, want := range map[float32]float32{0: -inf, inf: inf, 1: 0, 0x1p-149: float32(math.Log(0x1p-149))} {
		if got := Log(x); got != want {
			t.Errorf("log %v = %v, want %v", x, got, want)
		}
	}
	if got := Log(float32(-1)); got == got {
		t.Errorf("log −1 = %v, want NaN", got)
	}
	if got := Log(2.5); got != math.Log(2.5) {
		t.Errorf("in float64, log 2.5 = %v", got)
	}
}
