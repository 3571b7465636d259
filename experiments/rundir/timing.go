package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/liptrack/liptrack/internal/input"
)

// Timing is how long a measured epoch took: a line of the file of that name.
type Timing struct {
	Epoch int     `json:"epoch"`
	Train float64 `json:"train_seconds"`
	Track float64 `json:"track_seconds"`
}

// ReadTimings reads how long the measured epochs of a run took; none where there is no such file.
// A last line that a kill cut short is left out. An epoch that was repeated after a kill is there
// more than once.
func (f *Folder) ReadTimings() ([]Timing, error) {
	file, err := input.Open(f.Timing())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}

	if err != nil {
		return nil, fmt.Errorf("timing: %w", err)
	}

	defer file.Close()

	var all []Timing
	for in := json.NewDecoder(file); ; {
		var line Timing
		err := in.Decode(&line)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return all, nil
		}

		if err != nil {
			return nil, fmt.Errorf("timing %s: %w", f.Timing(), err)
		}

		all = append(all, line)
	}
}
