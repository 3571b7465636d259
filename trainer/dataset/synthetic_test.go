package dataset

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// standardErrors is how far a mean of random numbers may be from its expectation: the seeds
// are fixed, so this does not fail by chance, and 5 would be wrong once in two million.
const standardErrors = 5

func TestGaussianMixtureHasItsClouds(t *testing.T) {
	o := DefaultOptions()
	o.Synthetic = SyntheticConfig{Classes: 3, Dim: 4, Train: 30000, Test: 3, Distance: 1.5, Deviation: 0.5}
	d := load(t, "gaussian_mixture", o)
	sin30, cos30 := 0.5, math.Sqrt(3)/2
	means := [][]float64{{0, -1.5, 0, 0}, {1.5 * cos30, 1.5 * sin30, 0, 0}, {-1.5 * cos30, 1.5 * sin30, 0, 0}}
	for k, mean := range means {
		for j, want := range mean {
			var v []float64
			for i, label := range d.Train.Labels {
				if label == k {
					v = append(v, d.Train.X.At(i, j))
				}
			}
			if len(v) != 10000 {
				t.Fatalf("class %d has %d points, want 10000", k, len(v))
			}
			m, s := stat.MeanStdDev(v, nil)
			if math.Abs(m-want) > standardErrors*0.5/100 || math.Abs(s-0.5) > standardErrors*0.5/math.Sqrt(20000) {
				t.Errorf("class %d, feature %d: mean %v, deviation %v, want %v, 0.5", k, j, m, s, want)
			}
		}
	}
	if !slices.Equal(d.Test.Labels, []int{0, 1, 2}) {
		t.Errorf("test labels %v", d.Test.Labels)
	}
}

func TestRandomLabelsSayNothing(t *testing.T) {
	o := DefaultOptions()
	o.Synthetic = SyntheticConfig{Classes: 4, Dim: 2, Train: 40000, Test: 4, Distance: 9, Deviation: 1}
	d := load(t, "random_labels", o)
	count, sum := make([]float64, 4), make([]float64, 4)
	for i, k := range d.Train.Labels {
		count[k]++
		sum[k] += d.Train.X.At(i, 0)
	}
	for k := range count {
		if math.Abs(count[k]-10000) > standardErrors*math.Sqrt(40000*0.25*0.75) {
			t.Errorf("class %d has %v points of 40000", k, count[k])
		}
		if math.Abs(sum[k]/count[k]) > standardErrors/100. {
			t.Errorf("class %d has mean %v, want 0", k, sum[k]/count[k])
		}
	}
}

func TestSyntheticIsSeeded(t *testing.T) {
	for _, name := range []string{"gaussian_mixture", "random_labels"} {
		o := DefaultOptions()
		first := load(t, name, o)
		if first.Name != name || first.Classes != 3 || first.Train.Len() != 45 || first.Test.Len() != 15 || first.Train.Dim() != 2 {
			t.Errorf("%s: %d classes, %d and %d points in %d dimensions", first.Name, first.Classes, first.Train.Len(), first.Test.Len(), first.Train.Dim())
		}
		o.Synthetic.Train = 60
		if again := load(t, name, o); !slices.Equal(again.Test.X.RawMatrix().Data, first.Test.X.RawMatrix().Data) {
			t.Errorf("%s: the size of the training set changes the test points", name)
		}
		o = DefaultOptions()
		o.Seed++
		if other := load(t, name, o); slices.Equal(other.Test.X.RawMatrix().Data, first.Test.X.RawMatrix().Data) {
			t.Errorf("%s: another seed draws the same points", name)
		}
	}
}

func TestSyntheticConfigProblems(t *testing.T) {
	bad := SyntheticConfig{Classes: 1, Dim: 1, Train: 0, Test: 1 << 40, Distance: -1, Deviation: math.NaN()}
	checkError(t, bad.problems().err(), "classes: 1", "dim: 1", "train: 0", "test: 1099511627776", "distance: -1", "deviation: NaN")
	if err := DefaultSynthetic().problems().err(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
}
