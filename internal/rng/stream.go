// Package rng makes random numbers: named streams that all follow from one seed, and two
// generators that repeat what NumPy and PyTorch draw, so that the data and the initial weights
// of published experiments can be had again. It knows nothing of networks or data sets; it is
// a leaf that any package may import.
package rng

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream returns the generator that belongs to a seed, a name such as "shuffle" or "probes", and
// any indices, such as an epoch. Streams are independent of one another, so drawing from one
// never disturbs another, and one for each epoch leaves nothing to save for a resumed run.
//
// The generator is a PCG whose two words of state are the first 16 bytes of the SHA-256 of
// seed, length of name, name and indices (integers as 8 bytes, big-endian).
func Stream(seed uint64, name string, index ...uint64) *rand.Rand {
	b := binary.BigEndian.AppendUint64(nil, seed)
	b = binary.BigEndian.AppendUint64(b, uint64(len(name)))
	b = append(b, name...)
	for _, i := range index {
		b = binary.BigEndian.AppendUint64(b, i)
	}

	h := sha256.Sum256(b)
	high, low := binary.BigEndian.Uint64(h[:8]), binary.BigEndian.Uint64(h[8:16])
	return rand.New(rand.NewPCG(high, low))
}
