package rng_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/liptrack/liptrack/internal/rng"
)

// The two words of state were computed from the documented recipe with Python's hashlib. They must
// never change: every recorded experiment depends on them.
func TestStreamIsTheDocumentedPCG(t *testing.T) {
	for _, c := range []struct {
		seed      uint64
		name      string
		index     []uint64
		high, low uint64
	}{
		{42, "shuffle", nil, 0x7c13219c1ee335cb, 0x2b080a969efb5b4d},
		{42, "probes", []uint64{3}, 0xbbfa7fc40246c035, 0xceb6f926496c8c2d},
		{math.MaxUint64, "", []uint64{0, 1}, 0x68bb83750a57c5fc, 0x0458c8341a7fbfdd},
	} {
		got, want := rng.Stream(c.seed, c.name, c.index...), rand.New(rand.NewPCG(c.high, c.low))
		for range 3 {
			if g, w := got.Uint64(), want.Uint64(); g != w {
				t.Errorf("Stream(%d, %q, %v) drew %d, want %d", c.seed, c.name, c.index, g, w)
			}
		}
	}
}

func TestStreamsDiffer(t *testing.T) {
	seen := map[uint64]string{}
	add := func(what string, r *rand.Rand) {
		v := r.Uint64()
		if other, ok := seen[v]; ok {
			t.Errorf("%s draws the same as %s", what, other)
		}
		seen[v] = what
	}

	add("seed 1", rng.Stream(1, "init"))
	add("another seed", rng.Stream(2, "init"))
	add("another name", rng.Stream(1, "noise"))
	add("an index", rng.Stream(1, "init", 0))
	add("another index", rng.Stream(1, "init", 1))
	add("two indices", rng.Stream(1, "init", 0, 0))
	add("a name that looks like an index", rng.Stream(1, "init\x00\x00\x00\x00\x00\x00\x00\x00"))
}
