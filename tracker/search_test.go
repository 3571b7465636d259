package tracker

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"liptrack/internal/mlp"
	"liptrack/tracker/series"
)

// TestSearchFindsThePeak of a function whose slope peaks between the data: f(x) = tanh(3x) has its
// largest slope, 3, at 0.
func TestSearchFindsThePeak(t *testing.T) {
	tanh, err := mlp.ParseActivation("tanh", 0)
	if err != nil {
		t.Fatal(err)
	}
	net := &mlp.Network{Layers: []mlp.Layer{
		{Weight: mat.NewDense(1, 1, []float64{3}), Activation: tanh}, {Weight: mat.NewDense(1, 1, []float64{1})},
	}}
	for _, test := range []struct {
		data []float64
		want float64
	}{
		{[]float64{-1, 1.3}, 3},
		{[]float64{0.5, 1.3}, 3 / math.Pow(math.Cosh(1.5), 2)}, // 0 is outside the box
	} {
		s := &Snapshot{Net: net, Probes: Probes{X: mat.NewDense(2, 1, test.data)}}
		if got := measure(t, searchLowerBound{}, s)[series.SearchLowerBound]; !near(got, test.want, 1e-4) {
			t.Errorf("from %v: %v, want %v", test.data, got, test.want)
		}
	}
}

// TestSearchImproves on the data and stays below the product of norms.
func TestSearchImproves(t *testing.T) {
	for seed := range uint64(20) {
		s := snapshotOf(randomNetwork(generator(40+seed), mlp.ReLU, mlp.Identity, true, 1, 5, 20, 20, 3))
		data := measure(t, jacobian{}, s)[series.LowerBound]
		found := measure(t, searchLowerBound{}, s)[series.SearchLowerBound]
		product := measure(t, productBound{}, s)[series.UpperProduct]
		if !(found >= data && found <= product) {
			t.Errorf("seed %d: data %v, search %v, product %v", seed, data, found, product)
		}
	}
}

func TestRightSingularVector(t *testing.T) {
	v := rightSingularVector([]float64{3, 0, 0, 4, 0, 1}, 2, 3)
	var svd mat.SVD
	svd.Factorize(mat.NewDense(2, 3, []float64{3, 0, 0, 4, 0, 1}), mat.SVDThin)
	var want mat.Dense
	svd.VTo(&want)
	dot := math.Abs(v[0]*want.At(0, 0) + v[1]*want.At(1, 0) + v[2]*want.At(2, 0))
	if !near(dot, 1, 1e-9) {
		t.Errorf("%v is not along %v", v, mat.Col(nil, 0, &want))
	}
}
