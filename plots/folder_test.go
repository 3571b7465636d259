package plots

import (
	"math"
	"testing"

	"github.com/liptrack/liptrack/tracker/series"
)

// The list of experiments gives the progress of runs and the range of their values; diverged runs
// only count as ended.
func TestFoldersAreMeasured(t *testing.T) {
	a := ended(withWidth("[4]"), 1, map[string]float64{series.TestLoss: 2, series.LowerBound: 3, series.UpperProduct: 5})
	b := ended(withWidth("[8]"), 1, map[string]float64{series.TestLoss: 0.5, series.LowerBound: 4, series.UpperProduct: 5})
	c := ended(withWidth("[16]"), 1, map[string]float64{series.TrainLoss: math.NaN(), series.LowerBound: 1e40})
	a.State, b.State, c.State = "completed", "running", "diverged"

	var f Folder
	f.Measure([]*series.Table{a, b, c})
	if f.TestLoss != "0.5000 to 2" || f.Lower != "3 to 4" || f.Upper != "5" {
		t.Errorf("test loss %q, lower %q, certified %q", f.TestLoss, f.Lower, f.Upper)
	}

	if hasEnded([]*series.Table{a, b, c}) || !hasEnded([]*series.Table{a, c}) {
		t.Error("a set with a running run has ended, or one without has not")
	}

	for _, test := range []struct {
		folders []Folder
		ended   bool
	}{
		{nil, false},
		{[]Folder{{Name: "x", Runs: 2}}, true},
		{[]Folder{{Name: "x", Runs: 2}, {Name: "y", Runs: 1, Running: true}}, false},
	} {
		if got := FolderPage("runs", test.folders).Ended; got != test.ended {
			t.Errorf("%+v: ended %v", test.folders, got)
		}
	}
}
