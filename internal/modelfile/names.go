package modelfile

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// pair is the weight of a layer and its bias, if any.
type pair struct {
	weight tensor
	bias   *tensor
	inOut  bool // rather than out×in
}

// role is what a parameter's name says of it.
type role struct{ bias, inOut bool }

// roles are the words by which weights and biases are known, in lower case: everybody's,
// Keras's and Flax's, scikit-learn's.
var roles = map[string]role{
	"weight": {}, "weights": {}, "w": {}, "bias": {bias: true}, "biases": {bias: true}, "b": {bias: true},
	"kernel": {inOut: true},
	"coef":   {inOut: true}, "coefs": {inOut: true}, "intercept": {bias: true}, "intercepts": {bias: true},
}

// namesExpected is for errors.
const namesExpected = "a linear layer's weight or bias, like 0.weight, fc1_bias, W1, b1, weight_0, dense/kernel:0 or coefs_0"

// parameterName is [prefix and separator] word [[separator] number] [:number].
var parameterName = regexp.MustCompile(`^(.*[./_ -])?([A-Za-z]+)[._-]?(\d*)(?::\d+)?$`)

// parseName splits a parameter's name into the layer that it belongs to and its role there.
func parseName(name string) (layer string, r role, ok bool) {
	m := parameterName.FindStringSubmatch(name)
	if m == nil {
		return "", role{}, false
	}
	r, ok = roles[strings.ToLower(m[2])]
	return m[1] + m[3], r, ok
}

// pairUp finds the layers among parameters by their names: prefix and number make the layer, the
// word between them the role. Layers are in the natural order of their names, 2 before 10.
func pairUp(tensors []tensor) ([]pair, error) {
	layers := map[string]*pair{}
	for _, t := range tensors {
		layer, role, ok := parseName(t.name)
		if !ok {
			return nil, fmt.Errorf("%q (%s) is not named as %s; an export to ONNX may hold other things", t.name, shapeString(t.shape), namesExpected)
		}
		if layers[layer] == nil {
			layers[layer] = &pair{}
		}
		if err := layers[layer].add(t, role); err != nil {
			return nil, err
		}
	}
	var pairs []pair
	for _, layer := range slices.SortedFunc(maps.Keys(layers), natural) {
		p := *layers[layer]
		if p.weight.name == "" {
			return nil, fmt.Errorf("%q is a bias, but there is no weight of the same layer", p.bias.name)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// add puts a parameter in its place.
func (p *pair) add(t tensor, r role) error {
	switch {
	case r.bias && p.bias != nil:
		return fmt.Errorf("%q and %q are both the bias of one layer", p.bias.name, t.name)
	case r.bias:
		p.bias = &t
	case p.weight.name != "":
		return fmt.Errorf("%q and %q are both the weight of one layer", p.weight.name, t.name)
	default:
		p.weight, p.inOut = t, r.inOut
	}
	return nil
}

var digitsOrNot = regexp.MustCompile(`\d+|\D+`)

// natural compares names with the numbers in them as numbers.
func natural(a, b string) int {
	as, bs := digitsOrNot.FindAllString(a, -1), digitsOrNot.FindAllString(b, -1)
	for i := range min(len(as), len(bs)) {
		if c := naturalPart(as[i], bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(as), len(bs)), strings.Compare(a, b))
}

// naturalPart compares two runs of digits, or two runs of anything else.
func naturalPart(a, b string) int {
	if isDigit(a[0]) && isDigit(b[0]) {
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	}
	return strings.Compare(a, b)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
