package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/settings"
)

// Options is what a configuration says about a data set beyond its name. Each data set takes
// some of them, listed in [Sources]; the others must keep their defaults.
type Options struct {
	// Path is the folder in which files are looked for. Default "data".
	Path string
	// Train and Test are the names of the user's own files, in Path unless absolute; one
	// ending in .gz is unpacked. Without Test, some of Train is held out. Default none.
	Train string
	Test  string
	// Beside is another folder in which the user's own files are looked for, that of the file of
	// the configuration. Default the working folder.
	Beside string
	// Columns chooses features among the columns of a CSV file; see [TableOptions]. Default all.
	Columns string
	// Label is the name of the CSV column that holds the label. Default "label".
	Label string
	// Regression says that numbers are predicted. Default false: classes are.
	Regression bool
	// Targets are the names of the CSV columns that a regression predicts, with commas between.
	// Default that of the label.
	Targets string
	// TestFraction is the part of the points held out for testing where the user's files
	// have no test set, in (0, 1). Default 0.2.
	TestFraction float64
	// Seed decides which points are held out, and draws synthetic ones. Default 42.
	Seed uint64
	// Greyscale turns colour images grey. Default false.
	Greyscale bool
	// Resize n makes images n×n pixels, at most 1024; 0 leaves them as they are. Default 0.
	Resize int
	// Superclasses labels CIFAR-100 by its 20 superclasses instead of its 100 classes.
	// Default false.
	Superclasses bool
	// Keys names the arrays of an npz file.
	Keys NPZKeys
	// MNIST1D holds the parameters of the MNIST-1D generator.
	MNIST1D MNIST1DConfig
	// Synthetic holds the parameters of the synthetic data sets.
	Synthetic SyntheticConfig
	// Outputs, unless nil, is what a given network tells apart: its numbers are those of the
	// labels, and no points are held out for testing. Default nil, for a network that learns what
	// the training points have.
	Outputs *Outputs
}

// Outputs is what the outputs of a network stand for.
type Outputs struct {
	Classes int
	// Names are those of the classes, in the network's order; nil if the labels alone say it, as of
	// [Labels.Numbers].
	Names []string
}

// Config is a data set with what is done to it before training.
type Config struct {
	// Name is that of one of the [Sources].
	Name        string
	Options     Options
	Preparation Preparation // its Seed is that of Options
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

// Settings binds what can be set of a data set: the section data.
func (c *Config) Settings(s *settings.Set) {
	const decider = "data.name"
	o, p := &c.Options, &c.Preparation
	// A key that some sources read has no effect with the others, which the user is told.
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
		"part held out for testing where there are no test points"))
	only(settings.Var(s, &o.Label, "data.label", settings.SomeText, "label",
		"column that holds the class"))
	only(settings.Var(s, &o.Regression, "data.task", taskKind(), false,
		"whether labels are classes or numbers"))
	only(settings.Var(s, &o.Targets, "data.targets", settings.WithCommas(settings.Text), "",
		"columns of numbers that a regression predicts, with commas between; data.label's if empty"))
	only(settings.Var(s, &o.Columns, "data.columns", settings.WithCommas(settings.Text), "",
		"columns that are features, with commas between, or each after a minus those that are not; all if empty"))
	o.Keys.settings(s, only)
	settings.Var(s, &p.TrainSize, "data.train_size", settings.OrZero(settings.Integer(0), "all"), 0,
		"training points drawn")
	settings.Var(s, &p.TestSize, "data.test_size", settings.OrZero(settings.Integer(0), "all"), 0,
		"test points drawn")
	settings.Var(s, &p.Permute, "data.permute", settings.Boolean, true,
		"the paper's permutation, also if all points are kept")
	settings.Var(s, &p.FeatureNoise, "data.feature_noise", settings.NonNegative, 0,
		"standard deviation of noise on training features (the paper's dataset_noise)")
	settings.Var(s, &p.LabelNoise, "data.label_noise", settings.Fraction, 0,
		"fraction of training labels swapped (the paper's alpha_shuffle)")
	settings.Var(s, &p.Standardize, "data.standardize", settings.Boolean, false,
		"scale every feature to mean 0 and standard deviation 1 over the training points kept")
	setSeed := func(seed uint64) { o.Seed, p.Seed = seed, uint32(seed) }
	settings.Bind(s, func() uint64 {
		return o.Seed
	}, setSeed, "data.seed", settings.Seed[uint64](),
		42, "seed of permutation, noises, held-out and synthetic points")
	only(settings.Var(s, &o.Greyscale, "data.greyscale", settings.Boolean, false,
		"average the colour channels"))
	only(settings.Var(s, &o.Resize, "data.resize",
		settings.OrZero(settings.IntegerUpTo(0, maxImageSide), "off"), 0,
		"side in pixels that images are scaled to"))
	only(settings.Var(s, &o.Superclasses, "data.superclasses", settings.Boolean, false,
		"the 20 coarse labels"))
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

// Load makes or reads the data set and prepares it.
func (c Config) Load() (*Dataset, error) {
	d, err := Load(c.Name, c.Options)
	if err != nil {
		return nil, err
	}
	// A network that is there takes the targets as its own program did, which does not standardise
	// them by these points.
	p := c.Preparation
	p.keepsTargets = c.Options.Outputs != nil
	prepared, err := p.Apply(d)
	if err != nil {
		return nil, fmt.Errorf("preparing data set %s: %w", c.Name, err)
	}

	return prepared, nil
}

// Check reports the settings that are out of range, that contradict each other, and that do
// nothing for this data set, before any file is opened.
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
