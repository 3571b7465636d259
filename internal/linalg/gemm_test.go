package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
)

// difference returns the largest |xᵢ − yᵢ|, or NaN if only one of the two is NaN or the lengths
// differ.
func difference[T Float](x, y []T) float64 {
	if len(x) != len(y) {
		return math.NaN()
	}
	var d float64
	for i := range x {
		if x[i] == y[i] || x[i] != x[i] && y[i] != y[i] {
			continue
		}
		if e := math.Abs(float64(x[i]) - float64(y[i])); !(e <= d) {
			d = e
		}
	}

	return d
}

// naiveGemm computes Gemm by definition, with sums in float64.
func naiveGemm[T Float](transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	at := func(x []T, trans bool, i, j, ld int) float64 {
		if trans {
			i, j = j, i
		}
		return float64(x[i*ld+j])
	}

	for i := range m {
		for j := range n {
			var sum float64
			for l := range k {
				sum += at(a, transA, i, l, lda) * at(b, transB, l, j, ldb)
			}
			sum *= float64(alpha)
			if beta != 0 {
				sum += float64(beta) * float64(c[i*ldc+j])
			}
			c[i*ldc+j] = T(sum)
		}
	}
}

func TestGemm(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		// The error of a sum of 130 products of standard normal numbers is of order
		// √130·130·u at worst, u = 6e-8 or 1e-16.
		t.Run("float32", func(t *testing.T) { testGemm[float32](t, 1e-4) })
		t.Run("float64", func(t *testing.T) { testGemm[float64](t, 1e-12) })
	})
}

func testGemm[T Float](t *testing.T, tolerance float64) {
	r := rand.New(rand.NewPCG(1, 2))
	sizes := [][3]int{{0, 3, 2}, {3, 0, 2}, {2, 3, 0}, {1, 1, 1}, {1, 9, 200}, {7, 5, 3}, {10, 10, 40}, {33, 17, 65}, {70, 130, 50}, {130, 70, 130}}
	scalars := [][2]T{{1, 0}, {1, 1}, {-0.5, 2}, {0, 0.5}, {2, 0}}
	for _, size := range sizes {
		for _, scalar := range scalars {
			for trans := range 4 {
				transA, transB := trans&1 != 0, trans&2 != 0
				name := fmt.Sprintf("m,n,k=%v α,β=%v transposed %v %v", size, scalar, transA, transB)
				compareGemm(t, r, name, transA, transB, size, scalar, tolerance)
			}
		}
	}
}

func compareGemm[T Float](t *testing.T, r *rand.Rand, name string, transA, transB bool, size [3]int, scalar [2]T, tolerance float64) {
	t.Helper()
	m, n, k, pad := size[0], size[1], size[2], r.IntN(4)
	operand := func(rows, cols int, trans bool) ([]T, int) {
		if trans {
			rows, cols = cols, rows
		}
		stride := max(1, cols+pad)
		x := make([]T, rows*stride+1)
		for i := range x {
			x[i] = T(r.NormFloat64())
		}
		return x, stride
	}

	a, lda := operand(m, k, transA)
	b, ldb := operand(k, n, transB)
	got, ldc := operand(m, n, false)
	if scalar[1] == 0 && m > 0 && n > 0 {
		got[0] = T(math.NaN()) // β = 0 overwrites any old content
	}
	want := slices.Clone(got)
	Gemm(transA, transB, m, n, k, scalar[0], a, lda, b, ldb, scalar[1], got, ldc)
	naiveGemm(transA, transB, m, n, k, scalar[0], a, lda, b, ldb, scalar[1], want, ldc)
	if d := difference(got, want); !(d <= tolerance) {
		t.Errorf("%s: off by %g, allowed %g", name, d, tolerance)
	}
}

func TestGemmAllocatesNothing(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("float32", testGemmAllocatesNothing[float32])
		t.Run("float64", testGemmAllocatesNothing[float64])
	})
}

func testGemmAllocatesNothing[T Float](t *testing.T) {
	const n = 40
	x := make([]T, 2*n*n)
	if allocs := testing.AllocsPerRun(100, func() {
		Gemm(false, true, n, n, n, 1, x, n, x, n, 0, x[n*n:], n)
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// TestGemmConcurrent computes the same product on many goroutines during garbage collection.
func TestGemmConcurrent(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		const n, goroutines, rounds = 48, 8, 50
		a := normal(rand.New(rand.NewPCG(3, 3)), n*n)
		want := make([]float64, n*n)
		Gemm(false, true, n, n, n, 1, a, n, a, n, 0, want, n)
		var group sync.WaitGroup

		for range goroutines {
			group.Go(func() {
				for range rounds {
					got := make([]float64, n*n)
					Gemm(false, true, n, n, n, 1, a, n, a, n, 0, got, n)
					if !slices.Equal(got, want) {
						t.Error("a concurrent product differs")
					}
				}
			})
		}

		for range rounds {
			runtime.GC()
		}
		group.Wait()
	})
}

func TestSumSquares(t *testing.T) {
	if got := SumSquares([]float32{3, 0, -4, 1e25}); got != 25+float64(float32(1e25))*float64(float32(1e25)) {
		t.Errorf("float32: %v", got)
	}
	if got := SumSquares([]float64{3, 0, -4}); got != 25 {
		t.Errorf("float64: %v, want 25", got)
	}
	if got := SumSquares[float32](nil); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}
