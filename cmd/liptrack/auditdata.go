package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liptrack/liptrack/audit"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// dataFlags hold the flags that describe the samples.
type dataFlags struct {
	data   string
	path   string
	label  string
	arrays []string
	// columns selects the features; classes names the classes in the order of the network.
	columns string
	classes []string
	// targets are the columns that a regression predicts, which are not features. regression is
	// true if the user or the checkpoint declares the model a regression.
	targets    []string
	regression bool
	needed     bool // the user named the targets, so they must exist
	// inputs is the number of inputs of the network.
	inputs int
	// features names the columns that the model was trained with, nil if unknown. mayLack is true
	// if the label's column is known only from the model, so that the data may lack it.
	features []string
	mayLack  bool
}

func (f *dataFlags) declare(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.data, "data", "", "samples: a CSV or npz file, or the name of a data set")
	flags.StringVar(
		&f.label,
		"label",
		"",
		`CSV column with the labels, or with a regression's target (default "label", if it exists)`,
	)
	flags.StringVar(
		&f.columns,
		"columns",
		"",
		"comma-separated CSV columns that are features, or -NAME for each column that is not (default all)",
	)
	flags.StringSliceVar(
		&f.targets,
		"targets",
		nil,
		"CSV columns that a regression predicts, in the order of the outputs (default the column of --label)",
	)
	flags.StringSliceVar(
		&f.classes,
		"classes",
		nil,
		"names of the classes in the model's order, if the labels do not determine it",
	)

	flags.StringSliceVar(
		&f.arrays,
		"arrays",
		[]string{"x", "y"},
		"names of the arrays in an npz file: points and labels",
	)
	flags.StringVar(&f.path, "path", "data", "folder with the files of a data set")
}

