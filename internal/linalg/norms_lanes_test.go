//go:build goexperiment.simd && amd64 && go1.26 && !go1.27

package linalg

import (
	"simd/archsimd"
	"testing"
)

// TestSpectralNormsInLanes tests every vector width of this processor, not only the widest.
func TestSpectralNormsInLanes(t *testing.T) {
	was := laneNorms
	t.Cleanup(func() { laneNorms = was })
	for _, lanes := range []struct {
		name  string
		can   bool
		norms func(dst, a []float64, rows, cols int) int
	}{
		{"AVX2", archsimd.X86.AVX2() && archsimd.X86.FMA(), laneNorms4},
		{"AVX-512", archsimd.X86.AVX512(), laneNorms8},
	} {
		t.Run(lanes.name, func(t *testing.T) {
			if !lanes.can {
				t.Skip("this processor has none")
			}
			laneNorms = lanes.norms
			t.Run("magnitudes", TestSpectralNormsAreThoseOfEachMatrix)
			t.Run("hard matrices", TestSpectralNormsOfHardMatrices)
			t.Run("shuffled", TestSpectralNormsDoNotDependOnTheOthers)
		})
	}
}
