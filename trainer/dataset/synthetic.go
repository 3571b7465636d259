package dataset

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
)

// SyntheticConfig holds the parameters of the data sets gaussian_mixture and random_labels. The
// defaults give the toy example of Khromov and Singh (ICLR 2024), whose clouds are centred at (0,
// −1.5) and (±1.5·cos 30°, 1.5·sin 30°).
type SyntheticConfig struct {
	// Classes is the number K of classes, at least 2. Default 3.
	Classes int
	// Dim is the number D of features, at least 2. Default 2.
	Dim int
	// Train and Test are the numbers of points, at least K each. Default 45 and 15.
	Train int
	Test  int
	// Distance is the distance of each cloud's mean from the origin; random_labels has one cloud,
	// at the origin. Default 1.5.
	Distance float64
	// Deviation is the standard deviation of a feature within its cloud. Default 1.
	Deviation float64
}

// settings binds the keys of synthetic points.
func (c *SyntheticConfig) settings(s *settings.Set, only func(*settings.Setting)) {
	const section = "data.synthetic."
	only(settings.Var(s, &c.Classes, section+"classes", settings.Integer(2), 3,
		"number of classes"))
	only(settings.Var(s, &c.Dim, section+"dim", settings.Integer(2), 2, "number of features"))
	only(settings.Var(s, &c.Train, section+"train", settings.Integer(2), 45,
		"training points, over all classes"))
	only(settings.Var(s, &c.Test, section+"test", settings.Integer(2), 15,
		"test points, over all classes"))
	settings.Var(s, &c.Distance, section+"distance", settings.NonNegative, 1.5,
		"distance of the means from the origin").
		OnlyWith("data.name", "gaussian_mixture")
	only(settings.Var(s, &c.Deviation, section+"deviation", settings.NonNegative, 1,
		"standard deviation of a feature around its mean"))

	// Every class needs a point; otherwise the network would have outputs that no point needs.
	enough := func(points *int) func() string {
		return func() string {
			if *points >= c.Classes {
				return ""
			}
			return fmt.Sprintf(
				"got %d, want at least %d, the number of classes",
				*points,
				c.Classes,
			)
		}
	}

	s.Rule(enough(&c.Train), section+"train", section+"classes")
	s.Rule(enough(&c.Test), section+"test", section+"classes")
}

// checkSize returns an error if there are more points than memory could hold.
func (c SyntheticConfig) checkSize() error {
	most := maxEntries / c.Dim
	if c.Train > most || c.Test > most {
		return fmt.Errorf(
			"data.synthetic.train: %d points and data.synthetic.test: %d of data.synthetic.dim: %d, want "+
				"at most %d of each",
			c.Train,
			c.Test,
			c.Dim,
			most,
		)
	}
	return nil
}

// loadGaussianMixture draws the training points and then the test points, class by class, with
// equally many points per class (give or take one). The means are evenly spaced on a circle in the
// first two dimensions. Each class is sampled in float32 as by PyTorch's MultivariateNormal. Seed 0
// gives the points of the paper's notebook.
func loadGaussianMixture(o Options) (*Dataset, error) {
	c := o.Synthetic
	if err := c.checkSize(); err != nil {
		return nil, err
	}

	r := rng.NewTorch(o.Seed)
	train := c.clouds(r, c.Train)
	return &Dataset{
		Name:    "gaussian_mixture",
		Classes: c.Classes,
		Train:   train,
		Test:    c.clouds(r, c.Test),
	}, nil
}

// clouds draws n points, class by class.
func (c SyntheticConfig) clouds(r *rng.Torch, n int) Split {
	s := Split{X: mat.NewDense(n, c.Dim, nil), Labels: make([]int, 0, n)}
	// Rounding down distributes any number of points as evenly as possible.
	for class := range c.Classes {
		first := len(s.Labels)
		for len(s.Labels) < n && len(s.Labels)*c.Classes/n == class {
			s.Labels = append(s.Labels, class)
		}

		// A class is drawn as a whole, because PyTorch's generator fills long tensors in a
		// different order than short ones.
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

// mean returns the centre of the cloud of a class.
func (c SyntheticConfig) mean(class int) []float32 {
	mean := make([]float32, c.Dim)
	// The first class is at the bottom of the circle, as in the notebook.
	sin, cos := math.Sincos(2*math.Pi*float64(class)/float64(c.Classes) - math.Pi/2)
	mean[0], mean[1] = float32(c.Distance*cos), float32(c.Distance*sin)
	return mean
}

// loadRandomLabels draws every point from one cloud at the origin and its label uniformly from all
// classes. Each split has its own random stream, so its points do not depend on the size of the
// other split.
func loadRandomLabels(o Options) (*Dataset, error) {
	c := o.Synthetic
	if err := c.checkSize(); err != nil {
		return nil, err
	}

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

	return &Dataset{
		Name:    "random_labels",
		Classes: c.Classes,
		Train:   draw("train", c.Train),
		Test:    draw("test", c.Test),
	}, nil
}
