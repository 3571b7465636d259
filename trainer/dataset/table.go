package dataset

import (
	"fmt"
	"slices"
)

// Source is a data set or a file format that [Load] knows by name.
type Source struct {
	Name  string
	About string // one line for lists
	// Options lists the keys of the [Options] that it reads.
	Options []string
	// Load generates or reads the data set, given options that passed [Config.Check].
	Load func(Options) (*Dataset, error)
	// LoadTest reads only the test points; nil if they have no files of their own.
	LoadTest func(Options) (*Dataset, error)
}

// whole and testOf make the loaders of the table from a loader that can read either all points or
// only the test points.
func whole(load func(Options, bool) (*Dataset, error)) func(Options) (*Dataset, error) {
	return func(o Options) (*Dataset, error) { return load(o, false) }
}

func testOf(load func(Options, bool) (*Dataset, error)) func(Options) (*Dataset, error) {
	return func(o Options) (*Dataset, error) { return load(o, true) }
}

// Sources is the table of all data sets and file formats. A new one is a line here and a file
// with its load function.
var Sources = []Source{
	{"mnist1d", "MNIST-1D: digits as 40-dimensional signals, generated (Greydanus and Kobak 2020)",
		[]string{"mnist1d"}, func(o Options) (*Dataset, error) {
			return MNIST1D(o.MNIST1D)
		}, nil},
	{"mnist", "MNIST: handwritten digits, 28×28, from IDX files",
		[]string{"path", "resize"}, whole(loadMNIST), testOf(loadMNIST)},
	{"fashion_mnist", "Fashion-MNIST: articles of clothing, 28×28, from IDX files",
		[]string{"path", "resize"}, whole(loadFashionMNIST), testOf(loadFashionMNIST)},
	{"cifar10", "CIFAR-10: photographs in 10 classes, 32×32 in colour, from its binary version",
		[]string{"path", "resize", "greyscale"}, whole(loadCIFAR10), testOf(loadCIFAR10)},
	{
		"cifar100",
		"CIFAR-100: photographs in 100 classes or 20 superclasses, 32×32 in colour, from its binary version",
		[]string{
			"path",
			"resize",
			"greyscale",
			"superclasses",
		},
		whole(loadCIFAR100),
		testOf(loadCIFAR100),
	},
	{
		"csv",
		"your own table: a CSV file with a header, a label column, and numbers in all other columns",
		[]string{
			"path",
			"train",
			"test",
			"label",
			"columns",
			"task",
			"targets",
			"test_fraction",
			"seed",
		},
		loadCSV,
		nil,
	},
	{"npz", "your own arrays: a NumPy .npz file with x, y and, if you like, x_test, y_test",
		[]string{"path", "train", "keys", "task", "test_fraction", "seed"}, loadNPZ, nil},
	{"gaussian_mixture", "synthetic: one Gaussian cloud per class, with the clouds on a circle",
		[]string{"synthetic", "seed"}, loadGaussianMixture, nil},
	{"random_labels", "synthetic: Gaussian points with random labels",
		[]string{"synthetic", "seed"}, loadRandomLabels, nil},
}

// LoadTest generates or reads the test points of the named data set. It omits the training points
// if they are in separate files.
func LoadTest(name string, o Options) (*Dataset, error) {
	s, known := findSource(name)
	if !known || s.LoadTest == nil {
		return Load(name, o)
	}

	err := checkOptions(name, o)
	if err != nil {
		return nil, err
	}

	d, err := s.LoadTest(o)
	if err != nil {
		return nil, fmt.Errorf("data set %s: %w", name, err)
	}

	return d, nil
}

// Load generates or reads the named data set. Its errors name the data set.
func Load(name string, o Options) (*Dataset, error) {
	if err := checkOptions(name, o); err != nil {
		return nil, err
	}

	s, _ := findSource(name)
	d, err := s.Load(o)
	if err != nil {
		return nil, fmt.Errorf("data set %s: %w", name, err)
	}

	if o.Outputs != nil && d.Outputs() != o.Outputs.Classes {
		return nil, fmt.Errorf("data set %s: %d classes, but the network has %d",
			name, d.Classes, o.Outputs.Classes)
	}

	// Two files of any format may disagree.
	if d.Test.X != nil && d.Train.Dim() != d.Test.Dim() {
		return nil, fmt.Errorf("data set %s: training points have %d features, but test points have %d",
			name, d.Train.Dim(), d.Test.Dim())
	}

	return d, nil
}

// checkOptions returns what is wrong with the options of a data set, without any preparation.
func checkOptions(name string, o Options) error {
	c := Config{
		Name:        name,
		Options:     o,
		Preparation: Preparation{Permute: true},
	}
	return c.Check()
}

func findSource(name string) (Source, bool) {
	i := slices.IndexFunc(Sources, func(s Source) bool {
		return s.Name == name
	})
	if i < 0 {
		return Source{}, false
	}
	return Sources[i], true
}

// SourceNames lists the names of the [Sources].
func SourceNames() []string {
	names := make([]string, len(Sources))
	for i, s := range Sources {
		names[i] = s.Name
	}
	return names
}

// sourcesWith lists the names of the data sets that read an option.
func sourcesWith(option string) []string {
	var names []string
	for _, s := range Sources {
		if slices.Contains(s.Options, option) {
			names = append(names, s.Name)
		}
	}
	return names
}
