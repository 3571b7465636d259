package linalg

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"sync/atomic"
	"testing"
)

// TestGemmInPartsIsGemm covers both precisions, all transposes, cuts along either side, and gaps
// between rows. In float32 the bits must agree if all kernels round alike, so that training rounds
// as PyTorch does; otherwise results must agree up to rounding.
func TestGemmInPartsIsGemm(t *testing.T) {
	for _, choice := range []string{AutoBLAS, GonumBLAS} {
		single := 5e-5
		if regexp.MustCompile("gonum|SkylakeX|Cooperlake|SapphireRapids").MatchString(UseBLAS(choice).String()) {
			single = 0
		}
		for _, size := range [][3]int{{512, 1024, 40}, {1024, 40, 512}, {40, 1024, 513}, {300, 333, 257}, {130, 2000, 31}, {1000, 1001, 17}, {100, 100, 100}} {
			for _, trans := range [][2]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
				name := fmt.Sprintf("%s %v %v", choice, size, trans)
				compareParts[float32](t, name, size, trans, single)
				compareParts[float64](t, name, size, trans, 1e-13)
			}
		}
	}

	UseBLAS(AutoBLAS)
}

// compareParts allows a difference of tolerance for each of the k products, of size 1, in an entry.
func compareParts[T Float](t *testing.T, name string, size [3]int, trans [2]bool, tolerance float64) {
	t.Helper()
	m, n, k := size[0], size[1], size[2]
	const gap = 3
	r := rand.New(rand.NewPCG(1, 2))

	matrix := func(rows, cols int, transposed bool) ([]T, int) {
		if transposed {
			rows, cols = cols, rows
		}
		v := make([]T, rows*(cols+gap))
		for i := range v {
			v[i] = T(r.NormFloat64())
		}
		return v, cols + gap
	}

	a, lda := matrix(m, k, trans[0])
	b, ldb := matrix(k, n, trans[1])
	c, ldc := matrix(m, n, false)
	want := append([]T(nil), c...)
	Gemm(trans[0], trans[1], m, n, k, 2, a, lda, b, ldb, 0.5, want, ldc)
	Split(m, n, k, func(p Part) { GemmPart(p, trans[0], trans[1], k, 2, a, lda, b, ldb, 0.5, c, ldc) })

	for i := range c {
		if !(math.Abs(float64(c[i]-want[i])) <= tolerance*float64(k)) {
			t.Errorf("%s, %T: entry %d is %v, Gemm gives %v", name, c[0], i, c[i], want[i])
			return
		}
	}
}

// The runs of the parts of a product cover each element exactly once.
func TestRunsCoverTheProduct(t *testing.T) {
	for _, size := range [][3]int{{512, 1024, 40}, {1024, 40, 512}, {300, 333, 257}, {5, 7, 3}} {
		m, n := size[0], size[1]
		seen := make([]atomic.Int32, m*n)
		var parts atomic.Int32

		Split(m, n, size[2], func(p Part) {
			parts.Add(1)
			for from, to := range p.Runs(n) {
				for i := from; i < to; i++ {
					seen[i].Add(1)
				}
			}
		})

		for i := range seen {
			if seen[i].Load() != 1 {
				t.Fatalf("%d×%d in %d parts: element %d is covered %d times", m, n, parts.Load(), i, seen[i].Load())
			}
		}

		if large := m > 10; large != (parts.Load() == 2) {
			t.Errorf("%d×%d: %d parts", m, n, parts.Load())
		}
	}
}
