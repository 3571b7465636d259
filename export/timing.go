package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sort"

	"github.com/liptrack/liptrack/internal/input"
)

// A timing says when an epoch had been measured.
type timing struct {
	epochs  []int
	seconds []float64 // from the start of the run to the end of the epoch
}

// readTiming reads how long the measured epochs of a run took; nil where there is no such file. Of an
// epoch that was repeated after a kill the last time counts.
func readTiming(path string) (*timing, error) {
	f, err := input.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("timing: %w", err)
	}
	defer f.Close()
	took := map[int]float64{}
	for in := json.NewDecoder(f); ; {
		var line struct {
			Epoch int     `json:"epoch"`
			Train float64 `json:"train_seconds"`
			Track float64 `json:"track_seconds"`
		}
		err := in.Decode(&line)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) { // killed while writing
			break
		}
		if err != nil {
			return nil, fmt.Errorf("timing %s: %w", path, err)
		}
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

// at is the time of an epoch or, where it has none, of the last before.
func (t *timing) at(epoch int) float64 {
	after := sort.SearchInts(t.epochs, epoch+1)
	if after == 0 {
		return 0
	}
	return t.seconds[after-1]
}
