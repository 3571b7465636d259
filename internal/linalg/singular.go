package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// SingularPair returns the unit singular vectors u, v of a matrix with σ₁ = uᵀAv, unique up to a
// common sign. They are nil if the matrix is zero, empty or not finite. Their error is about the
// error of the Gram matrix of the smaller side over the relative gap between σ₁ and σ₂. If σ₁ = σ₂,
// any pair from their singular subspace may be returned.
func SingularPair(a *mat.Dense) (u, v []float64) {
	g, _, size := scaledGram(a)
	defer giveScratch(g.data)
	if !regular(size) {
		return nil, nil
	}

	smaller := g.topEigenvector()
	// The other vector of the pair is Av/σ₁ or Aᵀu/σ₁; normalising divides by σ₁.
	rows, cols := a.Dims()
	if rows <= cols {
		return smaller, unitProduct(a.T(), smaller)
	}

	return unitProduct(a, smaller), smaller
}

// topEigenvector returns the unit eigenvector of the largest eigenvalue, by QR for small matrices
// and by Lanczos for large ones.
func (g gram) topEigenvector() []float64 {
	if g.n >= lanczosFrom {
		_, vector := g.lanczos(nil)
		return vector
	}

	symmetric := mat.NewSymDense(g.n, nil)
	for i := range g.n {
		for j := range i + 1 {
			symmetric.SetSym(i, j, g.data[i*g.n+j])
		}
	}

	_, vector := TopEigenpair(symmetric)
	return vector
}

// TopEigenpair approximates the largest eigenvalue of a symmetric matrix and its unit eigenvector.
// They are NaN and zeros if QR does not converge.
func TopEigenpair(a *mat.SymDense) (top float64, vector []float64) {
	n := a.SymmetricDim()
	if n == 1 {
		return a.At(0, 0), []float64{1}
	}

	var eigen mat.EigenSym
	if !eigen.Factorize(a, true) {
		return math.NaN(), make([]float64, n)
	}

	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	return eigen.Values(nil)[n-1], mat.Col(nil, n-1, &vectors)
}

// unitProduct returns Av/‖Av‖₂.
func unitProduct(a mat.Matrix, v []float64) []float64 {
	var product mat.VecDense
	product.MulVec(a, mat.NewVecDense(len(v), v))
	product.ScaleVec(1/blas64.Nrm2(product.RawVector()), &product)
	return product.RawVector().Data
}
