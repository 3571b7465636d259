package linalg

import (
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
	left, right := mat.NewVecDense(rows, nil), mat.NewVecDense(cols, nil)
	if rows <= cols {
		left.CopyVec(mat.NewVecDense(rows, smaller))
		right.MulVec(a.T(), left)
		normalise(right)
	} else {
		right.CopyVec(mat.NewVecDense(cols, smaller))
		left.MulVec(a, right)
		normalise(left)
	}

	return left.RawVector().Data, right.RawVector().Data
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

	var eigen mat.EigenSym
	eigen.Factorize(symmetric, true)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)

	return mat.Col(nil, g.n-1, &vectors)
}

func normalise(v *mat.VecDense) {
	v.ScaleVec(1/blas64.Nrm2(v.RawVector()), v)
}
