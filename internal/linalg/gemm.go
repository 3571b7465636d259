package linalg

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// Float is an element type that BLAS supports.
type Float interface{ float32 | float64 }

// Gemm computes C ← α·op(A)·op(B) + β·C with the BLAS in use, where op(A) is m×k, op(B) k×n and C
// m×n. Matrices are row-major with leading dimensions lda, ldb and ldc; A is stored m×k, or k×m if
// transA. With β = 0 the old content of C is ignored, NaN included. It allocates nothing, and
// panics as gonum does if sizes do not fit.
func Gemm[T Float](transA, transB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	tA, tB := transpose(transA), transpose(transB)
	switch a := any(a).(type) {
	case []float32:
		b, c := any(b).([]float32), any(c).([]float32)
		blas32.Implementation().Sgemm(tA, tB, m, n, k, float32(alpha), a, lda, b, ldb, float32(beta), c, ldc)
	case []float64:
		b, c := any(b).([]float64), any(c).([]float64)
		blas64.Implementation().Dgemm(tA, tB, m, n, k, float64(alpha), a, lda, b, ldb, float64(beta), c, ldc)
	}
}

func transpose(t bool) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}

// Fuses reports whether the BLAS in use sums products with fused multiply-adds, which round once,
// as the BLAS of PyTorch does.
func Fuses() bool {
	return fuses(blas64.Implementation())
}

// fuses computes −1 + (1+ε)(1−ε) with b. The result is −ε² if it is rounded once, and 0 if the
// product is rounded to 1 first.
func fuses(b blas.Float64) bool {
	const n, epsilon = 16, 0x1p-30
	var x, y, z [n * n]float64
	for i := range n {
		x[2*i], x[2*i+1] = -1, 1+epsilon
		y[2*i], y[2*i+1] = 1, 1-epsilon
	}

	// Each diagonal element is −1·1 + (1+ε)(1−ε). Smaller products are left to gonum; order 16
	// reaches the library.
	b.Dgemm(blas.NoTrans, blas.Trans, n, n, 2, 1, x[:], 2, y[:], 2, 0, z[:], n)
	return z[0] != 0
}
