package vec

import (
	"maps"
	"slices"
	"testing"
)

// BenchmarkKernels reports the time per number of each float32 kernel, including a copy of the
// operand that it changes.
func BenchmarkKernels(b *testing.B) {
	benchmarkKernels(b, "portable", portable[float32]())
	if Name() != "portable" {
		benchmarkKernels(b, Name(), single)
	}
}

func benchmarkKernels(b *testing.B, set string, k kernels[float32]) {
	const n = 4096
	r := newRand(6)
	var v [4][]float32

	for i := range v {
		v[i] = make([]float32, n)
		for j := range n {
			v[i][j] = 1 + r.Float32()
		}
	}

	changed := make([]float32, n)
	all := operations(k, -0.01)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.Run(set+"/"+name, func(b *testing.B) {
			for b.Loop() {
				copy(changed, v[0])
				all[name](changed, v[1], v[2], v[3])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/number")
		})
	}
}
