package trainer

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/network"
)

// NamedLayers returns the layers of a network by its name elsewhere:
//
//   - CNN_w and GELU_CNN_w from the code of Khromov and Singh (ICLR 2024): four 3×3 convolutions
//     with w, 2w, 4w and 8w channels, padding 1 and no biases, each followed by an activation
//     and a max-pool (of sizes 1, 2, 2 and the whole plane), then a dense layer;
//   - ConvBase_c, or ConvBase for c = 25, from MNIST-1D (Greydanus and Kobak 2024): three
//     convolutions with c channels, stride 2, padding 1, sizes 5, 3 and 3, and biases;
//   - MLPBase_w, or MLPBase for w = 100, from MNIST-1D: a dense layer of w units and a residual
//     block h + relu(Wh + b), with biases.
//
// Activations are relu, except in GELU_CNN_w. Any other name, and a width above 100,000, is an
// error.
func NamedLayers(name string) ([]LayerSpec, error) {
	for _, family := range layerFamilies {
		match := family.form.FindStringSubmatch(name)
		if match == nil {
			continue
		}

		width := family.width
		if match[1] != "" {
			var err error
			width, err = strconv.Atoi(match[1])
			if err != nil || width > maxNamedWidth {
				return nil, fmt.Errorf("network %q: its width must be at most %d",
					name, maxNamedWidth)
			}
		}

		return family.layers(width), nil
	}

	return nil, fmt.Errorf(
		"unknown network %q: must be CNN_w, GELU_CNN_w, ConvBase, ConvBase_c, MLPBase or MLPBase_w, "+
			"where c or w is a number of channels or units",
		name,
	)
}

// maxNamedWidth bounds the widths in names.
const maxNamedWidth = 100_000

var layerFamilies = []struct {
	form   *regexp.Regexp
	width  int // if the name has none
	layers func(width int) []LayerSpec
}{
	{regexp.MustCompile(`^CNN_([1-9][0-9]*)$`), 0, func(w int) []LayerSpec {
		return paperCNN(w, "relu")
	}},
	{regexp.MustCompile(`^GELU_CNN_([1-9][0-9]*)$`), 0, func(w int) []LayerSpec {
		return paperCNN(w, "gelu")
	}},
	{regexp.MustCompile(`^ConvBase(?:_([1-9][0-9]*))?$`), 25, convBase},
	{regexp.MustCompile(`^MLPBase(?:_([1-9][0-9]*))?$`), 100, mlpBase},
}

func paperCNN(width int, activation string) []LayerSpec {
	a, err := network.ParseActivation(activation, 0)
	if err != nil {
		panic(err)
	}

	// The official networks have no biases at all, whatever model.bias says.
	unbiased := false

	var specs []LayerSpec
	for i, pool := range []LayerSpec{
		{Kind: MaxPoolLayer, Window: conv.Square(1, 1, 0)},
		{Kind: MaxPoolLayer, Window: conv.Square(2, 2, 0)},
		{Kind: MaxPoolLayer, Window: conv.Square(2, 2, 0)},
		{Kind: MaxPoolLayer, Global: true},
	} {
		convolution := LayerSpec{
			Kind:       ConvLayer,
			Units:      width << i,
			Window:     conv.Square(3, 1, 1),
			Activation: &a,
			Bias:       &unbiased,
		}

		specs = append(specs, convolution, pool)
	}

	return append(
		specs,
		LayerSpec{Kind: FlattenLayer},
		LayerSpec{Kind: OutputLayer, Bias: &unbiased},
	)
}

func convBase(channels int) []LayerSpec {
	relu, biased := network.ReLU, true
	var specs []LayerSpec
	for _, size := range []int{5, 3, 3} {
		specs = append(specs, LayerSpec{
			Kind:       ConvLayer,
			Units:      channels,
			Window:     conv.Square(size, 2, 1),
			Activation: &relu,
			Bias:       &biased,
		})
	}
	return append(
		specs,
		LayerSpec{Kind: FlattenLayer},
		LayerSpec{Kind: OutputLayer, Bias: &biased},
	)
}

func mlpBase(width int) []LayerSpec {
	relu, biased := network.ReLU, true
	unit := LayerSpec{
		Kind:       DenseLayer,
		Units:      width,
		Activation: &relu,
		Bias:       &biased,
	}
	return []LayerSpec{
		unit,
		{Kind: ResidualLayer, Body: []LayerSpec{unit}},
		{Kind: OutputLayer, Bias: &biased},
	}
}
