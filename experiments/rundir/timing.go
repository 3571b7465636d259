package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// Timing is one line of the timing file: how long training, measuring and each metric took from one
// measured epoch to the end of the next. Work that metrics share counts for the first metric that
// needs it, and some metrics run concurrently, so the times do not add up to the total.
type Timing struct {
	Epoch int     `json:"epoch"`
	Train float64 `json:"train_seconds"`
	Track float64 `json:"track_seconds"`

	Metrics map[string]float64 `json:"metric_seconds,omitempty"`
	// Allocated is the number of bytes that the program allocated while it measured a metric, not
	// all of which it held at once. It includes allocations by concurrent work, such as other runs.
	Allocated map[string]uint64 `json:"metric_allocated_bytes,omitempty"`
}

// Clock reads how much time had passed at each measured epoch of the run; nil if it is not
// recorded.
func (f *Folder) Clock() (*series.Clock, error) {
	root, err := os.OpenRoot(f.Path)
	if err != nil {
		return nil, fmt.Errorf("timing: %w", err)
	}
	defer root.Close()
	return ReadClock(root, ".")
}

// ReadClock reads how much time had passed at each measured epoch of the run in a folder; nil if it
// is not recorded. It ignores a last line that a kill cut short. If an epoch was repeated after a
// kill, its last time counts.
func ReadClock(root *os.Root, folder string) (*series.Clock, error) {
	name := path.Join(folder, TimingFile)
	file, err := input.OpenIn(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}

	if err != nil {
		return nil, fmt.Errorf("timing: %w", err)
	}

	defer file.Close()

	took := map[int]Timing{}
	for in := json.NewDecoder(file); ; {
		var line Timing
		err := in.Decode(&line)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return clockOf(took), nil
		}

		if err != nil {
			return nil, fmt.Errorf("timing %s: %w", file.Name(), err)
		}

		took[line.Epoch] = line
	}
}

// clockOf sums up the times of the epochs; it returns nil if there are none.
func clockOf(took map[int]Timing) *series.Clock {
	if len(took) == 0 {
		return nil
	}

	c := &series.Clock{Epochs: slices.Sorted(maps.Keys(took))}
	total := 0.0
	for _, e := range c.Epochs {
		total += took[e].Train + took[e].Track
		c.Seconds = append(c.Seconds, total)
		c.Measuring += took[e].Track
	}

	return c
}

// SetClock sets the clock of a run's table. Older releases recorded no time for epochs that were
// not measured: if the clock shows much less than the status, only the total of the status is used.
func (s Status) SetClock(t *series.Table, c *series.Clock) {
	total := s.TrainSeconds + s.TrackSeconds
	if c.Total() < 0.9*total {
		c = &series.Clock{
			Epochs:    []int{s.Epochs},
			Seconds:   []float64{total},
			Measuring: s.TrackSeconds,
		}
	}
	t.Clock = c
}
