package config

// Data says which labelled points are trained and tested on, and how they are prepared.
type Data struct {
	// Name is that of the data set or file format. The paper's MNIST1D, smallMNIST1D,
	// tinyMNIST1D and miniMNIST1D stand for mnist1d with all, 1000, 500 and 100 training
	// samples. Default mnist1d.
	Name string `mapstructure:"name"`
	// Path is the folder of the files, for the data sets that are read. Default data.
	Path string `mapstructure:"path"`
	// Train is the file of the training points in Path (csv and npz, which require it; an npz
	// file may hold test points too). Default empty.
	Train string `mapstructure:"train"`
	// Test is the file of the test points in Path (csv). Default empty.
	Test string `mapstructure:"test"`
	// TestFraction > 0 and < 1 is the part of the points held out for testing where there are no
	// test points (csv and npz). Default 0.2.
	TestFraction float64 `mapstructure:"test_fraction"`
	// Label names the column that holds the class (csv). Default label.
	Label string `mapstructure:"label"`
	// Columns are the names of the columns that are features (csv), with commas between, or each
	// after a minus those that are none. Default empty, for all.
	Columns string  `mapstructure:"columns"`
	Keys    NPZKeys `mapstructure:"keys"`
	// TrainSize is the number of training points drawn; 0 keeps all. Default 0.
	TrainSize int `mapstructure:"train_size"`
	// TestSize is the number of test points drawn; 0 keeps all. Default 0.
	TestSize int `mapstructure:"test_size"`
	// Permute orders the points by the paper's permutation, also if all are kept. Default true.
	Permute bool `mapstructure:"permute"`
	// FeatureNoise ≥ 0 is the standard deviation of Gaussian noise added to the training
	// features (the paper's dataset_noise). Default 0.
	FeatureNoise float64 `mapstructure:"feature_noise"`
	// LabelNoise is the fraction of training points, from 0 to 1, whose labels are swapped in
	// pairs (the paper's alpha_shuffle). Default 0.
	LabelNoise float64 `mapstructure:"label_noise"`
	// Standardize scales every feature to mean 0 and standard deviation 1 over the training points.
	// Default false.
	Standardize bool `mapstructure:"standardize"`
	// Seed is that of the permutation, the noises, held-out points and synthetic points;
	// 0 to 2³²−1. Default 42.
	Seed uint64 `mapstructure:"seed"`
	// Greyscale averages the colour channels (cifar10 and cifar100). Default false.
	Greyscale bool `mapstructure:"greyscale"`
	// Resize is the side in pixels, at most 1024, that images are scaled to; 0 leaves them as
	// they are. Default 0.
	Resize int `mapstructure:"resize"`
	// Superclasses uses the 20 coarse labels (cifar100). Default false.
	Superclasses bool      `mapstructure:"superclasses"`
	MNIST1D      MNIST1D   `mapstructure:"mnist1d"`
	Synthetic    Synthetic `mapstructure:"synthetic"`
}

// NPZKeys are the names of the arrays in an npz file: features and labels of the training points,
// and of the test points if it holds any.
type NPZKeys struct {
	// X is the array of training features. Default x.
	X string `mapstructure:"x"`
	// Y is the array of training labels. Default y.
	Y string `mapstructure:"y"`
	// XTest is the array of test features. Default x_test.
	XTest string `mapstructure:"x_test"`
	// YTest is the array of test labels. Default y_test.
	YTest string `mapstructure:"y_test"`
}

// MNIST1D holds the settings of the MNIST-1D generator (Greydanus, arXiv 2011.14439). The
// defaults give the published data set; features are in its units, before standardisation.
type MNIST1D struct {
	// Samples is the number generated, a multiple of 10, of which a fifth is for testing.
	// Default 5000.
	Samples int `mapstructure:"samples"`
	// Scale ≥ 0 is the range of the random amplitude about 1. Default 0.4.
	Scale float64 `mapstructure:"scale"`
	// MaxTranslation is the number of shifts drawn from, 1 to 72 positions. Default 48.
	MaxTranslation int `mapstructure:"max_translation"`
	// CorrelatedNoise ≥ 0 is the scale of the smoothed noise around the digit. Default 0.25.
	CorrelatedNoise float64 `mapstructure:"correlated_noise"`
	// IIDNoise ≥ 0 is the standard deviation of the white noise. Default 0.02.
	IIDNoise float64 `mapstructure:"iid_noise"`
	// Shear ≥ 0 is the range of the random linear trend. Default 0.75.
	Shear float64 `mapstructure:"shear"`
	// ShufflePositions permutes the 40 features, alike in all samples. Default false.
	ShufflePositions bool `mapstructure:"shuffle_positions"`
	// Seed is the generator's; 0 to 2³²−1. Default 42.
	Seed uint64 `mapstructure:"seed"`
}

// Synthetic holds the settings of gaussian_mixture, isotropic Gaussians with means evenly
// spaced on a circle, one for each class, and of random_labels, one Gaussian with labels drawn
// at random. The defaults are the paper's toy.
type Synthetic struct {
	// Classes ≥ 2 is the number of classes. Default 3.
	Classes int `mapstructure:"classes"`
	// Dim ≥ 2 is the number of features. Default 2.
	Dim int `mapstructure:"dim"`
	// Train ≥ 2 is the number of training points, over all classes. Default 45.
	Train int `mapstructure:"train"`
	// Test ≥ 2 is the number of test points, over all classes. Default 15.
	Test int `mapstructure:"test"`
	// Distance ≥ 0 is that of the means from the origin (gaussian_mixture). Default 1.5.
	Distance float64 `mapstructure:"distance"`
	// Deviation ≥ 0 is the standard deviation of a feature about its mean. Default 1.
	Deviation float64 `mapstructure:"deviation"`
}
