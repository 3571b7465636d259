package dataset

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"liptrack/internal/rng"
)

// SyntheticConfig holds the parameters of the data sets gaussian_mixture and random_labels.
// The defaults of [DefaultSynthetic] are those of the toy example of Khromov and Singh (ICLR
// 2024), whose clouds stand at (0, −1.5) and (±1.5·cos 30°, 1.5·sin 30°); the points
// themselves are drawn by another generator than theirs.
type SyntheticConfig struct {
	// Classes is the number K of classes, at least 2. Default 3.
	Classes int `yaml:"classes"`
	// Dim is the number D of features, at least 2. Default 2.
	Dim int `yaml:"dim"`
	// Train and Test are the numbers of points, at least K each. Default 45 and 15.
	Train int `yaml:"train"`
	Test  int `yaml:"test"`
	// Distance is that of each cloud's mean from the origin; random_labels has one cloud,
	// at the origin. Default 1.5.
	Distance float64 `yaml:"distance"`
	// Deviation is the standard deviation of a feature within its cloud. Default 1.
	Deviation float64 `yaml:"deviation"`
}

// DefaultSynthetic is the paper's toy example.
func DefaultSynthetic() SyntheticConfig {
	return SyntheticConfig{Classes: 3, Dim: 2, Train: 45, Test: 15, Distance: 1.5, Deviation: 1}
}

func (c SyntheticConfig) problems() (p problems) {
	p.require(c.Classes >= 2, "classes", c.Classes, "2 or more")
	p.require(c.Dim >= 2 && c.Dim <= maxEntries, "dim", c.Dim, "2 or more")
	most := maxEntries / max(c.Dim, 1)
	p.require(c.Train >= c.Classes && c.Train <= most, "train", c.Train, "classes (%d) to %d", c.Classes, most)
	p.require(c.Test >= c.Classes && c.Test <= most, "test", c.Test, "classes (%d) to %d", c.Classes, most)
	p.requireNonNegative("distance", c.Distance)
	p.requireNonNegative("deviation", c.Deviation)
	return p
}

// loadGaussianMixture draws class after class, as many points of each as of any other (give
// or take one), around means that are evenly spaced on a circle in the first two dimensions.
func loadGaussianMixture(o Options) (*Dataset, error) {
	c := o.Synthetic
	return c.dataset("gaussian_mixture", o.Seed, func(s Split, _ *rand.Rand) {
		for i := range s.Labels {
			class := i * c.Classes / s.Len()
			sin, cos := math.Sincos(2*math.Pi*float64(class)/float64(c.Classes) - math.Pi/2)
			x := s.X.RawRowView(i)
			x[0] += c.Distance * cos
			x[1] += c.Distance * sin
			s.Labels[i] = class
		}
	}), nil
}

// loadRandomLabels draws every point from one cloud and its label from a fair die.
func loadRandomLabels(o Options) (*Dataset, error) {
	c := o.Synthetic
	return c.dataset("random_labels", o.Seed, func(s Split, r *rand.Rand) {
		for i := range s.Labels {
			s.Labels[i] = r.IntN(c.Classes)
		}
	}), nil
}

// dataset draws Gaussian points around the origin for each split and leaves it to label to
// move them and to set their labels. Each split has a stream of its own, so its points do not
// depend on the size of the other.
func (c SyntheticConfig) dataset(name string, seed uint64, label func(Split, *rand.Rand)) *Dataset {
	draw := func(part string, n int) Split {
		r := rng.Stream(seed, name+"/"+part)
		s := Split{X: mat.NewDense(n, c.Dim, nil), Labels: make([]int, n)}
		x := s.X.RawMatrix().Data
		for i := range x {
			x[i] = c.Deviation * r.NormFloat64()
		}
		label(s, r)
		return s
	}
	return &Dataset{Name: name, Classes: c.Classes, Train: draw("train", c.Train), Test: draw("test", c.Test)}
}
