package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/trainer"
)

// Folder is where a run lives: runs/<experiment>/<run>/. Every file in it is replaced whole or
// only ever appended to, so that a kill at any instant leaves it readable and resumable.
type Folder struct {
	Path string
	lock *flock.Flock
}

// Files of a run's folder, beside those of configuration, timing and status.
const (
	SeriesFile = "series.jsonl" // what was measured, reproducible to the byte
	ReportFile = "report.html"  // made from the series; a set's is in the folder above
)

const (
	configFile  = "config.yaml"  // the resolved configuration
	timingFile  = "timing.jsonl" // how long each measured epoch took
	statusFile  = "status.json"  // how far the run came
	checkpoints = "checkpoints"  // safetensors: the last, and those kept by epoch
	lockFile    = ".lock"        // held while a process works on the run
	temporary   = ".tmp-"        // begins the name of a file that is not yet whole
)

func (f *Folder) file(name string) string { return filepath.Join(f.Path, name) }

// Series is the path of the run's series file.
func (f *Folder) Series() string { return f.file(SeriesFile) }

// Report is the path of the run's report.
func (f *Folder) Report() string { return f.file(ReportFile) }

func (f *Folder) lastCheckpoint() string {
	return filepath.Join(f.Path, checkpoints, "last.safetensors")
}

func (f *Folder) keptCheckpoint(epoch int) string {
	return filepath.Join(f.Path, checkpoints, fmt.Sprintf("epoch-%07d.safetensors", epoch))
}

// ErrBusy is the error of opening a folder that another process has open.
var ErrBusy = errors.New("another process is working")

// Local is the Store of run folders on this machine, DIR/<experiment>/<run>/.
type Local struct{ Dir string }

func (l Local) path(run config.Run) string {
	return filepath.Join(l.Dir, run.Config.Name, run.Name)
}

// Series is the path of a run's series file, which need not be there.
func (l Local) Series(run config.Run) string { return (&Folder{Path: l.path(run)}).Series() }

// Open implements Store.
func (l Local) Open(run config.Run) (*Folder, error) { return openFolder(l.path(run)) }

// Status says how far a run has come, without locking or making anything; ok is false for one
// that has not begun.
func (l Local) Status(run config.Run) (s Status, ok bool, err error) {
	return (&Folder{Path: l.path(run)}).status()
}

// openFolder creates the folder if need be and locks it against other processes.
func openFolder(path string) (*Folder, error) {
	f := &Folder{Path: path}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	f.lock = flock.New(f.file(lockFile))
	locked, err := f.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking run folder %s: %w", path, err)
	}
	if !locked {
		return nil, fmt.Errorf("run folder %s: %w on it", path, ErrBusy)
	}
	if err := os.MkdirAll(f.file(checkpoints), 0o755); err != nil {
		f.Close()
		return nil, fmt.Errorf("run folder: %w", err)
	}
	if err := f.sweep(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// sweep removes the temporary files of processes that were killed.
func (f *Folder) sweep() error {
	for _, dir := range []string{f.Path, f.file(checkpoints)} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fmt.Errorf("run folder: %w", err)
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), temporary) {
				if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
					return fmt.Errorf("run folder: %w", err)
				}
			}
		}
	}
	return nil
}

// Close lets other processes have the folder.
func (f *Folder) Close() error { return f.lock.Unlock() }

// clear removes what an earlier run left, the status last, so that a kill in between leaves an
// unfinished run and not a finished one with files missing.
func (f *Folder) clear() error {
	for _, name := range []string{checkpoints, SeriesFile, timingFile, ReportFile, configFile, statusFile} {
		if err := os.RemoveAll(f.file(name)); err != nil {
			return fmt.Errorf("clearing run folder: %w", err)
		}
	}
	return os.Mkdir(f.file(checkpoints), 0o755)
}

// Status says how far a run came.
type Status struct {
	// State is running, or a trainer's status: converged, completed, gave_up, diverged, cancelled; or
	// failed, and then Error says why.
	State      trainer.Status `json:"state"`
	Error      string         `json:"error,omitempty"`
	ConfigHash string         `json:"config_hash"`
	Epochs     int            `json:"epochs"`
	Steps      int            `json:"steps"`
	// TrainSeconds and TrackSeconds are the wall time of the last session's training (with
	// evaluation) and of its measurements.
	TrainSeconds float64 `json:"train_seconds"`
	TrackSeconds float64 `json:"track_seconds"`
}

// States of a run beside the trainer's.
const (
	Running trainer.Status = "running"
	Failed  trainer.Status = "failed"
)

// Ended says that the run ended by itself, well or not.
func (s Status) Ended() bool {
	return s.Unsuccessful() || slices.Contains([]trainer.Status{trainer.Converged, trainer.Completed, trainer.GaveUp}, s.State)
}

// Unsuccessful says that the run ended without the network that was asked for.
func (s Status) Unsuccessful() bool { return s.State == Failed || s.State == trainer.Diverged }

// status reads the folder's status; ok is false where there is none.
func (f *Folder) status() (s Status, ok bool, err error) {
	raw, err := input.ReadFile(f.file(statusFile))
	if errors.Is(err, os.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("run status: %w", err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, false, fmt.Errorf("run status %s: %w; without that file the run begins anew", f.file(statusFile), err)
	}
	return s, true, nil
}

func (f *Folder) setStatus(s Status) error {
	return ReplaceFile(f.file(statusFile), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	})
}

// ReplaceFile writes a file under another name and renames it into place once it is on disk.
func ReplaceFile(path string, write func(io.Writer) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), temporary+"*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	if err := write(tmp); err != nil {
		return err
	}
	if err := tmp.Chmod(0o644); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
