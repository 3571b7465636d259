package experiments

import (
	"fmt"

	"github.com/liptrack/liptrack/trainer/dataset"
)

// Misfits returns an error for each task that cannot begin because its layers do not fit together,
// do not fit its data, or need more memory than is available. It reads data but trains nothing. It
// ignores tasks whose data cannot be read; their runs will report that.
func Misfits(tasks []Task) []error {
	var misfits []error
	available := availableMemory()
	// Keep one data set of each size; nil stands for one that cannot be read.
	known := map[dataset.Config]*dataset.Dataset{}
	for _, t := range tasks {
		err := t.checkFit(available, known)
		if err != nil {
			misfits = append(misfits, fmt.Errorf("run %s: %w", t.Run.Name, err))
		}
	}
	return misfits
}

// checkFit returns the reason why a run cannot begin, given the available memory and the data sets
// read so far.
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
