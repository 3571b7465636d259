package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/settings"
)

// Options is the configuration of a data set apart from its name. Each data set reads the options
// listed for it in [Sources]; the others must keep their defaults.
type Options struct {
	// Path is the folder in which to look for files. Default "data".
	Path string
	// Train and Test are the names of the user's own files, in Path unless absolute; a file whose
	// name ends in .gz is decompressed. Without Test, part of Train is held out. Both are empty by
	// default.
	Train string
	Test  string
	// Beside is another folder in which to look for the user's own files: the folder of the
	// configuration file. Default the working folder.
	Beside string
	// Columns selects the feature columns of a CSV file; see [TableOptions]. Default all.
	Columns string
	// Label is the name of the CSV column that contains the labels. Default "label".
	Label string
	// Regression is true if numbers are predicted, false for classes. Default false.
	Regression bool
	// Targets lists the names of the CSV columns that a regression predicts, separated by commas.
	// Default the label column.
	Targets string
	// TestFraction is the fraction of the points held out for testing if the user's files have no
	// test set, in (0, 1). Default 0.2.
	TestFraction float64
	// Seed determines which points are held out and which synthetic points are drawn. Default 42.
	Seed uint64
	// Greyscale turns colour images grey. Default false.
	Greyscale bool
	// Resize n scales images to n×n pixels, n at most 1024; 0 leaves them as they are. Default 0.
	Resize int
	// Superclasses labels CIFAR-100 by its 20 superclasses instead of its 100 classes.
	// Default false.
	Superclasses bool
	// Keys holds the names of the arrays of an npz file.
	Keys NPZKeys
	// MNIST1D holds the parameters of the MNIST-1D generator.
	MNIST1D MNIST1DConfig
	// Synthetic holds the parameters of the synthetic data sets.
	Synthetic SyntheticConfig
	// Outputs, unless nil, describes the outputs of an existing network: its numbering of the
	// classes is used for the labels, and no points are held out for testing. Default nil, for a
	// network that learns the classes of the training points.
	Outputs *Outputs
}

// Outputs describes the outputs of a network.
type Outputs struct {
	Classes int
	// Names lists the names of the classes in the network's order; nil if the labels determine
	// them, as in [Labels.Numbers].
	Names []string
}

// Config is a data set with its options and its preparation for training.
type Config struct {
	// Name is the name of one of the [Sources].
	Name        string
	Options     Options
	Preparation Preparation // its Seed follows Options.Seed
}

// DefaultOptions returns the options with all their defaults.
func DefaultOptions() Options {
	var c Config
	var set settings.Set
	c.Settings(&set)
	set.Reset()
	return c.Options
}

const maxImageSide = 1024

// Settings binds the keys of a data set: the section data.
func (c *Config) Settings(s *settings.Set) {
	const decider = "data.name"
	o, p := &c.Options, &c.Preparation
	// A key that only some sources read has no effect with the others, and setting it there is
	// reported.
	only := func(row *settings.Setting) {
		field, _, _ := strings.Cut(strings.TrimPrefix(row.Key, "data."), ".")
		row.OnlyWith(decider, sourcesWith(field)...)
	}

	settings.Var(s, &c.Name, decider, settings.OneOf(SourceNames()...), "mnist1d",
		"data set or file format")
	only(settings.Var(s, &o.Path, "data.path", settings.SomeText, "data",
		"folder of the files"))
	only(settings.Var(s, &o.Train, "data.train", settings.Text, "",
		"file of the training points"))
	only(settings.Var(s, &o.Test, "data.test", settings.Text, "", "file of the test points"))
	only(settings.Var(s, &o.TestFraction, "data.test_fraction", settings.Inner, 0.2,
		"fraction held out for testing if there are no test points"))
	only(settings.Var(s, &o.Label, "data.label", settings.SomeText, "label",
		"column that holds the class"))
	only(settings.Var(s, &o.Regression, "data.task", taskKind(), false,
		"whether labels are classes or numbers"))
	only(settings.Var(s, &o.Targets, "data.targets", settings.WithCommas(settings.Text), "",
		"columns of numbers that a regression predicts, separated by commas; data.label if empty"))
	only(settings.Var(s, &o.Columns, "data.columns", settings.WithCommas(settings.Text), "",
		"feature columns, separated by commas, or columns to leave out, each after a minus; all if empty"))
	o.Keys.settings(s, only)
	settings.Var(s, &p.TrainSize, "data.train_size", settings.OrZero(settings.Integer(0), "all"), 0,
		"number of training points to draw")
	settings.Var(s, &p.TestSize, "data.test_size", settings.OrZero(settings.Integer(0), "all"), 0,
		"number of test points to draw")
	settings.Var(s, &p.Permute, "data.permute", settings.Boolean, true,
		"the paper's permutation, even if all points are kept")
	settings.Var(s, &p.FeatureNoise, "data.feature_noise", settings.NonNegative, 0,
		"standard deviation of noise on training features (the paper's dataset_noise)")
	settings.Var(s, &p.LabelNoise, "data.label_noise", settings.Fraction, 0,
		"fraction of training labels swapped (the paper's alpha_shuffle)")
	settings.Var(s, &p.Standardize, "data.standardize", settings.Boolean, false,
		"scale every feature to mean 0 and standard deviation 1 over the drawn training points")
	setSeed := func(seed uint64) { o.Seed, p.Seed = seed, uint32(seed) }
	settings.Bind(s, func() uint64 {
		return o.Seed
	}, setSeed, "data.seed", settings.Seed[uint64](),
		42, "seed of the permutation, the noise, and held-out and synthetic points")
	only(settings.Var(s, &o.Greyscale, "data.greyscale", settings.Boolean, false,
		"average the colour channels"))
	only(settings.Var(s, &o.Resize, "data.resize",
		settings.OrZero(settings.IntegerUpTo(0, maxImageSide), "off"), 0,
		"side length in pixels to which images are scaled"))
	only(settings.Var(s, &o.Superclasses, "data.superclasses", settings.Boolean, false,
		"use the 20 coarse labels"))
	o.MNIST1D.settings(s, only)
	o.Synthetic.settings(s, only)

	s.Rule(func() string {
		if o.Train != "" || !slices.Contains(sourcesWith("train"), c.Name) {
			return ""
		}

		return "missing, want the file of the training points in data.path"
	}, "data.train", decider)
	c.regressionRules(s)
}

// Load generates or reads the data set and prepares it.
func (c Config) Load() (*Dataset, error) {
	d, err := Load(c.Name, c.Options)
	if err != nil {
		return nil, err
	}
	// An existing network keeps the units of its targets, so they are not standardised by these
	// points.
	p := c.Preparation
	p.keepsTargets = c.Options.Outputs != nil
	prepared, err := p.Apply(d)
	if err != nil {
		return nil, fmt.Errorf("preparing data set %s: %w", c.Name, err)
	}

	return prepared, nil
}

// Check returns an error that lists the settings that are out of range, contradict each other, or
// have no effect for this data set. It opens no file.
func (c Config) Check() error {
	var set settings.Set
	c.Settings(&set)
	if !slices.Contains(SourceNames(), c.Name) {
		return fmt.Errorf(
			"data.name: %q, want one of %s",
			c.Name,
			strings.Join(SourceNames(), ", "),
		)
	}

	var errs []error
	for _, problem := range slices.Concat(set.OutOfRange(), set.WithoutEffect(), set.Contradictions(nil)) {
		errs = append(errs, problem)
	}
	return errors.Join(errs...)
}
