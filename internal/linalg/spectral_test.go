package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// normTolerance bounds the relative error of σ₁, here and in the reference: errors of random sign
// in sums of n products. (The certificate covers the proved bound, of order n².)
func normTolerance(rows, cols int) float64 { return 1e-15 * float64(10+min(rows, cols)) }

func svdNorm(t *testing.T, a mat.Matrix) float64 {
	t.Helper()
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDNone) {
		t.Fatal("SVD failed")
	}
	return svd.Values(nil)[0]
}

// matrixCases returns rows×cols matrices that are hard for norms.
func matrixCases(r *rand.Rand, rows, cols int) map[string]*mat.Dense {
	build := func(at func(i, j int) float64) *mat.Dense {
		a := mat.NewDense(rows, cols, nil)
		a.Apply(func(i, j int, _ float64) float64 { return at(i, j) }, a)
		return a
	}

	spectrum := func(sigma func(i int) float64) *mat.Dense {
		d := build(func(i, j int) float64 {
			if i != j {
				return 0
			}
			return sigma(i)
		})
		d.Mul(orthogonal(r, rows), d)
		d.Mul(d, orthogonal(r, cols))
		return d
	}

	x, y := normal(r, rows), normal(r, cols)
	wide := mat.NewDense(rows, cols+3, normal(r, rows*(cols+3)))
	return map[string]*mat.Dense{
		"random":   build(func(i, j int) float64 { return r.NormFloat64() }),
		"strided":  wide.Slice(0, rows, 2, cols+2).(*mat.Dense),
		"rank one": build(func(i, j int) float64 { return x[i] * y[j] }),
		"positive": build(func(i, j int) float64 { return r.Float64() }),
		"sparse":   build(func(i, j int) float64 { return float64((i*7+j*3)%11/10) * r.NormFloat64() }),
		"isometry": spectrum(func(int) float64 { return 1 }),
		"cluster":  spectrum(func(i int) float64 { return 1 - 1e-12*float64(i%3) }),
		"double":   spectrum(func(i int) float64 { return 1 / float64(1+i/2) }),
		"ill":      spectrum(func(i int) float64 { return math.Pow(10, -float64(i)) }),
	}
}

func TestSpectralNormTwin(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and shorter tests cover what is concurrent in it")
	}
	eachBackend(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(11, 11))
		for _, size := range [][2]int{{1, 1}, {1, 7}, {9, 1}, {2, 2}, {5, 3}, {10, 40}, {40, 256}, {70, 66}, {100, 300}} {
			for name, a := range matrixCases(r, size[0], size[1]) {
				want := svdNorm(t, a)
				for _, scale := range []float64{1, 1e-300, 1e-150, 1e-31, 1e31, 1e150, 1e300} {
					var b mat.Dense
					b.Scale(scale, a)
					compareNorm(t, fmt.Sprintf("%s %v ×%g", name, size, scale), &b, want*scale)
				}
			}
		}
	})
}

// compareNorm compares SpectralNorm and both numbers of TopSingular with a reference norm.
func compareNorm(t *testing.T, name string, a *mat.Dense, want float64) {
	t.Helper()
	const excess = 1e-10 // allowed for the certificate up to order 1000
	tolerance := normTolerance(a.Dims())
	got, top := SpectralNorm(a), TopSingular(a, nil)
	if !(math.Abs(got-want) <= tolerance*want) {
		t.Errorf("%s: SpectralNorm %v, twin %v, relative difference %g", name, got, want, math.Abs(got-want)/want)
	}
	if top.Norm != got {
		t.Errorf("%s: TopSingular's norm %v, SpectralNorm %v", name, top.Norm, got)
	}
	if !(top.Upper >= top.Norm) || !(top.Upper <= want*(1+excess)) {
		t.Errorf("%s: upper %v for norm %v, relative excess %g", name, top.Upper, want, top.Upper/want-1)
	}
	if upper := SpectralNormUpper(a); upper != top.Upper {
		t.Errorf("%s: SpectralNormUpper %v, TopSingular's %v", name, upper, top.Upper)
	}
}

