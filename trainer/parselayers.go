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
		return nil, fmt.Errorf(
			"must be a list of layers, as [{conv: {channels: 8, size: 5}}, {max_pool: 2}, {dense: 64}], " +
				"or the name of a network, as CNN_5",
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
		return LayerSpec{}, fmt.Errorf(
			"%v: must be flatten, or a kind of layer (%s) with its settings, as {dense: 64}%s",
			shown(item), kindNames(), suggest.DidYouMean(fmt.Sprint(item), []string{"flatten"}),
		)
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
				err = fmt.Errorf("bias %v: must be true or false", shown(fields[key]))
			}
			spec.Bias = &biased
		default:
			allowed := slices.Concat(slices.Sorted(maps.Keys(layerKinds)), []string{"activation", "bias"})
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

	// Modules without parameters reject what only others can have.
	plain := spec.Kind == MaxPoolLayer || spec.Kind == AvgPoolLayer || spec.Kind == FlattenLayer
	if plain && (spec.Bias != nil || spec.Activation != nil) {
		return spec, fmt.Errorf("%s: has neither activation nor bias", named)
	}

	return spec, nil
}

// kindNames lists the kinds of layers.
func kindNames() string {
	return strings.Join(slices.Sorted(maps.Keys(layerKinds)), ", ")
}

// shown returns a value as a message shows it.
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

// defaultSlope is that of a leaky_relu that a layer has for itself.
const defaultSlope = 0.01

// parseKind reads the settings behind a kind.
func (s *LayerSpec) parseKind(value any) error {
	switch s.Kind {
	case DenseLayer:
		units, err := count(value, 1)
		s.Units = units
		return inside("dense", err)
	case ConvLayer:
		// A number alone is short for the commonest convolution, which keeps the size of planes.
		if !isMapping(value) {
			channels, err := count(value, 1)
			s.Units, s.Window = channels, conv.Square(3, 1, 1)
			return inside("conv: channels, or settings as {channels: 8, size: 5}", err)
		}

		return inside("conv", s.parseWindow(value, "channels"))
	case MaxPoolLayer, AvgPoolLayer:
		if value == "global" {
			s.Global = true
			return nil
		}

		if !isMapping(value) {
			size, err := count(value, 1)
			s.Window = conv.Square(size, size, 0)
			return inside("pool: global, a size, or settings as {size: 3, stride: 2}", err)
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

// inside says in what an error arose.
func inside(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// parseWindow reads the settings of a convolution, whose channels are under the key, or of a pool.
func (s *LayerSpec) parseWindow(value any, channels string) error {
	fields := value.(map[string]any)

	// A size of 0 stands for none given.
	s.Window = conv.Square(0, 1, 0)
	s.Window.Dilation = [2]int{1, 1}
	strideGiven := false
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		var err error
		switch {
		case key == channels && key != "":
			s.Units, err = count(fields[key], 1)
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

// unknownMeasure says what a window may have.
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

// isMapping says whether a value has keys.
func isMapping(value any) bool {
	_, is := value.(map[string]any)
	return is
}

// maxCount bounds every number in a layer.
const maxCount = 1 << 30

// count reads a whole number that is no less than least.
func count(value any, least int) (int, error) {
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

// pair reads a number for both axes, or a list of one for each.
func pair(value any, least int) ([2]int, error) {
	list, ok := value.([]any)
	if !ok {
		n, err := count(value, least)
		return [2]int{n, n}, err
	}

	if len(list) != 2 {
		return [2]int{}, fmt.Errorf("%v: must be a number, or two of them for height and width",
			shown(value))
	}

	height, err := count(list[0], least)
	if err != nil {
		return [2]int{}, err
	}

	width, err := count(list[1], least)

	return [2]int{height, width}, err
}
