package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// RetryFailed resets the failed and diverged runs below a folder, so that the next process to do
// the sweep repeats them. Failed runs resume from their last checkpoint, diverged runs start over.
// It returns the number of runs reset. Runs in progress are left alone.
func RetryFailed(dir string) (int, error) {
	files, err := rundir.Find(dir)
	if err != nil {
		return 0, err
	}

	again := 0
	var errs []error
	for _, file := range files {
		path := filepath.Dir(file)
		status, known, err := (&rundir.Folder{Path: path}).Status()
		if err != nil || !known || !status.Unsuccessful() {
			continue
		}

		if err := retry(path, status); err != nil {
			errs = append(errs, err)
			continue
		}

		again++
	}

	return again, errors.Join(errs...)
}

// retry resets a run so that it is done again.
func retry(path string, status rundir.Status) error {
	folder, err := rundir.Open(path)
	if err != nil {
		return err
	}

	defer folder.Close()

	if status.State == rundir.Diverged {
		return folder.Clear()
	}

	if _, err := os.Stat(folder.LastCheckpoint()); errors.Is(err, fs.ErrNotExist) {
		return folder.Clear()
	}

	status.State, status.Error, status.Header = rundir.Cancelled, "", nil

	return folder.SetStatus(status)
}
