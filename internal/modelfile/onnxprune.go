package modelfile

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/liptrack/liptrack/internal/input"
)

// checkNames returns an error if two values have the same name.
func (g *graph) checkNames() error {
	seen := map[string]bool{}
	for _, n := range g.nodes {
		for _, name := range n.outputs {
			_, constant := g.constants[name]
			if name != "" && (seen[name] || constant) {
				return fmt.Errorf("there are two values named %s", input.Quote(name))
			}
			seen[name] = true
		}
	}
	return nil
}

// prune removes operators that the graph's output does not depend on. If the graph has two outputs,
// the chosen label and the probabilities of the classes, as scikit-learn's exporter writes a
// classifier, it keeps the probabilities. It returns notes about what was left out.
func (g *graph) prune() (notes []string, err error) {
	producers := map[string]node{}
	for _, n := range g.nodes {
		for _, name := range n.outputs {
			producers[name] = n
		}
	}

	// scikit-learn's converters output the label in addition to the probabilities.
	if len(g.outputs) > 1 {
		labels := func(v value) bool {
			return slices.ContainsFunc(ancestors(v.name, producers), chooses)
		}
		kept := slices.DeleteFunc(slices.Clone(g.outputs), labels)
		if len(kept) == 1 {
			notes = append(
				notes,
				"of the graph's outputs, the labels are left out and the probabilities kept",
			)
			g.classes = g.namedClasses(producers)
			g.outputs = kept
		}
	}

	if len(g.outputs) != 1 {
		var names []string
		for _, v := range g.outputs {
			names = append(names, v.name)
		}

		return nil, fmt.Errorf(
			"the graph has the outputs %s: must have one output, or labels and probabilities",
			input.QuoteNames(names),
		)
	}

	output := &g.outputs[0]
	last, made := producers[output.name]
	if !made {
		return notes, nil
	}

	// ZipMap turns the probabilities into a dictionary by class and changes no number.
	if last.operator == "ZipMap" && last.domain == "ai.onnx.ml" && len(last.inputs) == 1 {
		output.name = last.inputs[0]
	}

	needed := map[string]bool{}
	for _, n := range ancestors(output.name, producers) {
		needed[n.outputs[0]] = true
	}

	g.nodes = slices.DeleteFunc(g.nodes, func(n node) bool {
		return !needed[n.outputs[0]]
	})

	return notes, nil
}

// chooses reports whether an operator chooses a label by the probabilities.
func chooses(n node) bool {
	return n.operator == "ArgMax" || n.operator == "ArrayFeatureExtractor"
}

// namedClasses returns the names of the classes among which the graph chooses labels, in the order
// of the probabilities. It returns nil if there are no names or they are the numbers 0, 1, ….
func (g *graph) namedClasses(producers map[string]node) []string {
	for _, output := range g.outputs {
		for _, n := range ancestors(output.name, producers) {
			if n.operator == "ArrayFeatureExtractor" && len(n.inputs) == 2 {
				return classNames(g.constants[n.inputs[0]])
			}
		}
	}
	return nil
}

// classNames returns the labels in a tensor of integers or texts. It returns nil for any other
// tensor, and for the labels 0, 1, ….
func classNames(t onnxTensor) []string {
	if t.texts != nil {
		return t.texts
	}

	numbers, err := t.decode()
	if err != nil {
		return nil
	}

	var names []string
	counted := true
	for i, v := range numbers.values {
		counted = counted && v == float64(i)
		names = append(names, strconv.FormatFloat(v, 'f', -1, 64))
	}

	if counted {
		return nil
	}

	return names
}

// ancestors returns all operators that a value depends on.
func ancestors(name string, producers map[string]node) []node {
	var all []node
	seen := map[string]bool{}
	open := []string{name}
	for len(open) > 0 {
		n, made := producers[open[len(open)-1]]
		open = open[:len(open)-1]
		if !made || seen[n.outputs[0]] {
			continue
		}

		seen[n.outputs[0]] = true
		all = append(all, n)
		open = append(open, n.inputs...)
	}

	return all
}

// bothProbabilities matches the pair 1 − p, p for the sigmoid p of a network with one output. It
// returns p and the operator that computes 1 − p.
func (f fuser) bothProbabilities(n node) (p string, parts []node) {
	if n.operator != "Concat" || !n.isStandard() || len(n.inputs) != 2 {
		return "", nil
	}
	p = n.inputs[1]
	other := f.producers[n.inputs[0]]
	isComplement := other.operator == "Sub" && len(other.inputs) == 2 &&
		f.isNumber(other.inputs[0], 1) &&
		other.inputs[1] == p
	if f.producers[p].operator != "Sigmoid" || !isComplement {
		return "", nil
	}
	return p, []node{other}
}
