package export

import (
	"maps"
	"slices"
	"sort"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// A timing says when an epoch had been measured.
type timing struct {
	epochs  []int
	seconds []float64 // from the start of the run to the end of the epoch
}

// timingOf reads how long the measured epochs of a run took; nil where nothing says so. Of an epoch
// that was repeated after a kill the last time counts.
func timingOf(r rundir.Record) (*timing, error) {
	lines, err := r.Folder().ReadTimings()
	if err != nil || len(lines) == 0 {
		return nil, err
	}

	took := map[int]float64{}
	for _, line := range lines {
		took[line.Epoch] = line.Train + line.Track
	}

	t := &timing{epochs: slices.Sorted(maps.Keys(took))}
	total := 0.0
	for _, e := range t.epochs {
		total += took[e]
		t.seconds = append(t.seconds, total)
	}

	return t, nil
}

// at returns the time of an epoch or, where it has none, of the last before.
func (t *timing) at(epoch int) float64 {
	after := sort.SearchInts(t.epochs, epoch+1)
	if after == 0 {
		return 0
	}
	return t.seconds[after-1]
}
