package rng_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"github.com/liptrack/liptrack/internal/rng"
)

// All expected numbers and digests in this file come from PyTorch 1.13.

func TestTorchUniformIsTorchRand(t *testing.T) {
	r := rng.NewTorch(42)
	for i, want := range []float32{0.8822692632675171, 0.9150039553642273, 0.38286375999450684} {
		if got := r.Uniform(); got != want {
			t.Errorf("entry %d = %v, want %v", i, got, want)
		}
	}
}

func TestTorchFillUniformIsTensorUniform(t *testing.T) {
	got := make([]float32, 4)
	rng.NewTorch(5).FillUniform(got, -0.3, 1.7)
	want := []float32{1.3605036735534668, -0.047778189182281494, 1.514939308166504, 1.3398540019989014}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTorchLinearInitIsLinear(t *testing.T) {
	w, b := rng.NewTorch(42).LinearInit(64, 40, true)
	if want := []float32{0.12088415771722794, 0.1312357783317566, -0.03704173117876053}; !slices.Equal(w[:3], want) {
		t.Errorf("first weights %v, want %v", w[:3], want)
	}
	if w[len(w)-1] != -0.005301953759044409 || b[0] != -0.07973087579011917 || b[63] != 0.021621033549308777 {
		t.Errorf("last weight, first and last bias = %v, %v, %v", w[len(w)-1], b[0], b[63])
	}
	if _, b := rng.NewTorch(42).LinearInit(64, 40, false); b != nil {
		t.Errorf("a layer without bias has one of length %d", len(b))
	}
}

// The expected numbers are entries of torch.empty(n).normal_() for fewer than 16 entries, for a
// whole block, and for blocks that overlap.
func TestTorchFillNormalIsTensorNormal(t *testing.T) {
	for n, want := range map[int]map[int]float32{
		5:  {0: -0x1.2ca2e8p-3, 1: 0x1.92811cp-1, 4: 0x1.b0d7ap+0},
		16: {0: -0x1.a3e8acp-1, 1: 0x1.952056p-2, 8: 0x1.da63d8p-1, 15: 0x1.1715100p+0},
		30: {0: -0x1.a3e8acp-1, 13: 0x1.0343fp+0, 14: -0x1.628cd4p+0, 17: -0x1.80a996p-6, 29: -0x1.0022c4p-2},
		40: {0: -0x1.a3e8acp-1, 15: 0x1.17151p+0, 28: 0x1.417c34p+1, 39: -0x1.77827ap-4},
	} {
		got := make([]float32, n)
		rng.NewTorch(7).FillNormal(got)
		for i, w := range want {
			if math.Abs(float64(got[i]-w)) > math.Abs(float64(w))*0x1p-22 {
				t.Errorf("entry %d of %d = %x, want %x", i, n, got[i], w)
			}
		}
	}
}

// The digests are of whole layers: the SHA-256 of weight and bias as little-endian float32.
func TestTorchLinearInitToTheBit(t *testing.T) {
	for _, c := range []struct {
		seed    uint64
		out, in int
		bias    bool
		digest  string
	}{
		{42, 64, 40, true, "ffcf10fa3b686597d1a1f4a574c9a2207ce12a5dcb2a6c347788d73af545cf91"},
		{7, 17, 784, false, "c5d9b531890be1e262b1621e333113feece37fb6078eef82d04accf15d6fd23d"},
		{0, 1, 1, true, "45691e6fc82c3da76df10951af366b30d612e26d76702d23a36866c6b138d2e1"},
		// Seeds beyond 32 bits.
		{1<<32 + 5, 10, 7, true, "fae41e229eb634c12450a268f7cd55bd1e9de608e9ed15e3544f84f29dc5c66a"},
		{1<<40 + 42, 64, 40, true, "ffcf10fa3b686597d1a1f4a574c9a2207ce12a5dcb2a6c347788d73af545cf91"},
		{1<<64 - 1, 64, 3072, true, "765570070ea8b5b3a4d186396621b494cd4652f9a3639822e369fe352fc1e92a"},
	} {
		w, b := rng.NewTorch(c.seed).LinearInit(c.out, c.in, c.bias)
		if got := digest(t, w, b); got != c.digest {
			t.Errorf("seed %d, Linear(%d, %d, bias=%t): digest %s, want %s", c.seed, c.in, c.out, c.bias, got, c.digest)
		}
	}
}

func digest(t *testing.T, parts ...[]float32) string {
	t.Helper()
	h := sha256.New()
	for _, p := range parts {
		if err := binary.Write(h, binary.LittleEndian, p); err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
