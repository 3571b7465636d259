package linalg

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Every kernel is compared with sums in float64 over all rows, some rows and none.
func TestMulSelected(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 1))
	for _, cols := range []int{16, 17, 31, 32, 33, 40, 64, 100} {
		for _, chance := range []float64{0, 0.03, 0.5, 1} {
			const rows = 50
			a, b := normal32(r, rows*TileRows), normal32(r, rows*cols)
			var selected []int32
			for i := range rows {
				if r.Float64() < chance {
					selected = append(selected, int32(i))
				}
			}
			eachSelection(t, func(t *testing.T) {
				checkSelected(t, NewPanels(b, rows, cols), a, b, selected)
			})
		}
	}
}

func checkSelected(t *testing.T, panels *Panels, a, b []float32, selected []int32) {
	t.Helper()
	rows, cols := panels.Rows, panels.Cols
	used := make([]bool, rows)

	for _, i := range selected {
		used[i] = true
	}
	for i := range rows {
		if !used[i] { // must not be read
			for r := range TileRows {
				a[i*TileRows+r] = float32(math.NaN())
			}
		}
	}

	const guard = 12345
	dst := make([]float32, TileRows*cols+8)
	for i := range dst {
		dst[i] = guard
	}
	for pair := range panels.Pairs() {
		panels.MulSelected(dst, a, pair, selected)
	}
	for i := TileRows * cols; i < len(dst); i++ {
		if dst[i] != guard {
			t.Fatalf("wrote beyond the last row")
		}
	}

	for k := range TileRows {
		for c := range cols {
			var want float64
			for _, i := range selected {
				want += float64(a[int(i)*TileRows+k]) * float64(b[int(i)*cols+c])
			}
			if got := float64(dst[k*cols+c]); !(math.Abs(got-want) < 1e-5) {
				t.Fatalf("%d rows, %d columns: element (%d, %d) is %v, want %v", len(selected), cols, k, c, got, want)
			}
		}
	}
}

// eachSelection runs a test with every kernel that this processor supports.
func eachSelection(t *testing.T, f func(t *testing.T)) {
	was := mulSelected
	t.Cleanup(func() { mulSelected = was })
	for _, s := range selections {
		mulSelected = s
		t.Run(s.name, f)
	}
}

func normal32(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}
