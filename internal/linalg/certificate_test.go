package linalg

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestUpperExact uses D·H, where H = I − (2/n)·11ᵀ is orthogonal, and exact in floating point if n
// is a power of 2, and D is diagonal with small integers. Its norm is exactly max D.
func TestUpperExact(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		for _, n := range []int{2, 4, 8, 64, 256, 512} {
			a := mat.NewDense(n, n, nil)
			largest := 0.0
			for i := range n {
				d := float64(1 + i*i%97)
				largest = max(largest, d)
				for j := range n {
					h := -2 / float64(n)
					if i == j {
						h++
					}
					a.Set(i, j, d*h)
				}
			}

			compareNorm(t, fmt.Sprint("n = ", n), a, largest)
			if upper := SpectralNormUpper(a); upper < largest {
				t.Errorf("n = %d: upper %v below the norm %v", n, upper, largest)
			}
		}
	})
}

// TestUpperProved decides u > σ₁ in rational arithmetic.
func TestUpperProved(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(12, 12))
		for range 60 {
			rows, cols := 1+r.IntN(5), 1+r.IntN(6)
			a := gaussian(r, rows, cols)
			if r.IntN(3) == 0 {
				a.Copy(orthogonal(r, max(rows, cols))) // singular values equal except for rounding
			}
			checkProved(t, a)
		}

		// A running sum of 1 + 4000·0.81e-16 loses every term except the first.
		losing := mat.NewDense(1, 4001, series(4001, func(int) float64 { return 0.9e-8 }))
		losing.Set(0, 0, 1)
		checkProved(t, losing)
	})
}

func checkProved(t *testing.T, a *mat.Dense) {
	t.Helper()
	top := TopSingular(a, nil)
	if !exceedsNorm(top.Upper, a) {
		t.Errorf("upper %v is below the norm of\n%v", top.Upper, mat.Formatted(a, mat.Excerpt(5)))
	}
	rows, cols := a.Dims()
	if below := top.Norm * (1 - normTolerance(rows, cols)); exceedsNorm(below, a) {
		t.Errorf("norm %v is too large for\n%v", top.Norm, mat.Formatted(a, mat.Excerpt(5)))
	}
}

// exceedsNorm reports whether u > σ₁(a), exactly, from the pivots of u²I − aaᵀ.
func exceedsNorm(u float64, a *mat.Dense) bool {
	rows, cols := a.Dims()
	exact := func(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
	m := make([][]*big.Rat, rows)

	for i := range m {
		m[i] = make([]*big.Rat, rows)
		for j := range m[i] {
			m[i][j] = new(big.Rat)
			if i == j {
				m[i][j].Mul(exact(u), exact(u))
			}
			for k := range cols {
				m[i][j].Sub(m[i][j], new(big.Rat).Mul(exact(a.At(i, k)), exact(a.At(j, k))))
			}
		}
	}

	for p := range m {
		if m[p][p].Sign() <= 0 {
			return false
		}
		for i := p + 1; i < rows; i++ {
			factor := new(big.Rat).Quo(m[i][p], m[p][p])
			for j := p; j < rows; j++ {
				m[i][j].Sub(m[i][j], new(big.Rat).Mul(factor, m[p][j]))
			}
		}
	}

	return true
}

// TestTopSingularStart uses helpful, misleading and invalid start vectors.
func TestTopSingularStart(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 15))
	a := gaussian(r, largeOrder, largeOrder)
	cold := TopSingular(a, nil)
	near := mat.DenseCopyOf(a)
	near.Apply(func(i, j int, v float64) float64 { return v * (1 + 1e-3*r.NormFloat64()) }, a)
	eigenvectorOfAnother := make([]float64, largeOrder)
	eigenvectorOfAnother[1] = 1
	diagonal := mat.NewDense(largeOrder, largeOrder, nil)

	for i := range largeOrder {
		diagonal.Set(i, i, 1/float64(1+i))
	}
	tests := []struct {
		name  string
		a     *mat.Dense
		start []float64
		same  bool // same bits as without a start
	}{
		{name: "its own vector", a: a, start: cold.Vector},
		{name: "the vector of a neighbour", a: near, start: cold.Vector},
		{name: "the vector of a smaller singular value", a: diagonal, start: eigenvectorOfAnother, same: true},
		{name: "of the wrong length", a: a, start: cold.Vector[1:], same: true},
		{name: "zero", a: a, start: make([]float64, largeOrder), same: true},
		{name: "NaN", a: a, start: series(largeOrder, func(int) float64 { return math.NaN() }), same: true},
	}

	for _, test := range tests {
		want := TopSingular(test.a, nil)
		got := TopSingular(test.a, test.start)
		if tolerance := normTolerance(test.a.Dims()); math.Abs(got.Norm-want.Norm) > tolerance*want.Norm || got.Upper < got.Norm {
			t.Errorf("%s: %v ≤ %v, without %v ≤ %v", test.name, got.Norm, got.Upper, want.Norm, want.Upper)
		}
		if test.same && (got.Norm != want.Norm || got.Upper != want.Upper) {
			t.Errorf("%s: changes the result from %v to %v", test.name, want.Norm, got.Norm)
		}
		if again := TopSingular(test.a, test.start); again.Norm != got.Norm || again.Upper != got.Upper {
			t.Errorf("%s: a second time gives %v, the first %v", test.name, again.Norm, got.Norm)
		}
	}
}

// TestCertifyRefuses: a shift below the largest eigenvalue is not certified.
func TestCertifyRefuses(t *testing.T) {
	a := gaussian(rand.New(rand.NewPCG(17, 17)), 300, 290)
	g, _, _ := scaledGram(a)
	value := g.largestEigenvalue()
	if bound, ok := g.certify(value * (1 - 1e-12)); ok {
		t.Errorf("%v was certified to bound %v", bound, value)
	}
	if _, ok := g.certify(value * (1 + 1e-12)); !ok {
		t.Errorf("a shift above the largest eigenvalue was refused")
	}
}

// TestTopWithoutProof: if no proof is possible, the bound is +Inf and the search for a proof ends.
func TestTopWithoutProof(t *testing.T) {
	for _, n := range []int{3, lanczosFrom} {
		g := gram{n: n, k: n, data: make([]float64, n*n)}
		g.data[n*n-1] = math.NaN()
		if top := g.top(nil, 0); !math.IsInf(top.Upper, 1) || !math.IsNaN(top.Norm) {
			t.Errorf("order %d: %v ≤ %v", n, top.Norm, top.Upper)
		}
	}
}
