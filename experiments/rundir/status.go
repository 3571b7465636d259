package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"syscall"
	"time"

	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/tracker/series"
)

// State is how a run stands.
type State string

// States that the folder of a run records.
const (
	Running   State = "running"   // a process works on it, or was killed at it
	Cancelled State = "cancelled" // interrupted and saved
	Completed State = "completed" // all epochs are done
	Converged State = "converged" // it reached the target set for it
	GaveUp    State = "gave_up"   // its loss was too high for it to go on
	Diverged  State = "diverged"  // its loss was no longer finite
	Failed    State = "failed"    // an error ended it
)

// States of runs whose folder does not tell.
const (
	Unknown State = "unknown" // nothing says how the run stands
	Damaged State = "damaged" // what the run left cannot be read
	// Abandoned runs are those that are running as their folder has it, by a process that is no
	// more or that has fallen silent. Whoever does the sweep next goes on with them.
	Abandoned State = "abandoned"
)

// recorded are the states that a status may have.
var recorded = []State{Running, Cancelled, Completed, Converged, GaveUp, Diverged, Failed}

// States lists all states, in an order that never changes: others are appended.
var States = append(slices.Clone(recorded), Unknown, Damaged, Abandoned)

// Status says how far a run came.
type Status struct {
	State State `json:"state"`
	// Error says why the run failed; empty for others.
	Error      string `json:"error,omitempty"`
	ConfigHash string `json:"config_hash"`
	Epochs     int    `json:"epochs"`
	Steps      int    `json:"steps"`
	// TrainSeconds and TrackSeconds are the wall time of the last session's training (with
	// evaluation) and of its measurements.
	TrainSeconds float64 `json:"train_seconds"`
	TrackSeconds float64 `json:"track_seconds"`
	// SeriesBytes is the length that the series had when the run stopped. Older releases, and runs
	// under way, record none.
	SeriesBytes int64 `json:"series_bytes,omitempty"`
	// Worker says who works on the run, while it is running.
	Worker *Worker `json:"worker,omitempty"`
	// History says, oldest first, on what other machines the run went on or began anew, if it did.
	History []string `json:"history,omitempty"`
	// Changed lists, as key=value, what the command line set otherwise than the file that describes
	// the run.
	Changed []string `json:"changed,omitempty"`
	// Shapes are those of the points and of what each layer makes of them, of a network of other
	// layers than dense ones.
	Shapes []string `json:"shapes,omitempty"`
	// Header says what the run was, if it failed before its series began.
	Header *series.Header `json:"header,omitempty"`
}

// Worker is a process that works on a run.
type Worker struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	// Lease is under which a server lent the run to the worker; empty for runs of this machine.
	Lease string `json:"lease,omitempty"`
}

// ThisWorker returns this process, which began to work at some time.
func ThisWorker(since time.Time) *Worker {
	// A machine without a name still works: the name is only shown.
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return &Worker{
		Host:  host,
		PID:   os.Getpid(),
		Since: since.UTC().Truncate(time.Second),
	}
}

// Place says who works where since when; nothing of no worker.
func (w *Worker) Place() string {
	if w == nil {
		return ""
	}
	return fmt.Sprintf(
		"on %s, process %d, since %s",
		w.Host,
		w.PID,
		w.Since.Local().Format(time.DateTime),
	)
}

// IsGone reports whether the process is one of this machine that is no more. Of other machines
// nothing is known.
func (w *Worker) IsGone() bool {
	if w == nil || w.Host != ThisWorker(time.Time{}).Host {
		return false
	}
	process, err := os.FindProcess(w.PID)
	return err != nil || errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// Standing returns the state as far as it can be known: a process that was killed could not note
// that it was.
func (s Status) Standing() State {
	if s.State == Running && s.Worker.IsGone() {
		return Abandoned
	}
	return s.State
}

// Describe notes in a series how its run stands. A series that somebody copied beside the status of
// another run, or that has none, is of unknown state: Describe returns false then.
func (s Status) Describe(t *series.Table) bool {
	if s.State == "" || s.ConfigHash != t.Header.ConfigHash {
		t.State = string(Unknown)
		return false
	}

	t.State, t.Why = string(s.Standing()), s.Error
	t.Changed, t.Shapes = s.Changed, s.Shapes

	return true
}

// Ended reports whether the run ended by itself, well or not.
func (s Status) Ended() bool {
	return s.Unsuccessful() || slices.Contains([]State{Converged, Completed, GaveUp}, s.State)
}

// Trained reports whether the run ended with the network that was asked for.
func (s Status) Trained() bool {
	return s.State == Converged || s.State == Completed
}

// Unsuccessful reports whether the run ended without a usable network.
func (s Status) Unsuccessful() bool {
	return s.State == Failed || s.State == Diverged
}

// FailedEarly reports whether the run failed before its series began, as for want of data or
// memory. To try again loses nothing, and what was wrong may have been mended since.
func (s Status) FailedEarly() bool {
	return s.State == Failed && s.Header != nil
}

// ReadStatus reads how far the run in a folder came; ok is false where nothing says so.
func ReadStatus(fsys fs.FS, folder string) (s Status, ok bool, err error) {
	raw, err := input.ReadTextIn(fsys, path.Join(folder, StatusFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Status{}, false, nil
	}
	if err != nil {
		return Status{}, false, err
	}
	s, err = parseStatus(raw)
	return s, err == nil, err
}

func parseStatus(raw []byte) (s Status, err error) {
	// A status decides whether a run is skipped, so a file that merely parses is not enough.
	err = input.UnmarshalJSON(raw, &s)
	switch {
	case err != nil:
	case !slices.Contains(recorded, s.State):
		err = fmt.Errorf("state is %.40q, must be one of %v", s.State, recorded)
	case s.Epochs < 0 || s.Steps < 0 || s.SeriesBytes < 0:
		err = fmt.Errorf(
			"%d epochs, %d steps and %d bytes must not be negative",
			s.Epochs,
			s.Steps,
			s.SeriesBytes,
		)
	}

	if err != nil {
		return Status{}, fmt.Errorf("not a run's status: %w", err)
	}
	return s, nil
}
