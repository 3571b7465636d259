package modelfile

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestParseName(t *testing.T) {
	for _, c := range []struct {
		name, layer string
		role        role
	}{
		{"weight", "", role{}},
		{"layers.0.weight", "layers.0.", role{}},
		{"0.bias", "0.", role{bias: true}},
		{"net.fc1.weight", "net.fc1.", role{}},
		{"fc1_bias", "fc1_", role{bias: true}},
		{"W1", "1", role{}},
		{"b1", "1", role{bias: true}},
		{"weight_0", "0", role{}},
		{"biases0", "0", role{bias: true}},
		{"layer_1_W", "layer_1_", role{}},
		{"model/dense_2/kernel:0", "model/dense_2/", role{inOut: true}},
		{"model/dense_2/bias:0", "model/dense_2/", role{bias: true}},
		{"coefs_1", "1", role{inOut: true}},
		{"intercepts_1", "1", role{bias: true}},
	} {
		layer, role, ok := parseName(c.name)
		if !ok || layer != c.layer || role != c.role {
			t.Errorf("%s: layer %q, %+v, %v", c.name, layer, role, ok)
		}
	}

	for _, name := range []string{"", "1", "gamma", "fc.weight_orig", "fc.weight_g", "rnn.weight_hh_l0", "arr_0", "W1x"} {
		if layer, _, ok := parseName(name); ok {
			t.Errorf("%q is taken for a parameter of layer %q", name, layer)
		}
	}
}

// layersNamed returns layers with only names; kernels marks their weights as Keras kernels.
func layersNamed(kernels bool, names ...string) []*parameters {
	var layers []*parameters
	for _, name := range names {
		weight := tensor{name: name + ".weight"}
		layers = append(layers, &parameters{layer: name, weight: &weight, inOut: kernels})
	}
	return layers
}

func TestOrderOfNumberedNames(t *testing.T) {
	for _, want := range []string{
		"fc fc2 fc3", "l2 l10 l011 l100000000000000000000000", "0 2 4", "a1.b1 a1.b2 a2.b1", "fc fc_2",
		"enc.fc enc.fc2", "block1 block2 block3 block4", "x",
	} {
		names := strings.Fields(want)
		for range 3 {
			layers := layersNamed(false, names...)
			rand.Shuffle(len(layers), func(i, j int) { layers[i], layers[j] = layers[j], layers[i] })
			err := sortLayers(layers)
			var got []string
			for _, p := range layers {
				got = append(got, p.layer)
			}
			if err != nil || !slices.Equal(got, names) {
				t.Errorf("%q, want %q (%v)", got, names, err)
			}
		}
	}

	kernels := layersNamed(true, "dense_2/", "dense/", "dense_1/")
	if err := sortLayers(kernels); err != nil || kernels[0].layer != "dense/" || kernels[2].layer != "dense_2/" {
		t.Errorf("Keras's names: first %s, %v", kernels[0].layer, err)
	}
}

func TestOrderThatNamesDoNotSay(t *testing.T) {
	for _, names := range []string{
		"fc fc1 fc2", "fc fc3 fc4", "fc fc2 fc4", "fc1 fc2 out", "a b", "encoder.0 decoder.0", "fc_1 fc2", "fc1 fc01",
		"dense dense_1 dense_2", "fc fc2 gc2", "fc FC2", "fc1 fc", "a.fc b.fc2",
	} {
		err := sortLayers(layersNamed(false, strings.Fields(names)...))
		checkError(t, err, append(strings.Fields(names), "--layers")...)
	}
	checkError(t, sortLayers(layersNamed(true, "dense/", "dense_2/", "dense_3/")), "--layers")
}

func TestGivenOrder(t *testing.T) {
	tensors := []tensor{ramp("out.weight", 1, 3), ramp("out.bias", 1), ramp("in.weight", 3, 2), ramp("ema.weight", 3, 2)}
	m := &model{}
	pairs, err := m.pairUp(tensors, []string{"in", "out.weight"})
	if err != nil || len(pairs) != 2 || pairs[0].weight.name != "in.weight" || pairs[1].bias == nil {
		t.Errorf("%v, %v", pairs, err)
	}
	if len(m.notes) != 1 || !strings.Contains(m.notes[0], "ema.weight") {
		t.Errorf("notes %q", m.notes)
	}
	_, err = m.pairUp(tensors, []string{"in", "fc"})
	checkError(t, err, `no layer "fc"`, "out.weight")
	_, err = m.pairUp(tensors, []string{"in", "in.weight"})
	checkError(t, err, "twice")
}

// ramp returns a tensor with the values 1, 2, 3, …
func ramp(name string, shape ...int) tensor {
	t := tensor{name: name, shape: shape}
	n := 1
	for _, d := range shape {
		n *= d
	}
	for i := range n {
		t.values = append(t.values, float64(i+1))
	}
	return t
}

