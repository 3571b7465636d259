package linalg

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// SingularPair returns the pair of unit singular vectors u, v of a matrix with σ₁ = uᵀAv, up to
// their common sign; nil for a matrix that is zero, empty or not finite. Its error is about that of
// the Gram matrix of the smaller side over the relative gap between σ₁ and σ₂: where the two are
// one, any pair of their plane may come.
func SingularPair(a *mat.Dense) (u, v []float64) {
	g, _, size := scaledGram(a)
	defer giveScratch(g.data)
	if !regular(size) {
		return nil, nil
	}

	smaller := g.topEigenvector()
	// The other vector of the pair is Av or Aᵀu over σ₁, which normalising divides by.
	rows, cols := a.Dims()
	if rows <= cols {
		return smaller, unitProduct(a.T(), smaller)
	}

	return unitProduct(a, smaller), smaller
}

// topEigenvector returns the unit eigenvector of the largest eigenvalue: of small matrices by QR,
// of large ones by Lanczos.
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

// TopEigenpair returns about the largest eigenvalue of a symmetric matrix, and its unit
// eigenvector; NaN and zeros where QR does not converge.
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

// unitProduct returns Av over its length.
func unitProduct(a mat.Matrix, v []float64) []float64 {
	var product mat.VecDense
	product.MulVec(a, mat.NewVecDense(len(v), v))
	product.ScaleVec(1/blas64.Nrm2(product.RawVector()), &product)
	return product.RawVector().Data
}
