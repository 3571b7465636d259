package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// eigenTolerance bounds the error of a largest eigenvalue relative to ‖G‖: backward errors of a few
// roundings in each of n reflections, here and in the reference.
func eigenTolerance(n int) float64 { return 1e-15 * float64(n+9) }

// symmetricCases returns matrices of order n that are hard for eigenvalue solvers.
func symmetricCases(r *rand.Rand, n int) map[string]*mat.SymDense {
	build := func(at func(i, j int) float64) *mat.SymDense {
		s := mat.NewSymDense(n, nil)
		for i := range n {
			for j := range i + 1 {
				s.SetSym(i, j, at(i, j))
			}
		}
		return s
	}

	spectrum := func(eigenvalue func(i int) float64) *mat.SymDense {
		q := orthogonal(r, n)
		var s mat.Dense
		s.Mul(q, mat.NewDiagDense(n, series(n, eigenvalue)))
		s.Mul(&s, q.T())
		return build(func(i, j int) float64 { return s.At(i, j) })
	}

	x := normal(r, n)
	return map[string]*mat.SymDense{
		"random":      build(func(i, j int) float64 { return r.NormFloat64() }),
		"zero":        build(func(i, j int) float64 { return 0 }),
		"rank one":    build(func(i, j int) float64 { return x[i] * x[j] }),
		"all ones":    build(func(i, j int) float64 { return 1 }),
		"identity":    spectrum(func(int) float64 { return 1 }),
		"negative":    spectrum(func(i int) float64 { return -1 - float64(i) }),
		"cluster":     spectrum(func(i int) float64 { return 1 - 1e-13*float64(i%3) }),
		"double":      spectrum(func(i int) float64 { return 5 - float64(i/2) }),
		"ill":         spectrum(func(i int) float64 { return math.Pow(10, -float64(i)) }),
		"wilkinson":   build(func(i, j int) float64 { return tridiagonalElement(i, j, math.Abs(float64(i)-float64(n-1)/2), 1) }),
		"second diff": build(func(i, j int) float64 { return tridiagonalElement(i, j, 2, -1) }),
		"nearly split": build(func(i, j int) float64 {
			return tridiagonalElement(i, j, 1, []float64{1, 1e-9, 1e-17, 0}[i%4])
		}),
	}
}

func tridiagonalElement(i, j int, diagonal, off float64) float64 {
	switch i - j {
	case 0:
		return diagonal
	case 1:
		return off
	}
	return 0
}

func series(n int, at func(i int) float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = at(i)
	}
	return x
}

func orthogonal(r *rand.Rand, n int) *mat.Dense {
	var qr mat.QR
	qr.Factorize(gaussian(r, n, n))
	var q mat.Dense
	qr.QTo(&q)
	return &q
}

func TestLargestEigenvaluesTwin(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 5))
		for _, n := range []int{1, 2, 3, 4, 7, 10, 16, 31, 64, 65, 100} {
			for name, s := range symmetricCases(r, n) {
				for _, scale := range []float64{1, 1e-300, 1e-150, 1e150, 1e300} {
					compareEigenvalue(t, fmt.Sprintf("%s n=%d ×%g", name, n, scale), s, scale)
				}
			}
		}
	})
}

// compareEigenvalue compares the result for scale·s with EigenSym of s, because the range of
// EigenSym is narrower.
func compareEigenvalue(t *testing.T, name string, s *mat.SymDense, scale float64) {
	t.Helper()
	n := s.SymmetricDim()
	var eigen mat.EigenSym
	if !eigen.Factorize(s, false) {
		t.Fatalf("%s: EigenSym failed", name)
	}
	values := eigen.Values(nil)
	norm := max(math.Abs(values[0]), math.Abs(values[n-1]))
	gram := make([]float64, n*n)

	for i := range n {
		for j := range n {
			gram[i*n+j] = s.At(i, j) * scale
			if j > i {
				gram[i*n+j] = math.NaN() // must not be read
			}
		}
	}

	var got [1]float64
	LargestEigenvalues(got[:], gram, n)
	if err := math.Abs(got[0]/scale - values[n-1]); !(err <= eigenTolerance(n)*norm) {
		t.Errorf("%s: %v, EigenSym %v, differ by %g·‖G‖", name, got[0]/scale, values[n-1], err/norm)
	}
}

func TestLargestEigenvaluesKnown(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name string
		n    int
		gram []float64
		want float64
	}{
		{"1×1", 1, []float64{-3}, -3},
		{"2×2", 2, []float64{2, 0, 3, 10}, 11},
		{"diagonal", 3, []float64{1, 0, 0, 0, 3, 0, 0, 0, 2}, 3},
		{"NaN", 3, []float64{1, 0, 0, nan, 3, 0, 0, 0, 2}, nan},
		{"infinity", 3, []float64{1, 0, 0, 0, 3, 0, 0, 0, inf}, inf},
		{"NaN beside infinity", 2, []float64{inf, 0, 0, nan}, nan},
		{"subnormal", 1, []float64{5e-324}, 5e-324},
	}

	for _, test := range tests {
		var got [1]float64
		LargestEigenvalues(got[:], slices.Clone(test.gram), test.n)
		if difference(got[:], []float64{test.want}) != 0 {
			t.Errorf("%s: got %v, want %v", test.name, got[0], test.want)
		}
	}
}

