package dataset

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
)

// MNIST1DConfig holds the parameters of MNIST-1D (Greydanus and Kobak, "Scaling down deep learning
// with MNIST-1D", arXiv:2011.14439), named after their effect on a digit. The defaults of
// [DefaultMNIST1D] give the published data set.
type MNIST1DConfig struct {
	// Samples is the total number of training and test points, a tenth of them for each digit. It
	// must be a multiple of 10 up to 10,000,000. Default 5000.
	Samples int
	// TrainSplit is the fraction of the points to train on, in (0, 1). Default 0.8.
	TrainSplit float64
	// TemplateLength plus the upper end of Padding is the length to which a padded digit is
	// stretched. At least 2. Default 12, the length of the templates.
	TemplateLength int
	// Padding is the smallest and the largest number of zeros appended to a digit. Default 36 and
	// 60.
	Padding [2]int
	// ScaleCoefficient c multiplies a digit by 1 + c·U(−½, ½). Default 0.4.
	ScaleCoefficient float64
	// MaxTranslation m rotates the signal by 0 … m−1 places; m is at most the signal's length.
	// Default 48.
	MaxTranslation int
	// CorrelatedNoise is the standard deviation, before smoothing, of the smoothed noise that fills
	// the places without a digit. Default 0.25.
	CorrelatedNoise float64
	// IIDNoise is the standard deviation of the white noise added everywhere. Default 0.02.
	IIDNoise float64
	// Shear s tilts the signal by a line that falls by s·U(−½, ½) along the signal. Default 0.75.
	Shear float64
	// ShuffleSequence puts the positions of all signals in the same random order. Default false.
	ShuffleSequence bool
	// FinalLength is the number D of features, 1 to 10,000. Default 40. If it is 0, it takes its
	// default, and so do TrainSplit, TemplateLength and Padding.
	FinalLength int
	// Seed is the argument of numpy.random.seed. Default 42.
	Seed uint32
}

// DefaultMNIST1D returns the configuration of the published data set.
func DefaultMNIST1D() MNIST1DConfig {
	return DefaultOptions().MNIST1D.complete()
}

// complete fills in the sizes of the published data set, which have no settings, unless FinalLength
// is given.
func (c MNIST1DConfig) complete() MNIST1DConfig {
	if c.FinalLength == 0 {
		c.TrainSplit, c.TemplateLength, c.Padding, c.FinalLength = 0.8, 12, [2]int{36, 60}, 40
	}
	return c
}

// These limits prevent a typing error from requesting more memory than available.
const (
	maxMNIST1DSamples = 10_000_000
	maxMNIST1DLength  = 10_000
)

// settings binds the keys of the generator.
func (c *MNIST1DConfig) settings(s *settings.Set, only func(*settings.Setting)) {
	// In the published code, a padded digit has at most 72 positions.
	const section, publishedLength = "data.mnist1d.", 72
	only(settings.Var(s, &c.Samples, section+"samples", settings.MultipleOf(digits), 5000,
		"samples to generate, a fifth of them for testing"))
	only(settings.Var(s, &c.ScaleCoefficient, section+"scale", settings.NonNegative, 0.4,
		"range of the random amplitude around 1"))
	only(settings.Var(s, &c.MaxTranslation, section+"max_translation",
		settings.IntegerUpTo(1, publishedLength), 48, "number of possible shifts, in positions"))

	only(settings.Var(s, &c.CorrelatedNoise, section+"correlated_noise", settings.NonNegative, 0.25,
		"scale of the smoothed noise around the digit"))
	only(settings.Var(s, &c.IIDNoise, section+"iid_noise", settings.NonNegative, 0.02,
		"standard deviation of the white noise"))
	only(settings.Var(s, &c.Shear, section+"shear", settings.NonNegative, 0.75,
		"range of the random linear trend"))

	only(settings.Var(s, &c.ShuffleSequence, section+"shuffle_positions", settings.Boolean, false,
		"permute the 40 features, in the same way for all samples"))
	only(settings.Var(s, &c.Seed, section+"seed", settings.Seed[uint32](), 42,
		"seed of the generator"))
}

