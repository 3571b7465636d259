package memory

import "runtime/metrics"

// Allocated returns how many bytes the program has taken from its heap so far, of which it may have
// given most back.
func Allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
