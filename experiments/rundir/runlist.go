package rundir

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/liptrack/liptrack/internal/input"
)

// QueueFolder is the folder of a queue, inside the folder of all experiments.
const QueueFolder = ".queue"

const runListFile = "runs.json"

// RunList is the frozen list of a queue's runs, in order.
type RunList struct {
	Sum string `json:"sha256"` // of the lines of Runs
	// Runs are named experiment/run.
	Runs []string `json:"runs"`
}

// NewRunList freezes a list.
func NewRunList(runs []string) RunList {
	sum := sha256.New()
	// The sum covers the lines in order, so that the order of the runs counts too.
	for _, run := range runs {
		fmt.Fprintln(sum, run)
	}
	return RunList{fmt.Sprintf("%x", sum.Sum(nil)), runs}
}

// Write replaces the queue's list in the folder of all experiments.
func (l RunList) Write(dir string) error {
	return writeLine(filepath.Join(dir, QueueFolder, runListFile), l)
}

// ReadRunList reads the queue's list in the folder of all experiments. ok is false if there is
// none. It returns an error if the list is not as it was written.
func ReadRunList(fsys fs.FS, folder string) (l RunList, ok bool, err error) {
	own := path.Join(folder, QueueFolder)
	raw, err := input.ReadTextIn(fsys, path.Join(own, runListFile))
	if errors.Is(err, fs.ErrNotExist) {
		return l, false, nil
	}

	// The user gets the same message for everything that can be wrong with the file.
	if err == nil {
		err = input.UnmarshalJSON(raw, &l)
	}

	if err == nil && NewRunList(l.Runs).Sum != l.Sum {
		err = errors.New("its sum is of other runs")
	}

	if err != nil {
		return RunList{}, false, fmt.Errorf(
			"%s is not as it was written: %w; if no worker has a run of it any more, remove %s: "+
				"runs go on from their last checkpoints",
			path.Join(own, runListFile),
			err,
			own,
		)
	}

	return l, true, nil
}
