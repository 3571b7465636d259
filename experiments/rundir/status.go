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

// States that a run's folder records.
const (
	Running   State = "running"   // a process works on it, or was killed at it
	Cancelled State = "cancelled" // interrupted and saved
	Completed State = "completed" // all epochs are done
	Converged State = "converged" // it reached the target set for it
	GaveUp    State = "gave_up"   // its loss was too high for it to go on
	Diverged  State = "diverged"  // its loss was no longer finite
	Failed    State = "failed"    // an error ended it
)

// States of runs whose folder does not record one.
const (
	Unknown State = "unknown" // nothing says how the run stands
	Damaged State = "damaged" // what the run left cannot be read
	// An abandoned run is recorded as running, but its process has ended or no longer responds. The
	// next process that works on the sweep resumes it.
	Abandoned State = "abandoned"
)

// recorded lists the states that a status may have.
var recorded = []State{Running, Cancelled, Completed, Converged, GaveUp, Diverged, Failed}

// States lists all states. Their order never changes: new ones are appended.
var States = append(slices.Clone(recorded), Unknown, Damaged, Abandoned)

// Status records how far a run came.
type Status struct {
	State State `json:"state"`
	// Error is the reason why the run failed; empty otherwise.
	Error      string `json:"error,omitempty"`
	ConfigHash string `json:"config_hash"`
	Epochs     int    `json:"epochs"`
	Steps      int    `json:"steps"`
	// TrainSeconds and TrackSeconds are the wall times that the last session spent on training
	// (with evaluation) and on measuring.
	TrainSeconds float64 `json:"train_seconds"`
	TrackSeconds float64 `json:"track_seconds"`
	// SeriesBytes is the length of the series when the run stopped. Older releases and running runs
	// record none.
	SeriesBytes int64 `json:"series_bytes,omitempty"`
	// Worker is the process that works on the run while it is running.
	Worker *Worker `json:"worker,omitempty"`
	// History lists the other machines on which the run was resumed or begun anew, oldest first.
	History []string `json:"history,omitempty"`
	// Changed lists, as key=value, the settings that the command line changed from the file that
	// describes the run.
	Changed []string `json:"changed,omitempty"`
	// Shapes are the shapes of the points and of each layer's output, for networks with layers
	// other than dense ones.
	Shapes []string `json:"shapes,omitempty"`
	// Header describes the run if it failed before its series began.
	Header *series.Header `json:"header,omitempty"`
}

// Worker is a process that works on a run.
type Worker struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	// Lease identifies the loan under which a server lent the run to the worker; empty for runs of
	// this machine.
	Lease string `json:"lease,omitempty"`
}

// ThisWorker returns this process as a worker that began at the given time.
func ThisWorker(since time.Time) *Worker {
	// A machine without a host name still works, since the name is only displayed.
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

// Place describes where and since when the worker runs; it is empty for nil.
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

// IsGone reports whether the worker was a process of this machine that no longer exists. It reports
// false for workers on other machines.
func (w *Worker) IsGone() bool {
	if w == nil || w.Host != ThisWorker(time.Time{}).Host {
		return false
	}
	process, err := os.FindProcess(w.PID)
	return err != nil || errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// Standing returns the actual state as far as it is known: a killed process cannot record that it
// ended.
func (s Status) Standing() State {
	if s.State == Running && s.Worker.IsGone() {
		return Abandoned
	}
	return s.State
}

// Describe records in a table how its run stands. If the status is missing or belongs to another
// run, as when somebody copied the series, Describe sets the state to unknown and returns false.
func (s Status) Describe(t *series.Table) bool {
	if s.State == "" || s.ConfigHash != t.Header.ConfigHash {
		t.State = string(Unknown)
		return false
	}

	t.State, t.Why = string(s.Standing()), s.Error
	t.Changed, t.Shapes = s.Changed, s.Shapes

	return true
}

// Ended reports whether the run ended by itself, successfully or not.
func (s Status) Ended() bool {
	return s.Unsuccessful() || slices.Contains([]State{Converged, Completed, GaveUp}, s.State)
}

// Trained reports whether the run ended with a network trained as configured.
func (s Status) Trained() bool {
	return s.State == Converged || s.State == Completed
}

// Unsuccessful reports whether the run ended without a usable network.
func (s Status) Unsuccessful() bool {
	return s.State == Failed || s.State == Diverged
}

// FailedEarly reports whether the run failed before its series began, for example for lack of data
// or memory. Retrying loses nothing, and the cause may have been fixed since.
func (s Status) FailedEarly() bool {
	return s.State == Failed && s.Header != nil
}

// ReadStatus reads the status of the run in a folder. ok is false if there is none.
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
	// A status decides whether a run is skipped, so it is not enough that the file parses.
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
