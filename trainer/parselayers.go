package trainer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/conv"
	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/network"
)

// ParseLayers parses the layers of a configuration: the name of a network that NamedLayers knows,
// or a list whose items are
//
//	{dense: 64}
//	{conv: {channels: 25, size: 5, stride: 2, padding: 1, dilation: 1}}
//	{conv: 25}, with size 3 and padding 1
//	{max_pool: 2}, {avg_pool: {size: 3, stride: 2, padding: 1}}, {max_pool: global}
//	flatten
//	{residual: [{dense: 64}, …]}
//
// In addition to its kind, an item may have an activation, by a name that ParseActivation accepts,
// and a bias, true or false. The measures of a window are numbers, or lists of two numbers for
// height and width. The default stride is 1 for a convolution and the size for a pool. Errors name
// the item.
func ParseLayers(value any) ([]LayerSpec, error) {
	switch v := value.(type) {
	case string:
		return NamedLayers(v)
	case []any:
		return parseList(v, "layer")
	default:
		return nil, fmt.Errorf(
			"must be a list of layers, such as [{conv: {channels: 8, size: 5}}, {max_pool: 2}, {dense: 64}], " +
				"or the name of a network, such as CNN_5",
		)
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

// layerKinds maps names to kinds of layers.
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
		return LayerSpec{}, fmt.Errorf(
			"%v: must be flatten, or a kind of layer (%s) with its settings, such as {dense: 64}%s",
			shown(item), kindNames(), suggest.DidYouMean(fmt.Sprint(item), []string{"flatten"}),
		)
	}

	var spec LayerSpec
	named := ""
	// Keys are visited in sorted order, so that the same one of several mistakes is always
	// reported.
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
				err = fmt.Errorf("bias %v: must be true or false", shown(fields[key]))
			}
			spec.Bias = &biased
		default:
			allowed := slices.Concat(
				slices.Sorted(maps.Keys(layerKinds)),
				[]string{"activation", "bias"},
			)
			err = fmt.Errorf("unknown key %q: must be a kind of layer (%s), activation or bias%s",
				settings.Clip(key), kindNames(), suggest.DidYouMean(key, allowed))
		}

		if err != nil {
			return spec, err
		}
	}

	if named == "" {
		return spec, fmt.Errorf("no kind of layer: must have one of %s", kindNames())
	}

	// Layers without parameters have neither a bias nor an activation.
	plain := spec.Kind == MaxPoolLayer || spec.Kind == AvgPoolLayer || spec.Kind == FlattenLayer
	if plain && (spec.Bias != nil || spec.Activation != nil) {
		return spec, fmt.Errorf("%s: cannot have an activation or a bias", named)
	}

	return spec, nil
}

// kindNames lists the names of the kinds of layers in one string.
func kindNames() string {
	return strings.Join(slices.Sorted(maps.Keys(layerKinds)), ", ")
}

// shown formats a value for a message, shortened if it is long.
func shown(value any) string {
	return settings.Clip(settings.Show(settings.Encode(value)))
}

func (s *LayerSpec) parseActivation(value any) error {
	name, _ := value.(string)
	a, err := network.ParseActivation(name, defaultSlope)
	if err != nil || name == "" {
		return fmt.Errorf(
			"activation %v: must be one of none, %s%s",
			shown(value),
			strings.Join(network.ActivationNames(), ", "),
			suggest.DidYouMean(name, network.ActivationNames()),
		)
	}
	s.Activation = &a
	return nil
}

// defaultSlope is the default of model.slope, and the slope of a leaky_relu given for a single
// layer.
const defaultSlope = 0.01

// parseKind parses the settings of a layer whose kind is known.
func (s *LayerSpec) parseKind(value any) error {
	switch s.Kind {
	case DenseLayer:
		units, err := readCount(value, 1)
		s.Units = units
		return inside("dense", err)
	case ConvLayer:
		// A number alone is shorthand for the most common convolution, which keeps the size of
		// planes.
		if !isMapping(value) {
			channels, err := readCount(value, 1)
			s.Units, s.Window = channels, conv.Square(3, 1, 1)
			return inside("conv: channels, or settings such as {channels: 8, size: 5}", err)
		}

		return inside("conv", s.parseWindow(value, "channels"))
	case MaxPoolLayer, AvgPoolLayer:
		if value == "global" {
			s.Global = true
			return nil
		}

		if !isMapping(value) {
			size, err := readCount(value, 1)
			s.Window = conv.Square(size, size, 0)
			return inside("pool: global, a size, or settings such as {size: 3, stride: 2}", err)
		}

		return inside("pool", s.parseWindow(value, ""))
	case ResidualLayer:
		items, ok := value.([]any)
		if !ok || len(items) == 0 {
			return fmt.Errorf("residual %v: must be a list of at least one layer",
				shown(value))
		}

		var err error
		s.Body, err = parseList(items, "residual layer")
		return err
	default:
		return fmt.Errorf("flatten: takes no settings; write it by itself")
	}
}

// inside adds to an error where it arose, and returns nil for nil.
func inside(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// parseWindow parses the settings of a convolution, with its number of channels under the key
// channels, or of a pool if channels is empty.
func (s *LayerSpec) parseWindow(value any, channels string) error {
	fields := value.(map[string]any)

	// A size of 0 means that none was given.
	s.Window = conv.Square(0, 1, 0)
	s.Window.Dilation = [2]int{1, 1}
	strideGiven := false
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		var err error
		switch {
		case key == channels && key != "":
			s.Units, err = readCount(fields[key], 1)
		case key == "size":
			s.Window.Size, err = pair(fields[key], 1)
		case key == "stride":
			s.Window.Stride, err = pair(fields[key], 1)
			strideGiven = true
		case key == "padding":
			s.Window.Pad, err = pair(fields[key], 0)
		case key == "dilation":
			s.Window.Dilation, err = pair(fields[key], 1)
		default:
			return unknownMeasure(key, channels)
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

// unknownMeasure returns the error for an unknown key of a window. It lists the allowed keys.
func unknownMeasure(key, channels string) error {
	allowed := []string{"size", "stride", "padding", "dilation"}
	if channels != "" {
		allowed = append([]string{channels}, allowed...)
	}

	return fmt.Errorf(
		"unknown key %q: must be one of %s%s",
		settings.Clip(key), strings.Join(allowed, ", "), suggest.DidYouMean(key, allowed),
	)
}

// isMapping reports whether a value has keys.
func isMapping(value any) bool {
	_, is := value.(map[string]any)
	return is
}

// maxCount bounds every number in a layer.
const maxCount = 1 << 30

// readCount parses a whole number from least to maxCount.
func readCount(value any, least int) (int, error) {
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

	if !(n >= float64(least) && n <= maxCount) || n != math.Trunc(n) {
		return 0, fmt.Errorf("%v: must be a whole number from %d to %d",
			shown(value), least, maxCount)
	}

	return int(n), nil
}

// pair parses a number for both axes, or a list of two, for height and width.
func pair(value any, least int) ([2]int, error) {
	list, ok := value.([]any)
	if !ok {
		n, err := readCount(value, least)
		return [2]int{n, n}, err
	}

	if len(list) != 2 {
		return [2]int{}, fmt.Errorf("%v: must be a number, or a list of two for height and width",
			shown(value))
	}

	height, err := readCount(list[0], least)
	if err != nil {
		return [2]int{}, err
	}

	width, err := readCount(list[1], least)

	return [2]int{height, width}, err
}
