package dataset

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/internal/settings"
)

// Preparation is what the experiments of Khromov and Singh (ICLR 2024) do to a data set before
// training: they add noise to the training features, take a random subset of each split in random
// order, and add noise to the training labels. The targets of a regression are standardised by the
// training points that are kept. It repeats the draws of their program for MNIST-1D, so it returns
// the same points in the same order. (For image files, that program adds PyTorch's noise before
// resizing; only its subsets and label noise are repeated here.)
type Preparation struct {
	// TrainSize and TestSize are the numbers of points to keep; 0, the default, keeps all.
	TrainSize int
	TestSize  int
	// Permute draws the points to keep at random, in random order; otherwise the first points are
	// kept in their order. Default true, as in the paper even if all points are kept.
	Permute bool
	// FeatureNoise is the standard deviation of Gaussian noise added to each training feature. If
	// it is not 0, the sums are rounded to float32. Default 0.
	FeatureNoise float64
	// LabelNoise α exchanges the labels of ⌊⌊αN⌋/2⌋ disjoint pairs of the N training points that
	// are kept. A larger α adds pairs to those of a smaller α, and class counts do not change. In
	// [0, 1]; default 0.
	LabelNoise float64
	// Standardize scales every feature to mean 0 and standard deviation 1 over the training points
	// that are kept. It is the last step. Default false.
	Standardize bool
	// Seed is the argument of numpy.random.seed, which is called for each split and for the label
	// noise. Default 42.
	Seed uint32

	keepsTargets bool // the targets of a regression stay in their units
}

// Apply returns a prepared copy of d and leaves d unchanged. It returns an error if a field is out
// of range or d has too few points.
func (p Preparation) Apply(d *Dataset) (*Dataset, error) {
	if err := p.checkRanges(); err != nil {
		return nil, err
	}

	if p.TrainSize > d.Train.Len() {
		return nil, fmt.Errorf(
			"data.train_size: %d, but %s has %d training points",
			p.TrainSize,
			d.Name,
			d.Train.Len(),
		)
	}

	if p.TestSize > d.Test.Len() {
		return nil, fmt.Errorf(
			"data.test_size: %d, but %s has %d test points",
			p.TestSize,
			d.Name,
			d.Test.Len(),
		)
	}

	// Each split reseeds the generator, as in the paper's program. Labels are exchanged after the
	// subset is drawn.
	prepared := *d
	prepared.Train = p.draw(d.Train, p.TrainSize, p.FeatureNoise)
	prepared.Test = p.draw(d.Test, p.TestSize, 0)
	exchangeLabels(prepared.Train.Labels, p.LabelNoise, p.Seed)
	if p.Standardize {
		err := prepared.standardize()
		if err != nil {
			return nil, err
		}
	}

	if prepared.IsRegression() && !p.keepsTargets {
		err := prepared.standardizeTargets()
		if err != nil {
			return nil, err
		}
	}

	return &prepared, nil
}

// checkRanges returns an error that lists the fields out of range. Only Apply can check that the
// data set has enough points.
func (p Preparation) checkRanges() error {
	c := Config{Preparation: p}
	var set settings.Set
	c.Settings(&set)

	var errs []error
	for _, problem := range set.OutOfRange() {
		switch problem.Key {
		case "data.train_size", "data.test_size", "data.feature_noise", "data.label_noise":
			errs = append(errs, problem)
		}
	}
	return errors.Join(errs...)
}

// draw copies size points of s, with noise on their features. The noise is drawn first, for all of
// s, so the choice of points depends on whether there is noise.
func (p Preparation) draw(s Split, size int, noise float64) Split {
	r := rng.NewNumPy(p.Seed)
	if noise > 0 {
		s.X = addNoise(s.X, noise, r)
	}
	indices := upTo(s.Len())
	if p.Permute {
		indices = r.Permutation(s.Len())
	}
	if size > 0 {
		indices = indices[:size]
	}
	return s.Subset(indices)
}

// addNoise returns x + deviation·N(0, 1) in float32, drawn row by row.
func addNoise(x *mat.Dense, deviation float64, r *rng.NumPy) *mat.Dense {
	noisy := mat.DenseCopyOf(x)
	for i := range noisy.RawMatrix().Rows {
		row := noisy.RawRowView(i)
		for j, v := range row {
			row[j] = float64(float32(v + deviation*r.Normal()))
		}
	}
	return noisy
}

// exchangeLabels does the paper's incremental shuffle in place: a random permutation is read as a
// sequence of pairs, and a fraction alpha of the pairs, the first ones, exchange their labels.
func exchangeLabels(labels []int, alpha float64, seed uint32) {
	pairs := int(math.Floor(float64(len(labels))*alpha)) / 2
	order := rng.NewNumPy(seed).Permutation(len(labels))
	for k := range pairs {
		i, j := order[2*k], order[2*k+1]
		labels[i], labels[j] = labels[j], labels[i]
	}
}

// upTo returns 0 … n−1.
func upTo(n int) []int {
	v := make([]int, n)
	for i := range v {
		v[i] = i
	}
	return v
}
