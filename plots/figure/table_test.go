package figure

import (
	"math"
	"testing"
)

// TestBarsAreOfTheLongest checks that bars are fractions of the longest finite one, and that a row
// without a finite bound has none.
func TestBarsAreOfTheLongest(t *testing.T) {
	var tab Table
	for _, b := range []Bar{{1, 2}, {2, 4}, {3, math.Inf(1)}, {0, 0}} {
		tab.AddRow(Number(b.Found).WithBar(b.Found, b.Proved))
	}
	tab.ScaleBars(0)
	for i, want := range []Bar{{0.25, 0.5}, {0.5, 1}, {}, {}} {
		if got := tab.Rows[i][0].Bar; got != want {
			t.Errorf("row %d has the bar %v, want %v", i, got, want)
		}
	}
}