// TestLargestEigenvaluesBatch: each matrix of a batch has the same result as alone.
func TestLargestEigenvaluesBatch(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	const n, count = 10, 200
	grams := make([]float64, count*n*n)
	GramSmall(grams, normal(r, count*n*40), count, n, 40)
	alone := make([]float64, count)

	for i := range alone {
		LargestEigenvalues(alone[i:i+1], slices.Clone(grams[i*n*n:(i+1)*n*n]), n)
	}
	together, scratch := make([]float64, count), make([]float64, len(grams))
	if allocs := testing.AllocsPerRun(3, func() {
		copy(scratch, grams)
		LargestEigenvalues(together, scratch, n)
	}); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
	if !slices.Equal(together, alone) {
		t.Error("a batch differs from its matrices alone")
	}
}

// TestLargestTridiagonalBrackets checks the result by Sylvester's law alone: no eigenvalue exceeds
// it by more than the tolerance, and one exceeds it minus the tolerance.
func TestLargestTridiagonalBrackets(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 5000 {
		n := 1 + r.IntN(30)
		d, e2 := normal(r, n), make([]float64, n)
		for i := 1; i < n; i++ {
			e2[i] = math.Pow(10, -30*r.Float64()*float64(r.IntN(2)))
		}
		lo, hi := bracket(d, e2)
		tolerance := eigenTolerance(n) * max(math.Abs(lo), math.Abs(hi))
		got := largestTridiagonal(d, e2)
		if _, _, above := inverseMoments(d, e2, got+tolerance); !above {
			t.Fatalf("an eigenvalue of d=%v e²=%v exceeds %v", d, e2, got)
		}
		if _, _, above := inverseMoments(d, e2, got-tolerance); above {
			t.Fatalf("no eigenvalue of d=%v e²=%v is as large as %v", d, e2, got)
		}
	}
}

func TestGramSmall(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		t.Run("float32", testGramSmall[float32])
		t.Run("float64", testGramSmall[float64])
	})
}

func testGramSmall[T Float](t *testing.T) {
	const tolerance = 1e-12 // sums of 300 products of standard normal numbers in float64
	r := rand.New(rand.NewPCG(9, 9))
	for _, size := range [][3]int{{0, 3, 4}, {5, 1, 1}, {4, 1, 300}, {7, 2, 3}, {6, 3, 40}, {5, 10, 40}, {2, 30, 20}} {
		count, rows, cols := size[0], size[1], size[2]
		j := make([]T, count*rows*cols)
		for i := range j {
			j[i] = T(r.NormFloat64())
		}
		got := make([]float64, count*rows*rows)
		GramSmall(got, j, count, rows, cols)
		want := make([]float64, len(got))

		for s := range count {
			for a := range rows {
				for b := range rows {
					for c := range cols {
						want[(s*rows+a)*rows+b] += float64(j[(s*rows+a)*cols+c]) * float64(j[(s*rows+b)*cols+c])
					}
				}
			}
		}

		if d := difference(got, want); !(d <= tolerance) {
			t.Errorf("count,rows,cols=%v: off by %g", size, d)
		}
	}
}

func TestBatchSizesPanic(t *testing.T) {
	for name, call := range map[string]func(){
		"eigenvalues": func() { LargestEigenvalues(make([]float64, 2), make([]float64, 9), 3) },
		"gram":        func() { GramSmall(make([]float64, 9), make([]float32, 12), 1, 3, 5) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: sizes that do not match were accepted", name)
				}
			}()
			call()
		}()
	}
}

// TestLargestOfSemidefinite covers orders on both sides of the switch from reduction to Lanczos.
func TestLargestOfSemidefinite(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and shorter tests cover what is concurrent in it")
	}
	r := rand.New(rand.NewPCG(8, 1))
	for _, n := range []int{40, lanczosFrom - 1, lanczosFrom, lanczosFrom + 70} {
		for name, scale := range map[string]float64{"gram": 1, "tiny": 0x1p-300, "huge": 0x1p400, "zero": 0, "nan": math.NaN()} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				x := gaussian(r, n, n/2)
				var a mat.Dense
				a.Mul(x, x.T())
				a.Scale(scale, &a)
				lower := slices.Clone(a.RawMatrix().Data)

				for i := range n {
					for j := i + 1; j < n; j++ {
						lower[i*n+j] = math.NaN() // must not be read
					}
				}

				want := math.NaN()
				if !math.IsNaN(scale) {
					var values mat.SVD
					values.Factorize(&a, mat.SVDNone)
					want = values.Values(nil)[0]
				}

				got := LargestOfSemidefinite(n, lower)
				if !(math.Abs(got-want) <= eigenTolerance(n)*want) && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Errorf("%v, want %v", got, want)
				}
			})
		}
	}
}
