package dataset

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// twoFeatures holds training points with two features, of means 2 and 300 and deviations 1 and 100,
// and a constant feature.
func twoFeatures() *Dataset {
	return &Dataset{
		Name: "own", Classes: 2, Features: []string{"a", "b", "c"},
		Train: Split{X: mat.NewDense(2, 3, []float64{1, 200, 7, 3, 400, 7}), Labels: []int{0, 1}},
		Test:  Split{X: mat.NewDense(1, 3, []float64{4, 300, 8}), Labels: []int{1}},
	}
}

func TestStandardize(t *testing.T) {
	d, err := Preparation{Standardize: true}.Apply(twoFeatures())
	if err != nil {
		t.Fatal(err)
	}
	checkSplit(t, "train", d.Train, [][]float64{{-1, -1, 0}, {1, 1, 0}}, []int{0, 1})
	checkSplit(t, "test", d.Test, [][]float64{{2, 0, 1}}, []int{1})
	checkNear(t, "mean", d.Scale.Mean, []float64{2, 300, 7}, 0)
	checkNear(t, "std", d.Scale.Std, []float64{1, 100, 1}, 0)

	huge := twoFeatures()
	huge.Train.X.Set(0, 0, math.MaxFloat64)
	huge.Train.X.Set(1, 0, -math.MaxFloat64)
	_, err = Preparation{Standardize: true}.Apply(huge)
	checkError(t, err, "data.standardize", `feature "a"`)
}

func TestUnevenScales(t *testing.T) {
	d := twoFeatures()
	if said := d.UnevenScales(); !strings.Contains(said, `feature "a" has standard deviation 1, but feature "b" has 100`) {
		t.Errorf("said %q", said)
	}
	for _, silent := range []Dataset{
		{Train: d.Train, Scale: scaleOf(d.Train.X)},
		{Train: d.Train, Shape: [3]int{1, 3, 1}},
	} {
		if said := silent.UnevenScales(); said != "" {
			t.Errorf("said %q", said)
		}
	}

	d.Train.X.Set(0, 1, 202)
	if said := d.UnevenScales(); said != "" {
		t.Errorf("said %q", said)
	}
}

func TestFeaturesBeyondFloat32(t *testing.T) {
	d := twoFeatures()
	d.Test.X.Set(0, 1, 1e39)
	checkError(t, d.RoundFloat32(), `feature "b"`, "1e+39", "train.precision", "data.standardize")
	d.Test.X.Set(0, 1, 1e38)
	if err := d.RoundFloat32(); err != nil {
		t.Error(err)
	}
}
