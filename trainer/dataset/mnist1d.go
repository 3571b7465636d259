package dataset

import (
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/rng"
)

// MNIST1DConfig holds the parameters of MNIST-1D (Greydanus and Kobak, "Scaling down deep
// learning with MNIST-1D", arXiv:2011.14439), named after what they do to a digit. The
// defaults of [DefaultMNIST1D] give the published data set.
type MNIST1DConfig struct {
	// Samples is the number of points, training and test together, a tenth of each digit: a
	// multiple of 10 up to 10,000,000. Default 5000.
	Samples int `yaml:"samples"`
	// TrainSplit is the fraction of them to train on, in (0, 1). Default 0.8.
	TrainSplit float64 `yaml:"train_split"`
	// TemplateLength and the upper end of Padding add up to the length to which a padded
	// digit is stretched. At least 2. Default 12, the length of the templates.
	TemplateLength int `yaml:"template_length"`
	// Padding is the least and the most zeros put after a digit. Default 36 and 60.
	Padding [2]int `yaml:"padding"`
	// ScaleCoefficient c multiplies a digit by 1 + c·U(−½, ½). Default 0.4.
	ScaleCoefficient float64 `yaml:"scale_coefficient"`
	// MaxTranslation m rotates the signal by 0 … m−1 places, at most its length. Default 48.
	MaxTranslation int `yaml:"max_translation"`
	// CorrelatedNoise is the standard deviation of the smoothed noise that fills the places
	// where there is no digit, before smoothing. Default 0.25.
	CorrelatedNoise float64 `yaml:"correlated_noise"`
	// IIDNoise is the standard deviation of the white noise added everywhere. Default 0.02.
	IIDNoise float64 `yaml:"iid_noise"`
	// Shear s tilts the signal by a line that falls by s·U(−½, ½) along it. Default 0.75.
	Shear float64 `yaml:"shear"`
	// ShuffleSequence puts the positions of all signals into one random order. Default false.
	ShuffleSequence bool `yaml:"shuffle_sequence"`
	// FinalLength is the number D of features, 1 to 10,000. Default 40.
	FinalLength int `yaml:"final_length"`
	// Seed is numpy.random.seed's. Default 42.
	Seed uint32 `yaml:"seed"`
}

// DefaultMNIST1D is the configuration of the published data set.
func DefaultMNIST1D() MNIST1DConfig {
	return MNIST1DConfig{
		Samples: 5000, TrainSplit: 0.8,
		TemplateLength: 12, Padding: [2]int{36, 60},
		ScaleCoefficient: 0.4, MaxTranslation: 48,
		CorrelatedNoise: 0.25, IIDNoise: 0.02, Shear: 0.75,
		FinalLength: 40, Seed: 42,
	}
}

// Limits that keep a slip of the keyboard from asking for more memory than there is.
const (
	maxMNIST1DSamples = 10_000_000
	maxMNIST1DLength  = 10_000
)

// Validate reports every parameter that is out of range, each as a [KeyError].
func (c MNIST1DConfig) Validate() error { return c.problems().err() }

func (c MNIST1DConfig) problems() (p problems) {
	p.require(c.Samples >= digits && c.Samples <= maxMNIST1DSamples && c.Samples%digits == 0, "samples", c.Samples,
		"a multiple of %d from %d to %d", digits, digits, maxMNIST1DSamples)
	p.require(c.trainSize() >= 1 && c.trainSize() < c.Samples, "train_split", c.TrainSplit,
		"a fraction that leaves points on both sides")
	p.require(c.TemplateLength >= 2 && c.TemplateLength <= maxMNIST1DLength, "template_length", c.TemplateLength,
		"2 to %d", maxMNIST1DLength)
	p.require(0 <= c.Padding[0] && c.Padding[0] <= c.Padding[1] && c.Padding[1] <= maxMNIST1DLength, "padding", c.Padding,
		"the least and the most, from 0 to %d", maxMNIST1DLength)
	p.requireNonNegative("scale_coefficient", c.ScaleCoefficient)
	p.require(c.MaxTranslation >= 1 && c.MaxTranslation <= c.stretched(), "max_translation", c.MaxTranslation,
		"1 to %d, the length template_length + padding of the signal", c.stretched())
	p.requireNonNegative("correlated_noise", c.CorrelatedNoise)
	p.requireNonNegative("iid_noise", c.IIDNoise)
	p.requireNonNegative("shear", c.Shear)
	p.require(c.FinalLength >= 1 && c.FinalLength <= maxMNIST1DLength, "final_length", c.FinalLength,
		"1 to %d", maxMNIST1DLength)
	return p
}

func (c MNIST1DConfig) trainSize() int { return int(float64(c.Samples) * c.TrainSplit) }

// stretched is the length of a signal before it is resampled to FinalLength.
func (c MNIST1DConfig) stretched() int { return c.TemplateLength + c.Padding[1] }

// MNIST1D generates the MNIST-1D data set of c: ten classes, D = c.FinalLength features with
// mean 0 and standard deviation 1 over all points. It repeats the reference program
// (github.com/greydanus/mnist1d) draw by draw: with the defaults the labels are those of the
// published data and the features are within 1e-13.
func MNIST1D(c MNIST1DConfig) (*Dataset, error) {
	if err := c.Validate(); err != nil {
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
	standardise(all.X.RawMatrix().Data)
	train, test := all.cut(c.trainSize())
	return &Dataset{Name: "mnist1d", Classes: digits, Shape: [3]int{1, 1, c.FinalLength}, Train: train, Test: test}, nil
}

// standardise shifts and scales v to mean 0 and (population) standard deviation 1.
func standardise(v []float64) {
	mean, deviation := stat.PopMeanStdDev(v, nil)
	for i, x := range v {
		v[i] = (x - mean) / deviation
	}
}
