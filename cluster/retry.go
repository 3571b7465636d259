package cluster

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/liptrack/liptrack/experiments/rundir"
)

// RetryFailed has the runs below a folder that failed or diverged done again by whoever does the
// sweep next: those that failed go on from their last checkpoint, those that diverged begin anew.
// It returns how many there are. Runs that somebody works on are left alone.
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

// retry has a run done again.
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
