package experiments

import (
	"fmt"

	"github.com/liptrack/liptrack/trainer/dataset"
)

// Misfits says which tasks cannot begin, since their layers do not chain or do not fit their data,
// or since they need more memory than there is. Data are read, nothing is trained. Whose data
// cannot be read is not among them: the run will say so itself.
func Misfits(tasks []Task) []error {
	var misfits []error
	available := availableMemory()
	// One set of each size is kept; nil stands for one that cannot be read.
	known := map[dataset.Config]*dataset.Dataset{}
	for _, t := range tasks {
		err := t.checkFit(available, known)
		if err != nil {
			misfits = append(misfits, fmt.Errorf("run %s: %w", t.Run.Name, err))
		}
	}
	return misfits
}

// checkFit returns why a run cannot begin, by its data, of which there may be known ones, and the
// memory available.
func (t Task) checkFit(available float64, known map[dataset.Config]*dataset.Dataset) error {
	c := t.Run.Config
	err := checkSizes(c, demandsOfData(c), available)
	if err != nil {
		return err
	}

	data, read := known[sized(c.Data)]
	if !read {
		data, err = loadSafely(c, t.Run.Dir)
		if err != nil {
			data = nil
		}
		known[sized(c.Data)] = data
	}

	if data == nil {
		return nil
	}

	err = trainerConfig(c).Check(data)
	if err != nil {
		return err
	}

	return checkSizes(c, demandsOfRun(c, shapeOfDataset(data)), available)
}