// checkRanges returns an error that lists everything out of range.
func (c MNIST1DConfig) checkRanges() error {
	var set settings.Set
	c.settings(&set, func(*settings.Setting) {})
	var errs []error
	for _, problem := range set.OutOfRange() {
		errs = append(errs, problem)
	}

	require := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}

	require(
		c.Samples <= maxMNIST1DSamples,
		"data.mnist1d.samples: got %d, want at most %d",
		c.Samples,
		maxMNIST1DSamples,
	)
	require(
		c.trainSize() >= 1 && c.trainSize() < c.Samples,
		"TrainSplit: %g leaves no training or no test points",
		c.TrainSplit,
	)
	require(
		c.TemplateLength >= 2 && c.TemplateLength <= maxMNIST1DLength,
		"TemplateLength: got %d, want from 2 to %d",
		c.TemplateLength,
		maxMNIST1DLength,
	)
	least, most := c.Padding[0], c.Padding[1]
	require(0 <= least && least <= most && most <= maxMNIST1DLength,
		"Padding: got %v, want the smallest and the largest, from 0 to %d", c.Padding, maxMNIST1DLength)
	require(
		c.MaxTranslation <= c.stretched(),
		"MaxTranslation: got %d, want at most %d, the length of the signal",
		c.MaxTranslation,
		c.stretched(),
	)
	require(
		c.FinalLength >= 1 && c.FinalLength <= maxMNIST1DLength,
		"FinalLength: got %d, want from 1 to %d",
		c.FinalLength,
		maxMNIST1DLength,
	)
	return errors.Join(errs...)
}

func (c MNIST1DConfig) trainSize() int {
	return int(float64(c.Samples) * c.TrainSplit)
}

// stretched returns the length of a signal before it is resampled to FinalLength.
func (c MNIST1DConfig) stretched() int {
	return c.TemplateLength + c.Padding[1]
}

// MNIST1D generates the MNIST-1D data set of c: ten classes, D = c.FinalLength features with mean 0
// and standard deviation 1 over all points. It repeats the draws of the reference program
// (github.com/greydanus/mnist1d): with the defaults, the labels equal the published ones and the
// features differ by at most 1e-13. A field out of range is an error.
func MNIST1D(c MNIST1DConfig) (*Dataset, error) {
	c = c.complete()
	if err := c.checkRanges(); err != nil {
		return nil, err
	}

	r := rng.NewNumPy(c.Seed)
	perClass := c.Samples / digits
	var signals [][]float64 // digit by digit
	for _, template := range mnist1dTemplates() {
		for range perClass {
			signals = append(signals, c.signal(template, r))
		}
	}

	// The draws follow the order of the reference: first the signals, then the order of samples,
	// then the order of features.
	rows := r.Permutation(c.Samples)
	columns := upTo(c.FinalLength)
	if c.ShuffleSequence {
		columns = r.Permutation(c.FinalLength)
	}

	all := Split{X: mat.NewDense(c.Samples, c.FinalLength, nil), Labels: make([]int, c.Samples)}
	for row, i := range rows {
		all.Labels[row] = i / perClass
		for column, j := range columns {
			all.X.Set(row, column, signals[i][j])
		}
	}

	// Standardised over training and test points together, as in the reference.
	standardise(all.X.RawMatrix().Data)
	train, test := all.splitAt(c.trainSize())

	return &Dataset{
		Name:    "mnist1d",
		Classes: digits,
		Shape:   [3]int{1, 1, c.FinalLength},
		Train:   train,
		Test:    test,
	}, nil
}

// standardise shifts and scales v to mean 0 and (population) standard deviation 1.
func standardise(v []float64) {
	mean, deviation := stat.PopMeanStdDev(v, nil)
	for i, x := range v {
		v[i] = (x - mean) / deviation
	}
}
