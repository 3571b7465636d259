package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/wholefile"
)

// workersFile lists the workers of a queue in the queue's folder, for readers that do not ask the
// queue itself.
const workersFile = rundir.QueueFolder + "/workers.json"

// WriteWorkers writes the list of the queue's workers into the folder of all experiments.
func WriteWorkers(dir string, workers []Worker) error {
	return wholefile.Write(filepath.Join(dir, filepath.FromSlash(workersFile)), func(w io.Writer) error {
		return json.NewEncoder(w).Encode(workers)
	})
}

// readWorkers reads the list that WriteWorkers wrote. A missing file is an empty list.
func readWorkers(fsys fs.FS, folder string) ([]Worker, error) {
	file := path.Join(folder, workersFile)
	raw, err := input.ReadTextIn(fsys, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}

	var workers []Worker
	if err == nil {
		err = input.UnmarshalJSON(raw, &workers)
	}

	if err != nil {
		return nil, fmt.Errorf("list of the queue's workers, %s: %w; the file can be removed",
			file, err)
	}

	return workers, nil
}