func TestPairUp(t *testing.T) {
	pairs, err := (&model{}).pairUp([]tensor{
		ramp("l.10.weight", 1, 3), ramp("l.2.bias", 3), ramp("l.2.weight", 3, 2), ramp("l.10.bias", 1), ramp("l.11.weight", 2, 1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range pairs {
		names = append(names, p.weight.name)
		if p.bias != nil {
			names = append(names, p.bias.name)
		}
	}

	if want := []string{"l.2.weight", "l.2.bias", "l.10.weight", "l.10.bias", "l.11.weight"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

func TestPairUpErrors(t *testing.T) {
	for _, c := range []struct {
		tensors []tensor
		words   []string
	}{
		{[]tensor{ramp("fc.weight", 2, 2), ramp("gamma", 2)}, []string{`"gamma" (2)`, "W1"}},
		{[]tensor{ramp("W1", 2, 2), ramp("w1", 2, 2)}, []string{`"W1" and "w1"`, "weight of one layer"}},
		{[]tensor{ramp("W1", 2, 2), ramp("b1", 2), ramp("bias_1", 2)}, []string{`"b1" and "bias_1"`, "bias of one layer"}},
		{[]tensor{ramp("W1", 2, 2), ramp("b2", 2)}, []string{`"b2"`, "no weight"}},
	} {
		_, err := (&model{}).pairUp(c.tensors, nil)
		checkError(t, err, c.words...)
	}
}

func weightsOnly(tensors ...tensor) []pair {
	var pairs []pair
	for _, t := range tensors {
		pairs = append(pairs, pair{weight: t})
	}
	return pairs
}

func TestOrientation(t *testing.T) {
	outIn := weightsOnly(ramp("W1", 3, 2), ramp("W2", 1, 3))
	inOut := weightsOnly(ramp("W1", 2, 3), ramp("W2", 3, 1))
	either := weightsOnly(ramp("W1", 3, 2), ramp("W2", 2, 3))
	kernel := weightsOnly(ramp("kernel1", 3, 2), ramp("kernel2", 2, 3))

	for i := range kernel {
		kernel[i].inOut = true
	}
	bias := ramp("b1", 3)
	decided := slices.Clone(either)
	decided[0].bias = &bias

	for _, c := range []struct {
		name    string
		pairs   []pair
		options Options
		search  bool
		in      int // inputs of the network; 0 for an error
		notes   int
	}{
		{"out×in", outIn, Options{}, true, 2, 0},
		{"in×out", inOut, Options{}, true, 2, 1},
		{"in×out, not searched", inOut, Options{}, false, 0, 0},
		{"in×out, as said", inOut, Options{Transposed: true}, true, 2, 0},
		{"out×in, said to be in×out", outIn, Options{Transposed: true}, true, 0, 0},
		{"either", either, Options{}, true, 2, 1},
		{"either, said to be in×out", either, Options{Transposed: true}, true, 3, 0},
		{"kernels", kernel, Options{}, false, 3, 0},
		{"decided by a bias", decided, Options{}, true, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &model{}
			err := m.layersOf(c.pairs, c.options, c.search)
			if c.in == 0 {
				checkError(t, err, `"W1"`, `"W2"`, "do not chain")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := m.layers[0].in(); got != c.in || len(m.notes) != c.notes {
				t.Errorf("%d inputs, want %d; notes %q", got, c.in, m.notes)
			}
		})
	}

	m := &model{}
	if err := m.layersOf(inOut, Options{}, true); err != nil {
		t.Fatal(err)
	}
	checkNear(t, m.layers[0].weight.RawMatrix().Data, []float64{1, 4, 2, 5, 3, 6}, 0)
}

func TestLayersErrors(t *testing.T) {
	nonfinite := ramp("W1", 2, 3)
	nonfinite.values[4] = nan
	badBias, longBias, square := ramp("b1", 3), ramp("b1", 4), ramp("b1", 3, 3)
	badBias.values[2] = nan

	for _, c := range []struct {
		pairs []pair
		words []string
	}{
		{nil, []string{"no linear layer"}},
		{weightsOnly(ramp("W1", 4)), []string{`"W1" has shape 4`, "two axes"}},
		{weightsOnly(ramp("W1", 8, 3, 3, 3)), []string{`"W1" has shape 8×3×3×3`}},
		{weightsOnly(ramp("W1", 0, 3)), []string{`"W1" has shape 0×3`}},
		{weightsOnly(nonfinite), []string{`"W1" holds NaN at index [1 1]`}},
		{[]pair{{weight: ramp("W1", 3, 2), bias: &badBias}}, []string{`"b1" holds NaN at index [2]`}},
		{[]pair{{weight: ramp("W1", 3, 2), bias: &longBias}}, []string{`"b1" has 4 numbers`, "3 outputs", `"W1" (3×2`}},
		{[]pair{{weight: ramp("W1", 3, 2), bias: &square}}, []string{`"b1" has shape 3×3`}},
		{weightsOnly(ramp("W1", 3, 2), ramp("W2", 4, 5)), []string{`"W1" (3×2, out×in) has 3 outputs`, `"W2" (4×5) has 5 inputs`}},
	} {
		checkError(t, (&model{}).layersOf(c.pairs, Options{}, true), c.words...)
	}
}
