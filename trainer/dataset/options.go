package dataset

// Options is what a configuration says about a data set beyond its name. Each data set takes
// some of them, listed in [Sources]; the others must keep their defaults.
type Options struct {
	// Path is the folder in which files are looked for. Default "data".
	Path string `yaml:"path"`
	// Train and Test are the names of the user's own files, in Path unless absolute; one
	// ending in .gz is unpacked. Without Test, some of Train is held out. Default none.
	Train string `yaml:"train"`
	Test  string `yaml:"test"`
	// Beside is another folder in which the user's own files are looked for, that of the file of the
	// configuration. Default the working folder.
	Beside string `yaml:"-"`
	// Columns chooses features among the columns of a CSV file; see [TableOptions]. Default all.
	Columns string `yaml:"columns"`
	// Label is the name of the CSV column that holds the label. Default "label".
	Label string `yaml:"label"`
	// TestFraction is the part of the points held out for testing where the user's files
	// have no test set, in (0, 1). Default 0.2.
	TestFraction float64 `yaml:"test_fraction"`
	// Seed decides which points are held out, and draws synthetic ones. Default 42.
	Seed uint64 `yaml:"seed"`
	// Greyscale turns colour images grey. Default false.
	Greyscale bool `yaml:"greyscale"`
	// Resize n makes images n×n pixels, at most 1024; 0 leaves them as they are. Default 0.
	Resize int `yaml:"resize"`
	// Superclasses labels CIFAR-100 by its 20 superclasses instead of its 100 classes.
	// Default false.
	Superclasses bool `yaml:"superclasses"`
	// Keys names the arrays of an npz file.
	Keys NPZKeys `yaml:"keys"`
	// MNIST1D holds the parameters of the MNIST-1D generator.
	MNIST1D MNIST1DConfig `yaml:"mnist1d"`
	// Synthetic holds the parameters of the synthetic data sets.
	Synthetic SyntheticConfig `yaml:"synthetic"`
}

// DefaultOptions are the options with all their defaults.
func DefaultOptions() Options {
	return Options{
		Path: "data", Label: "label", TestFraction: 0.2, Seed: 42,
		Keys:      NPZKeys{X: "x", Y: "y", XTest: "x_test", YTest: "y_test"},
		MNIST1D:   DefaultMNIST1D(),
		Synthetic: DefaultSynthetic(),
	}
}

const maxImageSide = 1024

func (o Options) problems() (p problems) {
	p.require(o.Label != "", "label", `""`, "the name of a column")
	p.require(o.TestFraction > 0 && o.TestFraction < 1, "test_fraction", o.TestFraction, "a fraction between 0 and 1")
	p.require(o.Resize >= 0 && o.Resize <= maxImageSide, "resize", o.Resize,
		"a number of pixels up to %d, or 0 to leave images as they are", maxImageSide)
	p.within("mnist1d", o.MNIST1D.problems())
	p.within("synthetic", o.Synthetic.problems())
	return p
}
