// Package rng makes random numbers: named streams derived from one seed, and two generators that
// draw the same numbers as NumPy and PyTorch, so that the data and the initial weights of published
// experiments can be reproduced. It knows nothing of networks or data sets; it is a leaf that any
// package may import.
package rng

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream returns the generator for a seed, a name such as "shuffle" or "probes", and any indices,
// such as an epoch. Streams are independent, so drawing from one never affects another, and with a
// stream for each epoch a resumed run needs no saved generator state.
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
