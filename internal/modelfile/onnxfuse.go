package modelfile

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/liptrack/liptrack/internal/input"
)

// takeConstants makes constants of the Constant operators.
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
	// The specification has the value as a tensor, or as a number or list in an attribute of its
	// own.
	value := n.attributes["value"].tensor
	if value != nil {
		return *value, nil
	}

	for _, name := range []string{"value_float", "value_int"} {
		if _, ok := n.attributes[name]; ok {
			return onnxTensor{kind: onnxDouble, typed: []float64{n.number(name, 0)}}, nil
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

	return onnxTensor{}, errors.New("its value is not one of numbers")
}

// fuse puts Gelu and Swish for the operators by which exporters spell them out:
// x·(1 + erf(x/√2))·½, the factors in any order, and x·sigmoid(x).
//
// The pair of a sigmoid's complement and itself becomes the sigmoid. It returns notes on that.
func (g *graph) fuse() (notes []string) {
	f := fuser{g.constants, map[string]node{}}
	for _, n := range g.nodes {
		if n.isStandard() {
			f.producers[n.outputs[0]] = n
		}
	}

	replaced := map[string]bool{} // operators, by their first outputs
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
					"of the probabilities 1 − p and p of two classes, p is kept as the output",
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

	// The operators of a pattern go only now: while looking, one may be a part of two patterns.
	g.nodes = slices.DeleteFunc(g.nodes, func(n node) bool {
		return replaced[n.outputs[0]]
	})

	return notes
}

// fuser finds out how values are made.
type fuser struct {
	constants map[string]onnxTensor
	producers map[string]node
}

// swish matches x·sigmoid(x): it returns x and the operators before n that the pattern is made
// of, nil if n does not end one.
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

// gelu matches x·(1 + erf(x/√2))·½, and returns what swish does.
func (f fuser) gelu(n node) (x string, parts []node) {
	factors, parts := f.factors(n)
	half := slices.IndexFunc(factors, func(name string) bool {
		return f.isNumber(name, 0.5)
	})
	if len(factors) != 3 || half < 0 {
		return "", nil
	}

	factors = slices.Delete(factors, half, half+1)

	// Of the two factors that are left either may be x, the other then is 1 + erf(x/√2).
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

// factors returns the factors of a product, and of one product in it, with the operator that makes
// that.
func (f fuser) factors(n node) (factors []string, parts []node) {
	if n.operator != "Mul" || !n.isStandard() {
		return nil, nil
	}
	// Exporters nest the two products either way.
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

// other returns the operand of a node of the given operator beside a number, which Div must have
// second; "" if it is another node.
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

// float32Rounding is the relative error of a constant rounded to float32, with some room.
const float32Rounding = 1e-7

// isNumber says whether a value is a constant of one element, the given number.
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
