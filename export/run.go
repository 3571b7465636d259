// Package export makes tables of what runs recorded, for spreadsheets, data frames and
// TensorBoard: one row per run, statistics over seeds, all time series. It sees nothing but series
// and the files beside them, and holds one run at a time.
package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// Files that a run's folder has beside its series.
const (
	statusFile = "status.json"
	timingFile = "timing.jsonl"
)

// A Run is what a run recorded.
type Run struct {
	Table *series.Table
	// State is what the run's folder says of it (completed, converged, diverged, failed, running,
	// cancelled), empty where it says nothing.
	State string
	// Stop is the epoch that the run came to.
	Stop int

	folder string
}

// Read reads a series file, and the status beside it if there is one.
func Read(path string) (Run, error) {
	t, err := series.ReadFile(path)
	if err != nil {
		return Run{}, err
	}
	r := Run{Table: t, Stop: lastEpoch(t), folder: filepath.Dir(path)}
	file := filepath.Join(r.folder, statusFile)
	raw, err := input.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return Run{}, fmt.Errorf("run status: %w", err)
	}
	var status struct {
		State      string `json:"state"`
		ConfigHash string `json:"config_hash"`
		Epochs     int    `json:"epochs"`
	}
	if err := json.Unmarshal(raw, &status); err != nil {
		return Run{}, fmt.Errorf("run status %s: %w", file, err)
	}
	if status.ConfigHash == t.Header.ConfigHash {
		r.State, r.Stop = status.State, max(r.Stop, status.Epochs)
	}
	return r, nil
}

// lastEpoch is the last with any value, 0 where there is none.
func lastEpoch(t *series.Table) int {
	last := 0
	for c := range curves(t) {
		if _, epoch, ok := c.Last(); ok {
			last = max(last, epoch)
		}
	}
	return last
}

// curves yields the curves of a table: metrics in the order in which they first appeared, labels in
// natural order.
func curves(t *series.Table) func(yield func(*series.Curve) bool) {
	return func(yield func(*series.Curve) bool) {
		for _, metric := range t.Metrics() {
			for _, label := range t.Labels(metric) {
				if !yield(t.Curve(metric, label)) {
					return
				}
			}
		}
	}
}
