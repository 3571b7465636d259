package memory

import "runtime/metrics"

// Allocated returns the cumulative number of bytes that the program has allocated on its heap,
// including those freed since.
func Allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
