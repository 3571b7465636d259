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
	inOut  bool // rather than out×in
	// norm is the batch normalisation that follows the layer, nil without one.
	norm *normalisation
}

// role is what a parameter's name says of it.
type role struct {
	bias, inOut bool
	statistic   string // of a batch normalisation: running_mean, running_var
}

// roles are the words by which weights and biases are known, in lower case: everybody's,
// Keras's and Flax's, scikit-learn's, and PyTorch's of batch normalisations.
var roles = map[string]role{
	"weight": {}, "weights": {}, "w": {}, "bias": {bias: true}, "biases": {bias: true}, "b": {bias: true},
	"kernel": {inOut: true},
	"coef": {
		inOut: true,
	}, "coefs": {inOut: true}, "intercept": {bias: true}, "intercepts": {bias: true},
}

// namesExpected is for errors.
const namesExpected = "a linear layer's weight or bias, like 0.weight, fc1_bias, W1, b1, weight_0, " +
	"dense/kernel:0 or coefs_0"

// parameterName is [prefix and separator] word [[separator] number] [:number].
var parameterName = regexp.MustCompile(`^(.*[./_ -])?([A-Za-z]+)[._-]?(\d*)(?::\d+)?$`)

// parseName splits a parameter's name into the layer that it belongs to and its role there.
func parseName(name string) (layer string, r role, ok bool) {
	// The words of statistics have an underscore, at which a name would be cut below.
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

// parameters are the tensors of one layer: weight, bias, and the statistics of a batch
// normalisation, each nil if it is not there.
type parameters struct {
	layer                        string // what their names have in common
	weight, bias, mean, variance *tensor
	inOut                        bool
}

// pairUp finds the layers among parameters by their names: prefix and number make the layer, the
// word between them the role. The layers' order is that of layerNames, or else of their numbers.
func (m *model) pairUp(tensors []tensor, layerNames []string) ([]pair, error) {
	groups, err := groupByLayer(tensors)
	if err != nil {
		return nil, err
	}

	// Names alone tell the order by their numbers; names without any need it from the user.
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

// wayOf says what to do about a tensor whose name is none of a weight or bias.
func wayOf(name string) string {
	_, last := path.Split(strings.ReplaceAll(name, ".", "/"))
	isParametrised := strings.Contains(name, "parametrizations.") ||
		slices.Contains([]string{"weight_g", "weight_v", "weight_orig", "weight_u"}, last)
	if isParametrised {
		return "the weight is computed from others: before saving, take the weight or spectral norm off, as " +
			"torch.nn.utils.parametrize.remove_parametrizations does"
	}
	return "an export to ONNX may hold other things"
}

// groupByLayer puts parameters of one layer together.
func groupByLayer(tensors []tensor) ([]*parameters, error) {
	var groups []*parameters
	byLayer := map[string]*parameters{}
	for _, t := range tensors {
		// A counter of training steps, without effect in evaluation.
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

		err := p.place(t, role)
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

// place puts a parameter in its place.
func (p *parameters) place(t tensor, r role) error {
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