func TestSpectralNormSpecial(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name string
		a    *mat.Dense
		want float64
	}{
		{"empty", new(mat.Dense), 0},
		{"zero", mat.NewDense(3, 4, nil), 0},
		{"1×1", mat.NewDense(1, 1, []float64{-2.5}), 2.5},
		{"1×1 subnormal", mat.NewDense(1, 1, []float64{5e-324}), 5e-324},
		{"1×1 huge", mat.NewDense(1, 1, []float64{math.MaxFloat64}), math.MaxFloat64},
		{"row", mat.NewDense(1, 2, []float64{3, 4}), 5},
		{"column", mat.NewDense(2, 1, []float64{3, 4}), 5},
		{"diagonal", mat.NewDense(2, 2, []float64{3, 0, 0, -4}), 4},
		{"NaN", mat.NewDense(2, 2, []float64{1, nan, inf, 1}), nan},
		{"infinite", mat.NewDense(2, 2, []float64{1, 2, -inf, 1}), inf},
		{"overflowing", mat.NewDense(1, 2, []float64{math.MaxFloat64, math.MaxFloat64}), inf},
	}

	for _, test := range tests {
		got := SpectralNorm(test.a)
		if difference([]float64{got}, []float64{test.want}) != 0 {
			t.Errorf("%s: SpectralNorm = %v, want %v", test.name, got, test.want)
		}
		if upper := SpectralNormUpper(test.a); upper < test.want || math.IsNaN(upper) != math.IsNaN(test.want) {
			t.Errorf("%s: SpectralNormUpper = %v for %v", test.name, upper, test.want)
		}
	}
}

// TestSpectralNormProperties: scaling by powers of two and sign changes are exact; transposing does
// not change the norm; the norm of some of the rows never exceeds the certificate of all.
func TestSpectralNormProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 13))
	for range 100 {
		rows, cols := 1+r.IntN(40), 1+r.IntN(40)
		a := gaussian(r, rows, cols)
		top := TopSingular(a, nil)
		var scaled mat.Dense
		scaled.Scale(-0x1p-20, a)
		if s := TopSingular(&scaled, nil); s.Norm != top.Norm*0x1p-20 || s.Upper != top.Upper*0x1p-20 {
			t.Errorf("%d×%d: scaled by −2⁻²⁰ gives %v, want %v scaled", rows, cols, s, top)
		}
		transposed := mat.DenseCopyOf(a.T())
		if n := SpectralNorm(transposed); math.Abs(n-top.Norm) > normTolerance(rows, cols)*top.Norm {
			t.Errorf("%d×%d: %v, transposed %v", rows, cols, top.Norm, n)
		}
		if cut := SpectralNorm(a.Slice(0, 1+rows/2, 0, cols).(*mat.Dense)); cut > top.Upper {
			t.Errorf("%d×%d: a part has norm %v, above the whole's bound %v", rows, cols, cut, top.Upper)
		}
	}
}

// Large matrices use Lanczos with a proof.

const largeOrder = lanczosFrom + 30 // two tiles and a remainder

func TestSpectralNormLarge(t *testing.T) {
	eachBackend(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(14, 14))
		compareNorm(t, "tall", gaussian(r, largeOrder+100, largeOrder), svdNorm(t, gaussian(rand.New(rand.NewPCG(14, 14)), largeOrder+100, largeOrder)))
		a := gaussian(r, largeOrder, largeOrder)
		want := svdNorm(t, a)
		compareNorm(t, "square", a, want)
		a.Scale(1e200, a)
		compareNorm(t, "huge", a, want*1e200)
		identity := mat.NewDense(largeOrder, largeOrder, nil)

		for i := range largeOrder {
			identity.Set(i, i, 3)
		}
		compareNorm(t, "all singular values equal", identity, 3)
	})
}

// TestSpectralNormSameOnAnyProcessors: sharing the work does not change the result.
func TestSpectralNormSameOnAnyProcessors(t *testing.T) {
	a := gaussian(rand.New(rand.NewPCG(16, 16)), largeOrder, largeOrder)
	many := TopSingular(a, nil)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if one := TopSingular(a, nil); one.Norm != many.Norm || one.Upper != many.Upper {
		t.Errorf("on one processor %v ≤ %v, on several %v ≤ %v", one.Norm, one.Upper, many.Norm, many.Upper)
	}
}
