package experiments

import (
	"fmt"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// Misfits says which tasks cannot begin, since their layers do not chain or do not fit their data,
// or since they need more memory than there is. Data are read, nothing is trained. Whose data
// cannot be read is not among them: the run will say so itself.
func Misfits(tasks []Task) []error {
	var misfits []error
	f := fitting{available: availableMemory(), data: map[dataset.Config]*dataset.Dataset{}}
	for _, t := range tasks {
		err := f.check(t.Run.Config, t.Run.Dir)
		if err != nil {
			misfits = append(misfits, fmt.Errorf("run %s: %w", t.Run.Name, err))
		}
	}
	return misfits
}

// fitting checks runs against memory and their data, of which it keeps one set of each size; nil
// stands for one that cannot be read.
type fitting struct {
	available float64
	data      map[dataset.Config]*dataset.Dataset
}

// check returns why a run cannot begin; its data may be in the folder beside.
func (f fitting) check(c *config.Config, beside string) error {
	err := checkSizes(c, demandsOfData(c), f.available)
	if err != nil {
		return err
	}

	data, read := f.data[sized(c.Data)]
	if !read {
		data, err = loadSafely(c, beside)
		if err != nil {
			data = nil
		}
		f.data[sized(c.Data)] = data
	}

	if data == nil {
		return nil
	}

	err = trainerConfig(c).Check(data)
	if err != nil {
		return err
	}

	return checkSizes(c, demandsOfRun(c, shapeOfDataset(data)), f.available)
}
