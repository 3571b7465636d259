package network

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestNetworkSizes(t *testing.T) {
	pick := func() Activation { return ReLU }
	net := testNetwork(newRand(3), []int{40, 64, 10}, true, pick)
	if in, out, p := net.In(), net.Out(), net.Parameters(); in != 40 || out != 10 || p != 40*64+64+64*10+10 {
		t.Errorf("40–64–10 with biases: %d inputs, %d outputs, %d parameters", in, out, p)
	}
	if p := testNetwork(newRand(3), []int{40, 16, 10}, false, pick).Parameters(); p != 800 {
		t.Errorf("40–16–10 without biases has %d parameters, want 800", p)
	}
	first := net.UpTo(1)
	if len(first.Layers) != 1 || first.In() != 40 || first.Out() != 64 || first.Layers[0].Weight != net.Layers[0].Weight {
		t.Errorf("the first layer of 40–64–10 is %d layers, %d–%d", len(first.Layers), first.In(), first.Out())
	}
}

func TestValidate(t *testing.T) {
	layer := func(out, in int) Layer { return Layer{Weight: mat.NewDense(out, in, nil)} }
	with := func(l Layer, v float64) Layer { l.Weight.Set(0, 0, v); return l }
	biased := func(l Layer, b ...float64) Layer { l.Bias = b; return l }

	for _, test := range []struct {
		name   string
		layers []Layer
		want   string // in the error; empty for none
	}{
		{"one layer", []Layer{layer(3, 2)}, ""},
		{"biases and none", []Layer{biased(layer(3, 2), 1, 2, 3), layer(1, 3)}, ""},
		{"no layers", nil, "no layers"},
		{"no weight", []Layer{layer(3, 2), {}}, "layer 2 has no weight"},
		{"empty weight", []Layer{{Weight: &mat.Dense{}}}, "layer 1 has no weight"},
		{"broken chain", []Layer{layer(3, 2), layer(1, 4)}, "layer 2 takes 4 inputs but layer 1 gives 3 outputs"},
		{"short bias", []Layer{biased(layer(3, 2), 1, 2)}, "layer 1 has 3 outputs but 2 biases"},
		{"empty bias", []Layer{biased(layer(3, 2), []float64{}...)}, "layer 1 has 3 outputs but 0 biases"},
		{"NaN weight", []Layer{layer(3, 2), with(layer(1, 3), math.NaN())}, "layer 2 has a parameter that is NaN or infinite"},
		{"infinite weight", []Layer{with(layer(3, 2), math.Inf(-1))}, "layer 1 has a parameter that is NaN or infinite"},
		{"NaN bias", []Layer{biased(layer(1, 2), math.NaN())}, "layer 1 has a parameter that is NaN or infinite"},
	} {
		err := (&Network{Layers: test.layers}).Validate()
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", test.name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
}

// viewWithinNaN returns a rows×cols view of a matrix that is NaN everywhere else.
func viewWithinNaN(r func() float64, rows, cols int) *mat.Dense {
	m := mat.NewDense(rows+2, cols+3, nil)
	m.Apply(func(i, j int, _ float64) float64 {
		if i < rows && j >= 1 && j <= cols {
			return r()
		}
		return math.NaN()
	}, m)
	return m.Slice(0, rows, 1, cols+1).(*mat.Dense)
}

// A weight may be a view of a larger matrix, whose other entries must not matter.
func TestWeightsMayBeViews(t *testing.T) {
	r := newRand(4)
	view := &Network{Layers: []Layer{{Weight: viewWithinNaN(r.NormFloat64, 5, 4)}, {Weight: viewWithinNaN(r.NormFloat64, 2, 5)}}}
	if err := view.Validate(); err != nil {
		t.Error(err)
	}
	packed := &Network{}
	for _, l := range view.Layers {
		packed.Layers = append(packed.Layers, Layer{Weight: mat.DenseCopyOf(l.Weight)})
	}
	x := normals(r, 4)
	got, want := NewPass[float64](view, 1).Forward(x, 1), NewPass[float64](packed, 1).Forward(x, 1)
	checkClose(t, "outputs", got, want, 0)
}
