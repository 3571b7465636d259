// Package dataset loads labelled points into memory. It generates data sets (MNIST-1D), reads the
// formats in which data sets are published, and prepares them as the paper does (subset, feature
// noise, label noise). It knows nothing about networks or training.
package dataset

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Dataset is a classification or regression problem with its training and test points.
type Dataset struct {
	Name string
	// Classes is the number K of classes; labels are 0 … K−1. It is 0 for a regression.
	Classes int
	// ClassNames are the labels of the classes in the user's file; nil without a file.
	ClassNames []string
	// Features are the names of the feature columns of the user's file; nil without a file.
	Features []string
	// Label is the name of the label column; "" if the points do not come from a user's table.
	Label string
	// Shape is the shape of a point: channels, height and width, whose product is the number of
	// features; zeros if it is unknown.
	Shape       [3]int
	Train, Test Split
	// Scale is how the features were standardised; nil if they were not.
	Scale *Scale
	// Targets are the names of the columns that a regression predicts; nil if there are none.
	Targets []string
	// TargetScale is how the targets of a regression were standardised; nil if they were not.
	TargetScale *Scale
}

// checkFloat32 returns an error if a feature is beyond the range of float32.
func (d *Dataset) checkFloat32() error {
	for _, s := range []Split{d.Train, d.Test} {
		for i := range s.Len() {
			for j, v := range s.X.RawRowView(i) {
				if math.Abs(v) > math.MaxFloat32 {
					return fmt.Errorf(
						"%s is %g in point %d, beyond the largest float32, %.3g: "+
							"set data.standardize or train.precision: float64",
						d.feature(j),
						v,
						i+1,
						math.MaxFloat32,
					)
				}
			}
		}
	}

	return nil
}

// RoundFloat32 rounds every feature and target to the nearest float32, in place. That is what a
// network that computes in float32 sees of the data. A feature beyond the range of float32 is an
// error.
func (d *Dataset) RoundFloat32() error {
	err := d.checkFloat32()
	if err != nil {
		return err
	}
	d.Train.roundFloat32()
	d.Test.roundFloat32()
	return nil
}

// Split is N labelled points in D dimensions, or N points with targets.
type Split struct {
	X      *mat.Dense // N×D
	Labels []int      // length N; nil if the points have none
	Y      *mat.Dense // N×M, the targets of a regression; nil otherwise
}

// Len returns the number of points.
func (s Split) Len() int {
	if s.Y != nil {
		n, _ := s.Y.Dims()
		return n
	}
	return len(s.Labels)
}

// Dim returns the number of features of a point; 0 for an empty split.
func (s Split) Dim() int {
	if s.X == nil {
		return 0
	}
	_, d := s.X.Dims()
	return d
}

// Subset returns a copy of the points at the given indices, in the order of the indices. Without
// indices it returns the empty split.
func (s Split) Subset(indices []int) Split {
	if len(indices) == 0 {
		return Split{}
	}
	sub := Split{X: mat.NewDense(len(indices), s.Dim(), nil)}
	for row, i := range indices {
		sub.X.SetRow(row, s.X.RawRowView(i))
		if s.Labels != nil {
			sub.Labels = append(sub.Labels, s.Labels[i])
		}
	}

	if s.Y != nil {
		_, targets := s.Y.Dims()
		sub.Y = mat.NewDense(len(indices), targets, nil)
		for row, i := range indices {
			sub.Y.SetRow(row, s.Y.RawRowView(i))
		}
	}

	return sub
}

// splitAt returns the first n points and the others, 0 < n < N. Both share memory with s.
func (s Split) splitAt(n int) (first, others Split) {
	part := func(from, to int) Split {
		return Split{
			X:      s.X.Slice(from, to, 0, s.Dim()).(*mat.Dense),
			Labels: s.Labels[from:to:to],
		}
	}
	return part(0, n), part(n, s.Len())
}

func (s Split) roundFloat32() {
	for i := range s.Len() {
		roundRow(s.X.RawRowView(i))
		if s.Y != nil {
			roundRow(s.Y.RawRowView(i))
		}
	}
}

func roundRow(row []float64) {
	for j, v := range row {
		row[j] = float64(float32(v))
	}
}
