package figure

import (
	"math"
	"testing"
)

// TestBarsAreOfTheLongest that is finite; a row without a finite bound has none.
func TestBarsAreOfTheLongest(t *testing.T) {
	tab := Table{Rows: [][]Cell{{Number(1)}, {Number(4)}, {Number(math.Inf(1))}, {Number(0)}}}
	tab.AddBars(0, []float64{1, 2, 3, 0}, []float64{2, 4, math.Inf(1), 0})
	for i, want := range []Bar{{0.25, 0.5}, {0.5, 1}, {}, {}} {
		if got := tab.Rows[i][0].Bar; got != want {
			t.Errorf("row %d has the bar %v, want %v", i, got, want)
		}
	}
}
