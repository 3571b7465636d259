package linalg

import (
	"runtime"
	"sync"
)

// splitFrom is the number of multiply-adds from which a product is worth a second processor: some
// 50 µs on one.
const splitFrom = 4 << 20

// splitAt is what the place where a product is cut is a multiple of: the tiles of BLAS kernels, so
// that both parts are tiled as the whole would be. In float32 that gives the bits of the whole, on
// OpenBLAS's kernels for AVX2 and AVX-512 and on gonum's; in float64 the last bits may differ.
const splitAt = 64

// ParallelGemm is [Gemm] that cuts a large product in two along the longer side of C and computes
// both halves at once. Where it cuts depends on the sizes alone, so the result does not depend on
// how many processors are free.
func ParallelGemm[T Float](transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	long := max(m, n)
	if m*n*k < splitFrom || long < 2*splitAt {
		Gemm(transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
		return
	}
	half := (long/2 + splitAt - 1) / splitAt * splitAt
	first := func() { Gemm(transA, transB, half, n, k, alpha, a, lda, b, ldb, beta, c, ldc) }
	second := func() {
		Gemm(transA, transB, m-half, n, k, alpha, rowsFrom(a, half, lda, transA), lda, b, ldb, beta, c[half*ldc:], ldc)
	}
	if n > m {
		first = func() { Gemm(transA, transB, m, half, k, alpha, a, lda, b, ldb, beta, c, ldc) }
		second = func() {
			Gemm(transA, transB, m, n-half, k, alpha, a, lda, rowsFrom(b, half, ldb, !transB), ldb, beta, c[half:], ldc)
		}
	}
	both(first, second)
}

// rowsFrom is the part of a matrix, stored with stride ld, from row i on; from column i on if
// transposed.
func rowsFrom[T Float](a []T, i, ld int, transposed bool) []T {
	if transposed {
		return a[i:]
	}
	return a[i*ld:]
}

// both calls two functions, side by side if there are processors for it.
func both(first, second func()) {
	if runtime.GOMAXPROCS(0) < 2 {
		first()
		second()
		return
	}
	var group sync.WaitGroup
	group.Go(second)
	first()
	group.Wait()
}
