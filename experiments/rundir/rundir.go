// Package rundir owns the folders of runs: the names of their files, who may write them, how far a
// run came, and where runs are found. All code that reads or writes such a folder goes through this
// package.
//
// Every file of a run is either replaced as a whole or only appended to, so that a kill at any
// moment leaves a folder that can be read and resumed.
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

// Names of the files in a run's folder.
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

// EnsemblesFolder is in the folder of an experiment, next to its runs. It holds one series for each
// group of runs that differ only in their seeds, and is not a run itself.
const (
	EnsemblesFolder = "ensembles"
	EnsembleEnding  = ".jsonl"
)

// ErrBusy is returned by Open if another process has the folder open.
var ErrBusy = errors.New("another process is working")

// Folder is the folder of a run. A Folder from [Open] belongs to this process until it is closed;
// one made from a path is for reading.
type Folder struct {
	Path string
	lock *flock.Flock
}

// Open creates the folder if necessary, locks it against other processes, and removes half-written
// files of earlier processes. It returns ErrBusy if another process holds the folder.
func Open(path string) (*Folder, error) {
	f := &Folder{Path: path}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}

	// The kernel holds the lock and releases it when the process ends, so that a killed process
	// leaves no stale lock.
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

// tidy creates the folder of checkpoints and removes half-written files from both folders.
func (f *Folder) tidy() error {
	err := os.MkdirAll(f.file(checkpoints), 0o755)
	if err != nil {
		return err
	}
	return errors.Join(wholefile.Sweep(f.Path), wholefile.Sweep(f.file(checkpoints)))
}

// Close releases the folder for other processes.
func (f *Folder) Close() error { return f.lock.Unlock() }

// Clear removes what an earlier run left. It removes the status last, so that a kill in between
// leaves an unfinished run and not a finished one with missing files.
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

// KeptCheckpoint returns the path of the checkpoint kept for an epoch.
func (f *Folder) KeptCheckpoint(epoch int) string {
	return filepath.Join(f.Path, checkpoints, fmt.Sprintf("epoch-%07d.safetensors", epoch))
}

// Ensembles returns the path of the folder that holds the ensembles of this run and its siblings.
func (f *Folder) Ensembles() string {
	return filepath.Join(filepath.Dir(f.Path), EnsemblesFolder)
}

// Status reads how far the run came. ok is false if nothing is recorded, as for a run that has not
// begun.
func (f *Folder) Status() (s Status, ok bool, err error) {
	s, ok, err = ReadStatus(os.DirFS(f.Path), ".")
	// Do not begin a run anew because its status is damaged: that would throw its checkpoints away.
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
