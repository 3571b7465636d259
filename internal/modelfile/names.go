package modelfile

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/input"
)

// pair is the weight of a layer and its bias, if any.
type pair struct {
	weight tensor
	bias   *tensor
	inOut  bool // whether the weight is in×out instead of out×in
	// norm is the batch normalisation that follows the layer; nil if there is none.
	norm *normalisation
}

// role is the role of a parameter according to its name.
type role struct {
	bias, inOut bool
	statistic   string // running_mean or running_var of a batch normalisation; else ""
}

// roles holds the words for weights and biases, in lower case: the common ones, those of Keras and
// Flax, and those of scikit-learn.
var roles = map[string]role{
	"weight": {}, "weights": {}, "w": {}, "bias": {bias: true}, "biases": {bias: true}, "b": {bias: true},
	"kernel": {inOut: true},
	"coef": {
		inOut: true,
	}, "coefs": {inOut: true}, "intercept": {bias: true}, "intercepts": {bias: true},
}

// namesExpected describes the accepted names in errors.
const namesExpected = "a linear layer's weight or bias, like 0.weight, fc1_bias, W1, b1, weight_0, " +
	"dense/kernel:0 or coefs_0"

// parameterName matches [prefix and separator] word [[separator] number] [:number].
var parameterName = regexp.MustCompile(`^(.*[./_ -])?([A-Za-z]+)[._-]?(\d*)(?::\d+)?$`)

// parseName splits a parameter's name into the layer that it belongs to and its role there.
func parseName(name string) (layer string, r role, ok bool) {
	// The words of statistics contain an underscore, at which the expression below would split.
	for _, statistic := range []string{runningMean, runningVariance} {
		layer, ok := strings.CutSuffix(name, statistic)
		if ok {
			return layer, role{statistic: statistic}, true
		}
	}
	m := parameterName.FindStringSubmatch(name)
	if m == nil {
		return "", role{}, false
	}
	r, ok = roles[strings.ToLower(m[2])]
	return m[1] + m[3], r, ok
}

// parameters holds the tensors of one layer: weight, bias, and the statistics of a batch
// normalisation. Missing ones are nil.
type parameters struct {
	layer                        string // the common part of their names
	weight, bias, mean, variance *tensor
	inOut                        bool
}

// pairUp groups parameters into layers by their names: prefix and number identify the layer, the
// word between them the role. Layers are in the order of layerNames or, if it is nil, of their
// numbers.
func (m *model) pairUp(tensors []tensor, layerNames []string) ([]pair, error) {
	groups, err := groupByLayer(tensors)
	if err != nil {
		return nil, err
	}

	// Without numbers in the names, the user must specify the order.
	if layerNames != nil {
		groups, err = m.chooseLayers(groups, layerNames)
	} else {
		err = sortLayers(groups)
	}

	if err != nil {
		return nil, err
	}

	var pairs []pair
	for _, p := range groups {
		if p.mean == nil && p.variance == nil {
			pairs = append(pairs, pair{weight: *p.weight, bias: p.bias, inOut: p.inOut})
			continue
		}

		pairs, err = m.appendNormalisation(pairs, p)
		if err != nil {
			return nil, err
		}
	}

	return pairs, nil
}

// wayOf returns advice on a tensor whose name is neither that of a weight nor that of a bias.
func wayOf(name string) string {
	_, last := path.Split(strings.ReplaceAll(name, ".", "/"))
	isParametrised := strings.Contains(name, "parametrizations.") ||
		slices.Contains([]string{"weight_g", "weight_v", "weight_orig", "weight_u"}, last)
	if isParametrised {
		return "the weight is computed from other tensors: before saving, remove the weight or spectral norm, " +
			"for example with torch.nn.utils.parametrize.remove_parametrizations"
	}
	return "an export to ONNX may contain other tensors"
}

// groupByLayer groups parameters by their layers, in the order in which layers first occur.
func groupByLayer(tensors []tensor) ([]*parameters, error) {
	var groups []*parameters
	byLayer := map[string]*parameters{}
	for _, t := range tensors {
		// This counter of training steps has no effect in evaluation.
		if strings.HasSuffix(t.name, batchesTracked) {
			continue
		}

		layer, role, ok := parseName(t.name)
		if !ok {
			return nil, fmt.Errorf(
				"%s (%s) is not named as %s; %s",
				input.Quote(t.name),
				shapeString(t.shape),
				namesExpected,
				wayOf(t.name),
			)
		}

		p := byLayer[layer]
		if p == nil {
			p = &parameters{layer: layer}
			byLayer[layer] = p
			groups = append(groups, p)
		}

		err := p.addParameter(t, role)
		if err != nil {
			return nil, err
		}
	}

	// A bias without a weight may mean that the weight was not recognised.
	for _, p := range groups {
		if p.weight == nil && p.mean == nil && p.variance == nil {
			return nil, fmt.Errorf(
				"%s is a bias, but there is no weight of the same layer",
				input.Quote(p.bias.name),
			)
		}
	}

	return groups, nil
}

// addParameter stores a tensor as the parameter of the layer that its role names. It is an error if
// the layer has one already.
func (p *parameters) addParameter(t tensor, r role) error {
	place, what := &p.weight, "weight"
	switch {
	case r.bias:
		place, what = &p.bias, "bias"
	case r.statistic == runningMean:
		place, what = &p.mean, "mean"
	case r.statistic == runningVariance:
		place, what = &p.variance, "variance"
	default:
		p.inOut = r.inOut
	}

	if *place != nil {
		return fmt.Errorf(
			"%s and %s are both the %s of one layer",
			input.Quote((*place).name),
			input.Quote(t.name),
			what,
		)
	}

	*place = &t

	return nil
}

// name returns the name of the layer's first tensor.
func (p *parameters) name() string {
	for _, t := range []*tensor{p.weight, p.bias, p.mean, p.variance} {
		if t != nil {
			return t.name
		}
	}
	return p.layer
}
