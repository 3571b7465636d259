package plots

import (
	"slices"
	"testing"

	"github.com/liptrack/liptrack/plots/runset"
	"github.com/liptrack/liptrack/tracker/series"
)

// TestDescriptionsNameWhatChanged checks that the description of a set names the changes of all
// runs, and the keys that only some runs changed.
func TestDescriptionsNameWhatChanged(t *testing.T) {
	described := func(changed ...string) *series.Table {
		table := trainedRun(8, 1, 2)
		table.Header.Config[runset.KeyAbout] = "64 hidden units"
		table.Changed = changed
		return table
	}

	wide, narrow := described("model.hidden=[1024]", "stop.epochs=5"), described("model.hidden=[8]", "stop.epochs=5")
	for _, c := range []struct {
		of   []*series.Table
		want string
	}{
		{[]*series.Table{described()}, "64 hidden units"},
		{[]*series.Table{wide}, "64 hidden units (changed: model.hidden=[1024], stop.epochs=5)."},
		{[]*series.Table{wide, narrow}, "64 hidden units (changed: model.hidden, stop.epochs=5)."},
	} {
		if got := Sentences(c.of); !slices.Contains(got, c.want) {
			t.Errorf("got %q, want %q among them", got, c.want)
		}
	}
}
