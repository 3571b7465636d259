package dataset

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// standardErrors is the largest allowed distance of a mean of random numbers from its expectation.
// The seeds are fixed, so tests do not fail by chance; a limit of 5 would be exceeded once in two
// million draws.
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

// The expected values are the first points of each split in the paper's notebook and the range that
// it prints, computed by PyTorch 1.13 with seed 0.
func TestGaussianMixtureIsTheToy(t *testing.T) {
	o := DefaultOptions()
	o.Seed = 0
	d := load(t, "gaussian_mixture", o)
	const tolerance = 1e-6 // two units in the last place of float32 at 4

	for _, c := range []struct {
		got  *mat.Dense
		want [][]float64
	}{
		{d.Train.X, [][]float64{{-1.1258, -2.6524}, {-0.2506, -1.9339}, {0.8487, -0.8080}}},
		{d.Test.X, [][]float64{{0.6445, -3.1420}, {0.3014, -2.4764}, {-0.0254, -1.6521}}},
	} {
		for i, row := range c.want {
			for j, want := range row {
				if got := c.got.At(i, j); math.Abs(got-want) > 0.5e-4 {
					t.Errorf("feature %d of point %d is %v, want %v", j, i, got, want)
				}
			}
		}
	}

	low := min(mat.Min(d.Train.X), mat.Min(d.Test.X))
	high := max(mat.Max(d.Train.X), mat.Max(d.Test.X))
	if math.Abs(low+3.816042) > tolerance || math.Abs(high-4.1605024) > tolerance {
		t.Errorf("features range from %v to %v, want -3.816042 to 4.1605024", low, high)
	}
}

func TestRandomLabelsSayNothing(t *testing.T) {
	o := DefaultOptions()
	o.Synthetic = SyntheticConfig{Classes: 4, Dim: 2, Train: 40000, Test: 4, Distance: 1.5, Deviation: 1}
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
		if again := load(t, name, o); !slices.Equal(again.Test.X.RawMatrix().Data, first.Test.X.RawMatrix().Data) {
			t.Errorf("%s: the same seed draws other points", name)
		}
		o = DefaultOptions()
		o.Seed++
		if other := load(t, name, o); slices.Equal(other.Test.X.RawMatrix().Data, first.Test.X.RawMatrix().Data) {
			t.Errorf("%s: another seed draws the same points", name)
		}
	}
}

func TestSyntheticConfigProblems(t *testing.T) {
	c := Config{Name: "gaussian_mixture", Options: DefaultOptions(), Preparation: Preparation{Permute: true}}
	if err := c.Check(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	c.Options.Synthetic = SyntheticConfig{Classes: 1, Dim: 1, Train: 0, Test: 0, Distance: -1, Deviation: math.NaN()}
	checkError(t, c.Check(), "classes: got 1", "dim: got 1", "train: got 0", "test: got 0", "distance: got -1", "deviation: got .nan")
}
