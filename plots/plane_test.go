package plots

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

// TestPlanePartsTheClasses draws 3×3 cells whose last column has another class.
func TestPlanePartsTheClasses(t *testing.T) {
	f, declined := plane(trainedRun(64, 1, 2))
	if f == nil {
		t.Fatal(declined)
	}
	cells, borders := f.Series[0].Rows, f.Series[1].Rows
	if len(cells) != 9 || len(borders) != 9 {
		t.Fatalf("%d cells and %d rows of borders, want 9 of each", len(cells), len(borders))
	}
	for i, c := range cells {
		x, y := float64(i%3-1), float64(i/3-1)
		if c[0] != x-0.5 || c[1] != x+0.5 || c[2] != y-0.5 || c[3] != y+0.5 || c[4] != float64(i) {
			t.Errorf("cell %d is %v", i, c)
		}
	}

	for i, r := range borders {
		if gap := i%3 == 2; gap != math.IsNaN(r[0]) || !gap && r[0] != 0.5 {
			t.Errorf("row %d of the borders is %v", i, r)
		}
	}
}

func TestPlaneDeclinesWhatIsNoSquare(t *testing.T) {
	run := series.NewTable(series.Header{})
	for _, label := range []string{"x=0,y=0", "x=1,y=0", "z=3"} {
		for _, metric := range []string{series.GridNorm, series.GridClass} {
			run.Add(series.Point{Sample: series.Sample{Metric: metric, Label: label}})
		}
	}
	if f, declined := plane(run); f != nil || declined == "" {
		t.Errorf("drawn as %v", f)
	}
}
