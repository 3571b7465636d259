package dataset

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/liptrack/liptrack/internal/input"
)

// Scale describes how features are standardised: x becomes (x − Mean)/Std, feature by feature.
type Scale struct {
	Mean, Std []float64 // length D; Std is positive
}

// scaleOf returns the mean and the standard deviation (with N, not N−1, in the denominator) of each
// feature. A constant feature gets the standard deviation 1.
func scaleOf(x *mat.Dense) *Scale {
	n, dim := x.Dims()
	s := &Scale{Mean: make([]float64, dim), Std: make([]float64, dim)}
	column := make([]float64, n)
	for j := range dim {
		mat.Col(column, j, x)
		s.Mean[j], s.Std[j] = stat.PopMeanStdDev(column, nil)
		if isConstant(column) {
			s.Mean[j], s.Std[j] = column[0], 1
		}
	}
	return s
}

func isConstant(column []float64) bool {
	return slices.Min(column) == slices.Max(column)
}

// Apply standardises points, N×D, in place. A nil scale changes nothing.
func (s *Scale) Apply(x *mat.Dense) {
	if s == nil || x == nil {
		return
	}
	x.Apply(func(_, j int, v float64) float64 {
		return (v - s.Mean[j]) / s.Std[j]
	}, x)
}

// standardize scales a data set by its training points, in place; d must own its points.
func (d *Dataset) standardize() error {
	s := scaleOf(d.Train.X)
	err := s.checkFinite(d.feature)
	if err != nil {
		return fmt.Errorf("data.standardize: %w", err)
	}

	return d.ScaleBy(s)
}

// checkFinite returns an error if a float64 cannot hold the mean or the standard deviation of a
// column.
func (s *Scale) checkFinite(name func(j int) string) error {
	for j := range s.Mean {
		if math.IsInf(s.Mean[j], 0) || !(s.Std[j] > 0) || math.IsInf(s.Std[j], 0) {
			return fmt.Errorf(
				"%s has the mean %g and standard deviation %g",
				name(j),
				s.Mean[j],
				s.Std[j],
			)
		}
	}
	return nil
}

// ScaleBy scales a data set by s, in place; d must own its points. It returns an error if s has a
// different number of features.
func (d *Dataset) ScaleBy(s *Scale) error {
	if len(s.Mean) != d.Train.Dim() {
		return fmt.Errorf("the scale has %d features, but the data have %d",
			len(s.Mean), d.Train.Dim())
	}

	s.Apply(d.Train.X)
	s.Apply(d.Test.X)
	d.Scale = s

	return nil
}

// UnevenScales returns a warning if the standard deviations of the training features differ by a
// factor of 100 or more: such features are learnt one after another, and a single tolerance for all
// means little. It returns "" otherwise, and also if the features are standardised or are the
// pixels of an image, which share a unit.
func (d *Dataset) UnevenScales() string {
	if d.Scale != nil || d.Shape[1] > 1 {
		return ""
	}

	// Means do not matter here: tolerances and learning rates depend only on differences.
	const much = 100
	n, dim := d.Train.X.Dims()
	column := make([]float64, n)
	low, high := -1, -1
	std := make([]float64, dim)
	for j := range std {
		mat.Col(column, j, d.Train.X)
		if isConstant(column) {
			continue
		}

		_, std[j] = stat.PopMeanStdDev(column, nil)
		if low < 0 || std[j] < std[low] {
			low = j
		}

		if high < 0 || std[j] > std[high] {
			high = j
		}
	}

	if low < 0 || std[high] < much*std[low] {
		return ""
	}

	return fmt.Sprintf(
		"the features have very different scales: %s has standard deviation %.3g, but %s has %.3g; "+
			"data.standardize: true scales them alike",
		d.feature(low),
		std[low],
		d.feature(high),
		std[high],
	)
}

// feature returns the name of feature j for messages.
func (d *Dataset) feature(j int) string {
	if d.Features != nil {
		return "feature " + input.Quote(d.Features[j])
	}
	return fmt.Sprintf("feature %d", j+1)
}
