// Package rundir owns the folders of runs: what their files are called, who may write them, how
// far a run came, and where runs are to be found. Whoever reads or writes such a folder does it
// by this package.
//
// Every file of a run is replaced whole or only ever appended to, so that a kill at any instant
// leaves a folder that can be read and gone on with.
package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/liptrack/liptrack/internal/wholefile"
)

// Files of a run's folder.
const (
	SeriesFile = "series.jsonl" // what was measured, reproducible to the byte
	ReportFile = "report.html"  // made from the series; a set's is in the folder above
	TimingFile = "timing.jsonl" // how long each measured epoch took
	StatusFile = "status.json"  // how far the run came
	DataFile   = "data.json"    // names of the data's columns and classes, how they were scaled

	trackedFile = "tracked.jsonl" // which checkpoints of somebody else's training were tracked
	configFile  = "config.yaml"   // the resolved configuration
	checkpoints = "checkpoints"   // safetensors: the last, and those kept by epoch
	lockFile    = ".lock"         // held while a process works on the run
)

// EnsemblesFolder is in the folder of an experiment, beside its runs. It holds one series for each
// group of runs that differ in nothing but their seeds, and is no run itself.
const (
	EnsemblesFolder = "ensembles"
	EnsembleEnding  = ".jsonl"
)

// ErrBusy is the error of opening a folder that another process has open.
var ErrBusy = errors.New("another process is working")

// Folder is where a run lives. One from [Open] is this process's own until it is closed; one made
// from a path is for reading.
type Folder struct {
	Path string
	lock *flock.Flock
}

// Open creates the folder if need be, locks it against other processes, and removes what such left
// half-written. The error is ErrBusy if another process has it.
func Open(path string) (*Folder, error) {
	f := &Folder{Path: path}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}

	// The lock is the kernel's and ends with the process, so that a killed one leaves none behind.
	f.lock = flock.New(f.file(lockFile))
	locked, err := f.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("locking run folder %s: %w", path, err)
	}

	if !locked {
		return nil, fmt.Errorf("run folder %s: %w on it", path, ErrBusy)
	}

	if err := f.tidy(); err != nil {
		f.Close()
		return nil, fmt.Errorf("run folder: %w", err)
	}

	return f, nil
}

// tidy makes the folder of checkpoints and sweeps both.
func (f *Folder) tidy() error {
	err := os.MkdirAll(f.file(checkpoints), 0o755)
	if err != nil {
		return err
	}
	return errors.Join(wholefile.Sweep(f.Path), wholefile.Sweep(f.file(checkpoints)))
}

// Close lets other processes have the folder.
func (f *Folder) Close() error { return f.lock.Unlock() }

// Clear removes what an earlier run left. The status goes last, so that a kill in between leaves
// an unfinished run and not a finished one with files missing.
func (f *Folder) Clear() error {
	names := []string{
		checkpoints,
		SeriesFile,
		TimingFile,
		ReportFile,
		trackedFile,
		configFile,
		DataFile,
		StatusFile,
	}
	for _, name := range names {
		err := os.RemoveAll(f.file(name))
		if err != nil {
			return fmt.Errorf("clearing run folder: %w", err)
		}
	}

	return os.Mkdir(f.file(checkpoints), 0o755)
}

func (f *Folder) file(name string) string {
	return filepath.Join(f.Path, name)
}

// Series returns the path of the run's series file.
func (f *Folder) Series() string {
	return f.file(SeriesFile)
}

// Report returns the path of the run's report.
func (f *Folder) Report() string {
	return f.file(ReportFile)
}

// Timing returns the path of the file that says how long each measured epoch took.
func (f *Folder) Timing() string {
	return f.file(TimingFile)
}

// StatusFile returns the path of the file that says how far the run came.
func (f *Folder) StatusFile() string {
	return f.file(StatusFile)
}

// Config returns the path of the resolved configuration.
func (f *Folder) Config() string {
	return f.file(configFile)
}

// LastCheckpoint returns the path of the rolling checkpoint.
func (f *Folder) LastCheckpoint() string {
	return filepath.Join(f.Path, checkpoints, "last.safetensors")
}

// KeptCheckpoint returns the path of the checkpoint that is kept of an epoch.
func (f *Folder) KeptCheckpoint(epoch int) string {
	return filepath.Join(f.Path, checkpoints, fmt.Sprintf("epoch-%07d.safetensors", epoch))
}

// Ensembles returns the path of the folder that holds the ensembles of the run and its like.
func (f *Folder) Ensembles() string {
	return filepath.Join(filepath.Dir(f.Path), EnsemblesFolder)
}

// Status reads how far the run came; ok is false where nothing says so, as of a run that has not
// begun.
func (f *Folder) Status() (s Status, ok bool, err error) {
	s, ok, err = ReadStatus(os.DirFS(f.Path), ".")
	// A run with a damaged status is not begun anew by itself, which would throw its checkpoints
	// away.
	if err != nil {
		return s, ok, fmt.Errorf(
			"%s: %w; without that file the run begins anew",
			f.file(StatusFile),
			err,
		)
	}
	return s, ok, nil
}

// SetStatus replaces the status.
func (f *Folder) SetStatus(s Status) error {
	return wholefile.Write(f.file(StatusFile), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	})
}
