package trainer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/network"
)

// ParseLayers reads what a configuration says of layers: the name of a network that NamedLayers
// knows, or a list whose items are
//
//	{dense: 64}
//	{conv: {channels: 25, size: 5, stride: 2, padding: 1, dilation: 1}}
//	{conv: 25}, of size 3 and padding 1
//	{max_pool: 2}, {avg_pool: {size: 3, stride: 2, padding: 1}}, {max_pool: global}
//	flatten
//	{residual: [{dense: 64}, …]}
//
// Beside its kind an item may have an activation, of the names that ParseActivation takes, and a
// bias, true or false. The measures of a window are numbers, or lists of one for the height and one
// for the width; a stride is 1 unless it is given, of a pool its size. Errors name the item.
func ParseLayers(value any) ([]LayerSpec, error) {
	switch v := value.(type) {
	case string:
		return NamedLayers(v)
	case []any:
		return parseList(v, "layer")
	default:
		return nil, fmt.Errorf("%v: must be a list of layers or the name of a network", value)
	}
}

func parseList(items []any, what string) ([]LayerSpec, error) {
	specs := make([]LayerSpec, 0, len(items))
	for i, item := range items {
		spec, err := parseLayer(item)
		if err != nil {
			return nil, fmt.Errorf("%s %d: %w", what, i+1, err)
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

// layerKinds are the kinds of layers by their names.
var layerKinds = map[string]LayerKind{
	"dense": DenseLayer, "conv": ConvLayer, "max_pool": MaxPoolLayer, "avg_pool": AvgPoolLayer,
	"flatten": FlattenLayer, "residual": ResidualLayer,
}

func parseLayer(item any) (LayerSpec, error) {
	if item == "flatten" {
		return LayerSpec{Kind: FlattenLayer}, nil
	}

	fields, ok := item.(map[string]any)
	if !ok {
		return LayerSpec{}, fmt.Errorf("%v: must be flatten or a kind of layer with its settings, as {dense: 64}", item)
	}

	var spec LayerSpec
	named := ""
	// Keys in sorted order: of several mistakes always the same one is reported.
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		var err error
		switch kind, is := layerKinds[key]; {
		case is && named != "":
			return spec, fmt.Errorf("both %s and %s: must be one kind of layer", named, key)
		case is:
			named, spec.Kind = key, kind
			err = spec.parseKind(fields[key])
		case key == "activation":
			err = spec.parseActivation(fields[key])
		case key == "bias":
			biased, is := fields[key].(bool)
			if !is {
				err = fmt.Errorf("bias %v: must be true or false", fields[key])
			}
			spec.Bias = &biased
		default:
			err = fmt.Errorf("unknown key %q: must be a kind of layer (%s), activation or bias",
				key, strings.Join(slices.Sorted(maps.Keys(layerKinds)), ", "))
		}

		if err != nil {
			return spec, err
		}
	}

	if named == "" {
		return spec, fmt.Errorf(
			"no kind of layer: must have one of %s",
			strings.Join(slices.Sorted(maps.Keys(layerKinds)), ", "),
		)
	}

	// Modules without parameters reject what only others can have.
	plain := spec.Kind == MaxPoolLayer || spec.Kind == AvgPoolLayer || spec.Kind == FlattenLayer
	if plain && (spec.Bias != nil || spec.Activation != nil) {
		return spec, fmt.Errorf("%s: has neither activation nor bias", named)
	}

	return spec, nil
}

func (s *LayerSpec) parseActivation(value any) error {
	name, _ := value.(string)
	a, err := network.ParseActivation(name, defaultSlope)
	if err != nil || name == "" {
		return fmt.Errorf(
			"activation %v: must be one of none, %s",
			value,
			strings.Join(network.ActivationNames(), ", "),
		)
	}
	s.Activation = &a
	return nil
}

// defaultSlope is that of a leaky_relu that a layer has for itself.
const defaultSlope = 0.01

// parseKind reads the settings behind a kind.
func (s *LayerSpec) parseKind(value any) error {
	switch s.Kind {
	case DenseLayer:
		units, err := count(value)
		s.Units = units
		return inside("dense", err)
	case ConvLayer:
		// A number alone is short for the commonest convolution, which keeps the size of planes.
		if channels, err := count(value); err == nil {
			s.Units, s.Window = channels, conv.Square(3, 1, 1)
			return nil
		}

		return inside("conv", s.parseWindow(value, "channels"))
	case MaxPoolLayer, AvgPoolLayer:
		if value == "global" {
			s.Global = true
			return nil
		}

		if size, err := count(value); err == nil {
			s.Window = conv.Square(size, size, 0)
			return nil
		}

		return inside("pool", s.parseWindow(value, ""))
	case ResidualLayer:
		items, ok := value.([]any)
		if !ok {
			return fmt.Errorf("residual %v: must be a list of layers", value)
		}

		var err error
		s.Body, err = parseList(items, "residual layer")
		return err
	default:
		return fmt.Errorf("flatten: takes no settings; write it by itself")
	}
}

// inside says in what an error arose.
func inside(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// parseWindow reads the settings of a convolution, whose channels are under the key, or of a pool.
func (s *LayerSpec) parseWindow(value any, channels string) error {
	fields, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%v: must be a number or settings as {size: 3, stride: 2}", value)
	}

	// A size of 0 stands for none given.
	s.Window = conv.Square(0, 1, 0)
	s.Window.Dilation = [2]int{1, 1}
	strideGiven := false
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		var err error
		switch {
		case key == channels:
			s.Units, err = count(fields[key])
		case key == "size":
			s.Window.Size, err = pair(fields[key])
		case key == "stride":
			s.Window.Stride, err = pair(fields[key])
			strideGiven = true
		case key == "padding":
			s.Window.Pad, err = pair(fields[key])
		case key == "dilation":
			s.Window.Dilation, err = pair(fields[key])
		default:
			allowed := strings.TrimPrefix(
				strings.Join([]string{channels, "size", "stride", "padding", "dilation"}, ", "),
				", ",
			)
			return fmt.Errorf("unknown key %q: must be one of %s", key, allowed)
		}

		if err != nil {
			return inside(key, err)
		}
	}

	// As in PyTorch, a pool's stride is its size unless it is given.
	switch {
	case s.Window.Size == [2]int{}:
		return fmt.Errorf("no size: must be given")
	case channels != "" && s.Units == 0:
		return fmt.Errorf("no channels: must be given")
	case channels == "" && !strideGiven:
		s.Window.Stride = s.Window.Size
	}

	return nil
}

// maxCount bounds every number in a layer.
const maxCount = 1 << 30

// count reads a whole number that is not negative.
func count(value any) (int, error) {
	n := math.NaN()
	switch v := value.(type) {
	case int:
		n = float64(v)
	case int64:
		n = float64(v)
	case uint64:
		n = float64(v)
	case float64:
		n = v
	}

	if !(n >= 0 && n <= maxCount) || n != math.Trunc(n) {
		return 0, fmt.Errorf("%v: must be a whole number from 0 to %d", value, maxCount)
	}

	return int(n), nil
}

// pair reads a number for both axes, or a list of one for each.
func pair(value any) ([2]int, error) {
	list, ok := value.([]any)
	if !ok {
		n, err := count(value)
		return [2]int{n, n}, err
	}

	if len(list) != 2 {
		return [2]int{}, fmt.Errorf("%v: must be a number, or two of them for height and width", value)
	}

	height, err := count(list[0])
	if err != nil {
		return [2]int{}, err
	}

	width, err := count(list[1])

	return [2]int{height, width}, err
}
