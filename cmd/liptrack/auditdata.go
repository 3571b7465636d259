package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// dataFlags say where samples come from.
type dataFlags struct {
	data   string
	path   string
	label  string
	arrays []string
}

func (f *dataFlags) declare(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "the samples: a CSV or npz file, or a data set's name")
	flags.StringVar(&f.label, "label", "", `column of a CSV file that holds the labels (default "label", if there is one)`)
	flags.StringSliceVar(&f.arrays, "arrays", []string{"x", "y"}, "names of an npz file's arrays: points and labels")
	flags.StringVar(&f.path, "path", "data", "folder of a data set's files")
}

// load reads the samples, with labels if there are classes and the data have labels.
func (f dataFlags) load(classes int) (audit.Data, error) {
	if _, err := os.Stat(f.data); err != nil && isDataset(f.data) {
		return f.loadDataset(classes)
	}
	keys := dataset.NPZKeys{X: f.arrays[0]}
	if classes > 0 && len(f.arrays) > 1 {
		keys.Y = f.arrays[1]
	}
	s, err := dataset.LoadSamples(f.data, f.label, keys)
	if err != nil {
		if isName(f.data) {
			err = fmt.Errorf("%w; nor is it a data set, which are %s", err, strings.Join(datasetNames(), ", "))
		}
		return audit.Data{}, fmt.Errorf("data: %w", err)
	}
	data := audit.Data{Source: f.data, X: s.X, Features: s.Features}
	if classes > 0 && s.Labels != nil {
		if data.Labels, data.Classes, err = audit.NumberLabels(s.Labels, classes); err != nil {
			return audit.Data{}, fmt.Errorf("data %s: %w; if they are no classes, say --task regression", f.data, err)
		}
	}
	return data, nil
}

// loadDataset takes the test points of a data set.
func (f dataFlags) loadDataset(classes int) (audit.Data, error) {
	o := dataset.DefaultOptions()
	if takesPath(f.data) {
		o.Path = f.path
	}
	d, err := dataset.Load(f.data, o)
	if err != nil {
		return audit.Data{}, err
	}
	data := audit.Data{Source: f.data + ", test points", X: d.Test.X}
	if classes == 0 {
		return data, nil
	}
	if d.Classes > classes {
		return audit.Data{}, fmt.Errorf("data set %s has %d classes, the model tells %d apart", f.data, d.Classes, classes)
	}
	data.Labels = d.Test.Labels
	return data, nil
}

// datasetNames are the data sets that need no file of the user's own.
func datasetNames() []string {
	var names []string
	for _, s := range dataset.Sources {
		if !slices.Contains(s.Options, "train") {
			names = append(names, s.Name)
		}
	}
	return names
}

func isDataset(name string) bool { return slices.Contains(datasetNames(), name) }

func takesPath(name string) bool {
	i := slices.IndexFunc(dataset.Sources, func(s dataset.Source) bool { return s.Name == name })
	return slices.Contains(dataset.Sources[i].Options, "path")
}

// isName says whether something looks like a name rather than a file.
func isName(s string) bool { return !strings.ContainsAny(s, `./\`) }
