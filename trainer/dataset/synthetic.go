package dataset

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
)

// SyntheticConfig holds the parameters of the data sets gaussian_mixture and random_labels.
// The defaults of [DefaultSynthetic] are those of the toy example of Khromov and Singh (ICLR
// 2024), whose clouds stand at (0, −1.5) and (±1.5·cos 30°, 1.5·sin 30°).
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
// or take one), around means that are evenly spaced on a circle in the first two dimensions: the
// training points and then the test points, each class as PyTorch's MultivariateNormal samples
// it in float32. With seed 0 they are those of the paper's notebook.
func loadGaussianMixture(o Options) (*Dataset, error) {
	c := o.Synthetic
	r := rng.NewTorch(o.Seed)
	train := c.clouds(r, c.Train)
	return &Dataset{Name: "gaussian_mixture", Classes: c.Classes, Train: train, Test: c.clouds(r, c.Test)}, nil
}

// clouds draws n points, class after class.
func (c SyntheticConfig) clouds(r *rng.Torch, n int) Split {
	s := Split{X: mat.NewDense(n, c.Dim, nil), Labels: make([]int, 0, n)}
	for class := range c.Classes {
		first := len(s.Labels)
		for len(s.Labels) < n && len(s.Labels)*c.Classes/n == class {
			s.Labels = append(s.Labels, class)
		}
		points := make([]float32, (len(s.Labels)-first)*c.Dim)
		r.FillNormal(points)
		mean := c.mean(class)
		for i, v := range points {
			row, d := first+i/c.Dim, i%c.Dim
			s.X.Set(row, d, float64(mean[d]+float32(c.Deviation)*v))
		}
	}
	return s
}

// mean is the centre of a class's cloud.
func (c SyntheticConfig) mean(class int) []float32 {
	mean := make([]float32, c.Dim)
	sin, cos := math.Sincos(2*math.Pi*float64(class)/float64(c.Classes) - math.Pi/2)
	mean[0], mean[1] = float32(c.Distance*cos), float32(c.Distance*sin)
	return mean
}

// loadRandomLabels draws every point from one cloud at the origin and its label from a fair die. Each
// split has a stream of its own, so its points do not depend on the size of the other.
func loadRandomLabels(o Options) (*Dataset, error) {
	c := o.Synthetic
	draw := func(part string, n int) Split {
		r := rng.Stream(o.Seed, "random_labels/"+part)
		s := Split{X: mat.NewDense(n, c.Dim, nil), Labels: make([]int, n)}
		x := s.X.RawMatrix().Data
		for i := range x {
			x[i] = c.Deviation * r.NormFloat64()
		}
		for i := range s.Labels {
			s.Labels[i] = r.IntN(c.Classes)
		}
		return s
	}
	return &Dataset{Name: "random_labels", Classes: c.Classes, Train: draw("train", c.Train), Test: draw("test", c.Test)}, nil
}
