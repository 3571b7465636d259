package linalg

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestSpectralNormsAreThoseOfEachMatrix uses magnitudes whose squares are inside and outside the
// range of float64.
func TestSpectralNormsAreThoseOfEachMatrix(t *testing.T) {
	const rows, cols = 4, 7
	r := rand.New(rand.NewPCG(1, 0))
	scales := []float64{1, 0, 1e-170, 1e170, 1e-300, 1e300}
	a := make([]float64, len(scales)*rows*cols)

	for i := range a {
		a[i] = scales[i/(rows*cols)] * r.NormFloat64()
	}
	norms := make([]float64, len(scales))
	SpectralNorms(norms, a, rows, cols)
	for i, got := range norms {
		want := SpectralNorm(mat.NewDense(rows, cols, a[i*rows*cols:(i+1)*rows*cols]))
		if diff := got - want; diff > 1e-14*want || -diff > 1e-14*want {
			t.Errorf("scale %g: norm %g, but %g for the matrix alone", scales[i], got, want)
		}
	}
}

// Batches of matrices that are hard for eigenvalue solvers, mixed with random ones, are compared
// with their largest singular values.
func TestSpectralNormsOfHardMatrices(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	for _, dims := range [][2]int{{3, 5}, {4, 4}, {5, 9}, {10, 40}, {11, 13}, {16, 16}, {17, 20}} {
		rows, cols := dims[0], dims[1]
		var hard []*mat.Dense
		for _, spectrum := range []func(i int) float64{
			func(i int) float64 { return 1 },                          // all equal
			func(i int) float64 { return float64(5 - i/2) },           // double
			func(i int) float64 { return 1 - 1e-13*float64(i%3) },     // clusters
			func(i int) float64 { return 1 - 1e-7*float64(i) },        // close
			func(i int) float64 { return math.Pow(10, -float64(i)) },  // ill-conditioned
			func(i int) float64 { return float64(max(0, 1-i)) },       // of rank one
			func(i int) float64 { return 1e3 * float64(max(0, 2-i)) }, // of rank two
			func(i int) float64 { return 1 / float64(1+i) },
		} {
			var m mat.Dense
			m.Product(orthogonal(r, rows), diagonal(rows, cols, series(rows, spectrum)), orthogonal(r, cols))
			hard = append(hard, &m)
		}

		single := mat.NewDense(rows, cols, nil)
		single.Set(rows-1, 0, -3)
		hard = append(hard, single, mat.NewDense(rows, cols, nil))

		for range 20 {
			hard = append(hard, gaussian(r, rows, cols))
		}
		r.Shuffle(len(hard), func(i, j int) { hard[i], hard[j] = hard[j], hard[i] })
		var a []float64
		for _, m := range hard {
			a = append(a, m.RawMatrix().Data...)
		}
		norms := make([]float64, len(hard))
		SpectralNorms(norms, a, rows, cols)
		for i, got := range norms {
			var svd mat.SVD
			svd.Factorize(hard[i], mat.SVDNone)
			want := svd.Values(nil)[0]
			if !(math.Abs(got-want) <= eigenTolerance(rows)*want) {
				t.Errorf("%d×%d, matrix %d: %v, singular value %v, relative error %g", rows, cols, i, got, want, got/want-1)
			}
		}
	}
}

// A norm has the same bits regardless of the other matrices in the batch.
func TestSpectralNormsDoNotDependOnTheOthers(t *testing.T) {
	const rows, cols, count = 10, 40, 64
	r := rand.New(rand.NewPCG(3, 0))
	a := normal(r, count*rows*cols)
	norms, again := make([]float64, count), make([]float64, count)
	SpectralNorms(norms, a, rows, cols)
	order := r.Perm(count)
	shuffled := make([]float64, 0, len(a))

	for _, i := range order {
		shuffled = append(shuffled, a[i*rows*cols:(i+1)*rows*cols]...)
	}
	SpectralNorms(again, shuffled, rows, cols)
	for to, from := range order {
		if again[to] != norms[from] {
			t.Errorf("matrix %d: %v, elsewhere %v", from, norms[from], again[to])
		}
	}
}

func BenchmarkSpectralNorms(b *testing.B) {
	UseBLAS(AutoBLAS)
	const count, rows, cols = 1000, 10, 40
	a, dst := normal(rand.New(rand.NewPCG(1, 1)), count*rows*cols), make([]float64, count)
	for b.Loop() {
		SpectralNorms(dst, a, rows, cols)
	}
	reportEach(b, count)
}

// diagonal returns the rows×cols matrix with d on its diagonal.
func diagonal(rows, cols int, d []float64) *mat.Dense {
	m := mat.NewDense(rows, cols, nil)
	for i, v := range d {
		m.Set(i, i, v)
	}
	return m
}