// loadSamples reads the samples, with labels if classes > 0 and the data have labels. It passes a
// note about unused columns to note.
func (f dataFlags) loadSamples(classes int, note func(string)) (audit.Data, error) {
	if classes == 0 && f.classes != nil {
		return audit.Data{}, errors.New("--classes: the task is regression, which has no classes")
	}

	// A file takes precedence over a data set of the same name.
	_, err := os.Stat(f.data)
	if err != nil && isDataset(f.data) {
		return f.loadDataset(classes)
	}

	options, err := f.tableOptions(classes)
	if err != nil {
		return audit.Data{}, err
	}

	t, err := dataset.ReadTable(f.data, options)
	if err != nil {
		// A plain name, rather than a path, may be a misspelt data set.
		if !strings.ContainsAny(f.data, `./\`) {
			err = fmt.Errorf("%w, and it is not one of the data sets %s",
				err, strings.Join(datasetNames(), ", "))
		}

		return audit.Data{}, fmt.Errorf("data: %w", err)
	}

	if options.Features != nil && t.Left != nil {
		note(fmt.Sprintf(
			"the features are the columns that the checkpoint names; the model was not trained with the columns %s",
			input.QuoteNames(t.Left),
		))
	}

	data := audit.Data{
		Source:   f.data,
		X:        t.X,
		Y:        t.Y,
		Features: t.Features,
		Classes:  f.classes,
	}
	if t.Labels == nil {
		return data, nil
	}

	// Labels may be names or numbers, and must agree with the network's outputs.
	data.Labels, data.Classes, err = t.Labels.Numbers(classes, f.classes)
	if err != nil {
		return audit.Data{}, fmt.Errorf("data %s: %w; if the labels are not classes, use --task regression",
			f.data, err)
	}

	return data, nil
}

// taskOfLabels decides whether a network with one output is a classifier or a regression, by the
// user's --classes or else by the labels: labels that are names cannot be predicted as numbers. The
// note describes what was assumed; it is "" if nothing was.
func (f dataFlags) taskOfLabels() (task audit.Task, note string) {
	if f.classes != nil {
		return audit.Classification, ""
	}

	const several = 2 // labels are read for any number of classes > 0
	options, err := f.tableOptions(several)
	if err != nil {
		// The error is reported when the data are loaded, here and below.
		return audit.Auto, ""
	}

	t, err := dataset.ReadTable(f.data, options)
	switch {
	case err != nil || t.Labels == nil:
		return audit.Auto, ""
	case !t.Labels.AreNumbers():
		return audit.Classification, "the labels are names, so the network's output is taken as the logit of the " +
			"second of two classes; for a regression, use --task regression"
	case len(t.Labels.Names) == 2:
		return audit.Auto, "the network has one output and is taken as a regression; if the output is the logit of " +
			"the second of two classes, use --task classification"
	}

	return audit.Auto, ""
}

// knownFrom fills in settings that the model's file records and no flag sets. It fails if a flag
// contradicts the file.
func (f *dataFlags) knownFrom(known modelfile.Data, classes int) error {
	if f.columns == "" {
		f.features = known.Features
	}
	if f.label == "" && known.Label != "" {
		f.label, f.mayLack = known.Label, true
	}

	if known.Classes == nil || classes == 0 {
		return nil
	}
	// Classes in another order would assign the labels to the wrong outputs.
	if f.classes != nil && !slices.Equal(f.classes, known.Classes) {
		return fmt.Errorf("--classes %s: the model was trained with the classes %s, in this order",
			strings.Join(f.classes, ","), input.QuoteNames(known.Classes))
	}
	f.classes = known.Classes
	return nil
}

// tableOptions returns how to read a file for a number of classes, 0 for a regression.
func (f dataFlags) tableOptions(classes int) (dataset.TableOptions, error) {
	if len(f.arrays) < 1 || len(f.arrays) > 2 {
		return dataset.TableOptions{}, fmt.Errorf(
			"--arrays: want the name of the array of points and, if there are labels, of theirs; not %d names",
			len(f.arrays),
		)
	}

	o := dataset.TableOptions{
		Label:    f.label,
		Labels:   dataset.TakeLabels,
		Columns:  f.columns,
		Keys:     dataset.NPZKeys{X: f.arrays[0]},
		Inputs:   f.inputs,
		Features: f.features,
		MayLack:  f.mayLack,
	}

	if len(f.arrays) == 2 {
		o.Keys.Y = f.arrays[1]
	}

	if classes == 0 {
		o.Labels = dataset.DropLabels
	}

	// A CSV column called label may contain anything, so targets in CSV files must be named.
	if f.targets != nil || f.regression && filepath.Ext(f.data) == ".npz" {
		o.Regression, o.Targets = true, strings.Join(f.targets, ",")
		o.Labels = dataset.TakeLabels
	}
	if f.needed {
		o.Labels = dataset.NeedLabels
	}

	return o, nil
}

// loadDataset reads the test points of a data set.
func (f dataFlags) loadDataset(classes int) (audit.Data, error) {
	o := dataset.DefaultOptions()
	// Generated data sets have no folder, and options without effect are rejected.
	if takesPath(f.data) {
		o.Path = f.path
	}

	d, err := dataset.LoadTest(f.data, o)
	if err != nil {
		return audit.Data{}, err
	}

	data := audit.Data{
		Source:  f.data + ", test points",
		X:       d.Test.X,
		Classes: f.classes,
	}
	if classes == 0 {
		return data, nil
	}

	// A network may have more classes than the data, but not fewer.
	if d.Classes > classes {
		return audit.Data{}, fmt.Errorf(
			"data set %s has %d classes, but the model has %d",
			f.data,
			d.Classes,
			classes,
		)
	}

	if f.classes != nil && len(f.classes) != classes {
		return audit.Data{}, fmt.Errorf("--classes: %d names, but the model has %d classes",
			len(f.classes), classes)
	}

	data.Labels = d.Test.Labels

	return data, nil
}

// datasetNames returns the names of the data sets that need no file from the user.
func datasetNames() []string {
	var names []string
	for _, s := range dataset.Sources {
		if !slices.Contains(s.Options, "train") {
			names = append(names, s.Name)
		}
	}
	return names
}

func isDataset(name string) bool {
	return slices.Contains(datasetNames(), name)
}

func takesPath(name string) bool {
	i := slices.IndexFunc(dataset.Sources, func(s dataset.Source) bool {
		return s.Name == name
	})
	return slices.Contains(dataset.Sources[i].Options, "path")
}
