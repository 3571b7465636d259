package modelfile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/input"
)

// takeConstants turns Constant operators into constants.
func (g *graph) takeConstants() error {
	var rest []node
	for _, n := range g.nodes {
		if n.operator != "Constant" || !n.isStandard() {
			rest = append(rest, n)
			continue
		}

		t, err := constantOf(n)
		if err != nil {
			return fmt.Errorf("%v: %w", n, err)
		}

		t.name = n.outputs[0]
		if err := g.addConstant(t); err != nil {
			return err
		}
	}

	g.nodes = rest

	return nil
}

func constantOf(n node) (onnxTensor, error) {
	// The value is a tensor, or a number or a list in an attribute of its own.
	value := n.attributes["value"].tensor
	if value != nil {
		return *value, nil
	}

	for _, name := range []string{"value_float", "value_int"} {
		if _, ok := n.attributes[name]; ok {
			return onnxTensor{kind: onnxDouble, typed: []float64{n.numberOr(name, 0)}}, nil
		}
	}

	for _, name := range []string{"value_floats", "value_ints"} {
		if a, ok := n.attributes[name]; ok {
			return onnxTensor{
				kind:  onnxDouble,
				shape: []int{len(a.numbers)},
				typed: a.numbers,
			}, nil
		}
	}

	return onnxTensor{}, errors.New("its value does not consist of numbers")
}

// fuse replaces the operators with which exporters spell out Gelu and Swish by single ones: x·(1 +
// erf(x/√2))·½ with the factors in any order, and x·sigmoid(x).
//
// It also reduces the pair 1 − p, p of a sigmoid p to p, and returns notes about that.
func (g *graph) fuse() (notes []string) {
	f := fuser{g.constants, map[string]node{}}
	for _, n := range g.nodes {
		if n.isStandard() {
			f.producers[n.outputs[0]] = n
		}
	}

	replaced := map[string]bool{} // replaced operators by their first outputs
	for i, n := range g.nodes {
		operator := "Gelu"
		x, parts := f.gelu(n)
		if parts == nil {
			operator = "Swish"
			x, parts = f.swish(n)
		}

		if parts == nil {
			operator = "Identity"
			x, parts = f.bothProbabilities(n)
			if parts != nil {
				notes = append(
					notes,
					"the output is the probability p; the probability 1 − p of the other class is left out",
				)
			}
		}

		if parts == nil {
			continue
		}

		g.nodes[i] = node{
			operator: operator,
			name:     n.name,
			inputs:   []string{x},
			outputs:  n.outputs,
		}
		for _, p := range parts {
			replaced[p.outputs[0]] = true
		}
	}

	// Delete the operators only now, since during the search one may belong to two patterns.
	g.nodes = slices.DeleteFunc(g.nodes, func(n node) bool {
		return replaced[n.outputs[0]]
	})

	return notes
}

// fuser finds patterns by looking up how values are computed.
type fuser struct {
	constants map[string]onnxTensor
	producers map[string]node
}

// swish matches x·sigmoid(x). It returns x and the other operators of the pattern, which n ends;
// parts is nil if there is no match.
func (f fuser) swish(n node) (x string, parts []node) {
	if n.operator != "Mul" || !n.isStandard() || len(n.inputs) != 2 {
		return "", nil
	}
	for i, x := range n.inputs {
		s := f.producers[n.inputs[1-i]]
		if s.operator == "Sigmoid" && slices.Equal(s.inputs, []string{x}) {
			return x, []node{s}
		}
	}
	return "", nil
}

// gelu matches x·(1 + erf(x/√2))·½ and returns the same as swish.
func (f fuser) gelu(n node) (x string, parts []node) {
	factors, parts := f.factors(n)
	half := slices.IndexFunc(factors, func(name string) bool {
		return f.isNumber(name, 0.5)
	})
	if len(factors) != 3 || half < 0 {
		return "", nil
	}

	factors = slices.Delete(factors, half, half+1)

	// Either of the two remaining factors may be x; the other must be 1 + erf(x/√2).
	for i, x := range factors {
		add := f.producers[factors[1-i]]
		erf := f.producers[f.other(add, "Add", 1)]
		if erf.operator != "Erf" || len(erf.inputs) != 1 {
			continue
		}

		scaled := f.producers[erf.inputs[0]]
		if x != "" &&
			(f.other(scaled, "Div", math.Sqrt2) == x || f.other(scaled, "Mul", 1/math.Sqrt2) == x) {
			return x, append(parts, add, erf, scaled)
		}
	}

	return "", nil
}

// factors returns the factors of a product, including those of one nested product, and the operator
// of the nested product.
func (f fuser) factors(n node) (factors []string, parts []node) {
	if n.operator != "Mul" || !n.isStandard() {
		return nil, nil
	}
	// Exporters nest the two products in either way.
	for _, name := range n.inputs {
		inner := f.producers[name]
		if inner.operator == "Mul" && parts == nil {
			factors = append(factors, inner.inputs...)
			parts = append(parts, inner)
		} else {
			factors = append(factors, name)
		}
	}
	return factors, parts
}

// other returns the operand of node n whose other operand is the given number, which must be the
// second for Div. It returns "" if n has another operator or no such operand.
func (f fuser) other(n node, operator string, number float64) string {
	if n.operator != operator || len(n.inputs) != 2 {
		return ""
	}
	if f.isNumber(n.inputs[1], number) {
		return n.inputs[0]
	}
	if operator != "Div" && f.isNumber(n.inputs[0], number) {
		return n.inputs[1]
	}
	return ""
}

// float32Rounding is the relative error of a constant rounded to float32, with some margin.
const float32Rounding = 1e-7

// isNumber reports whether a value is a constant with one element, the given number.
func (f fuser) isNumber(name string, number float64) bool {
	c, ok := f.constants[name]
	if !ok {
		return false
	}
	if n, ok := input.Elements(c.shape); !ok || n != 1 {
		return false
	}
	t, err := c.decode()
	return err == nil && math.Abs(t.values[0]-number) <= float32Rounding*number
}
