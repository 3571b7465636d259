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

// Timing is a line of the file of that name: how long it took from one measured epoch to the end
// of the next, in training and in measuring, and in each metric. What metrics share counts for the
// first that needs it, and some run beside others, so that they do not add up to the whole.
type Timing struct {
	Epoch int     `json:"epoch"`
	Train float64 `json:"train_seconds"`
	Track float64 `json:"track_seconds"`

	Metrics map[string]float64 `json:"metric_seconds,omitempty"`
	// Allocated is how many bytes of memory the program asked for while it measured a metric, of
	// which it held a part at a time. What ran beside, such as other runs, is in it.
	Allocated map[string]uint64 `json:"metric_allocated_bytes,omitempty"`
}

// Clock reads how long a run had taken by its measured epochs; nil where nothing says so.
func (f *Folder) Clock() (*series.Clock, error) {
	root, err := os.OpenRoot(f.Path)
	if err != nil {
		return nil, fmt.Errorf("timing: %w", err)
	}
	defer root.Close()
	return ReadClock(root, ".")
}

// ReadClock reads how long the run in a folder had taken by its measured epochs; nil where nothing
// says so. A last line that a kill cut short is left out. Of an epoch that was repeated after a
// kill the last time counts.
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

// clockOf sums up what the epochs took; nil of none.
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

// SetClock gives the table of a run its clock. Older releases noted no time of epochs that were not
// measured: where the clock says much less than the status, that alone says how long it took.
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
