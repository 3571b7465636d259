package linalg

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Benchmarks use the fastest BLAS of the machine and log its name.

func BenchmarkGemm(b *testing.B) {
	b.Run("float32", benchmarkGemm[float32])
	b.Run("float64", benchmarkGemm[float64])
}

func benchmarkGemm[T Float](b *testing.B) {
	b.Log(UseBLAS(AutoBLAS))
	for _, n := range []int{10, 32, 128, 512, 1024} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x, y, z := make([]T, n*n), make([]T, n*n), make([]T, n*n)
			b.ReportAllocs()
			for b.Loop() {
				Gemm(false, true, n, n, n, 1, x, n, y, n, 0, z, n)
			}
			flop := 2 * float64(n) * float64(n) * float64(n) * float64(b.N)
			b.ReportMetric(flop/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

func BenchmarkLargestEigenvalues(b *testing.B) {
	UseBLAS(AutoBLAS)
	const count = 1000
	for _, n := range []int{2, 10, 32, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			jacobians := normal(rand.New(rand.NewPCG(1, 1)), count*n*4*n)
			grams, scratch := make([]float64, count*n*n), make([]float64, count*n*n)
			GramSmall(grams, jacobians, count, n, 4*n)
			dst := make([]float64, count)
			b.ReportAllocs()
			for b.Loop() {
				copy(scratch, grams)
				LargestEigenvalues(dst, scratch, n)
			}
			reportEach(b, count)
		})
	}
}

func BenchmarkGramSmall(b *testing.B) {
	b.Run("float32", benchmarkGramSmall[float32])
	b.Run("float64", benchmarkGramSmall[float64])
}

func benchmarkGramSmall[T Float](b *testing.B) {
	UseBLAS(AutoBLAS)
	const count, rows = 100, 10
	for _, cols := range []int{40, 784} {
		b.Run(fmt.Sprint(rows, "x", cols), func(b *testing.B) {
			jacobians, grams := make([]T, count*rows*cols), make([]float64, count*rows*rows)
			for b.Loop() {
				GramSmall(grams, jacobians, count, rows, cols)
			}
			reportEach(b, count)
		})
	}
}

func reportEach(b *testing.B, count int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count), "ns/matrix")
}

func BenchmarkSpectralNorm(b *testing.B) {
	b.Log(UseBLAS(AutoBLAS))
	for _, size := range [][2]int{{256, 40}, {256, 256}, {1024, 1024}, {2048, 2048}, {4096, 4096}} {
		b.Run(fmt.Sprint(size[0], "x", size[1]), func(b *testing.B) {
			if size[0] > 1024 && testing.Short() {
				b.Skip("large")
			}
			a := gaussian(rand.New(rand.NewPCG(1, 1)), size[0], size[1])
			b.Run("norm", func(b *testing.B) {
				for b.Loop() {
					SpectralNorm(a)
				}
			})

			b.Run("certified", func(b *testing.B) {
				for b.Loop() {
					TopSingular(a, nil)
				}
			})

			b.Run("warm", func(b *testing.B) {
				start := TopSingular(a, nil).Vector
				step := gaussian(rand.New(rand.NewPCG(2, 2)), size[0], size[1])
				step.Scale(1e-3, step)
				a := mat.DenseCopyOf(a)
				a.Add(a, step)
				for b.Loop() {
					TopSingular(a, start)
				}
			})
		})
	}
}

func gaussian(r *rand.Rand, rows, cols int) *mat.Dense {
	return mat.NewDense(rows, cols, normal(r, rows*cols))
}

func normal(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}
