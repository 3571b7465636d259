package dataset

import (
	"fmt"
	"path/filepath"

	"github.com/liptrack/liptrack/internal/npy"
	"github.com/liptrack/liptrack/internal/settings"
)

// NPZKeys holds the names of the arrays of an npz file. Features are of any real or integer type
// and of shape N or N×…, which is flattened. Labels are whole numbers of shape N or N×1, and
// targets have shape N or N×M. A file has both test arrays or neither. The defaults are the names
// in the published MNIST-1D file.
type NPZKeys struct {
	X     string // default "x"
	Y     string // default "y"
	XTest string // default "x_test"
	YTest string // default "y_test"
}

func (k *NPZKeys) settings(s *settings.Set, only func(*settings.Setting)) {
	only(settings.Var(s, &k.X, "data.keys.x", settings.SomeText, "x",
		"array of training features"))
	only(settings.Var(s, &k.Y, "data.keys.y", settings.SomeText, "y",
		"array of training labels"))

	only(settings.Var(s, &k.XTest, "data.keys.x_test", settings.SomeText, "x_test",
		"array of test features"))
	only(settings.Var(s, &k.YTest, "data.keys.y_test", settings.SomeText, "y_test",
		"array of test labels"))
}

// loadNPZ reads the user's arrays: the training points and, if the file has them, the test points.
// The data set is named after the file.
func loadNPZ(o Options) (*Dataset, error) {
	file, err := o.findFile("train", o.Train)
	if err != nil {
		return nil, err
	}

	archive, err := npy.OpenArchive(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}

	defer archive.Close()

	train, err := tableOfArrays(archive, TableOptions{Keys: o.Keys, Regression: o.Regression})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}

	// If only one of the test arrays exists, tableOfArrays returns an error.
	var test *Table
	if archive.Holds(o.Keys.XTest) || archive.Holds(o.Keys.YTest) {
		test, err = tableOfArrays(archive, TableOptions{
			Keys:       NPZKeys{X: o.Keys.XTest, Y: o.Keys.YTest},
			Regression: o.Regression,
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}

	d, err := assemble(filepath.Base(file), train, test, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}

	return d, nil
}
