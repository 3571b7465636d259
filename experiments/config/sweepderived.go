package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// readDerived reads a mapping of keys to expressions.
func (s *sweepReader) readDerived(n *yaml.Node, from origin) {
	if n.Kind != yaml.MappingNode {
		s.wants(s.keyOf("derived"), from, n, "a mapping of keys to expressions")
		return
	}

	for name, value := range yamlnode.Pairs(n) {
		key, from := name.Value, from.atLine(name.Line)
		if value = yamlnode.Resolve(value); value.Kind != yaml.ScalarNode ||
			yamlnode.IsNull(value) {
			s.wants(key, from, value, "an expression")
			continue
		}

		if !s.sweepable(key, from) || !s.first(key, from) {
			continue
		}

		d := derivation{key: key, from: from, text: value.Value}
		if err := d.compile(s.reader); err != nil {
			s.report(key, from, "%q: %v", settings.Clip(value.Value), err)
			continue
		}

		s.derived = append(s.derived, d)
	}
}

// compile checks the names in the expression and compiles it.
func (d *derivation) compile(r *reader) error {
	tree, err := parser.Parse(d.text)
	if err != nil {
		return exprError(err)
	}

	// Check names here and suggest others; the library would report unknown ones only when a run is
	// made.
	names := nameCollector{}
	ast.Walk(&tree.Node, &names)
	if names.varying != "" {
		return fmt.Errorf("%s gives another value each time, and whoever asks for a run again must find it",
			names.varying)
	}

	for _, name := range names.found {
		row := r.keys.Lookup(name)
		if row == nil || row.Shorthand {
			return fmt.Errorf(
				"unknown name %s, want a key%s",
				name,
				suggest.Question(r.nearKey(name)),
			)
		}
	}

	d.uses = names.found
	d.code, err = expr.Compile(d.text)

	return exprError(err)
}

// exprError keeps the first line of an error; the library adds a drawing after it.
func exprError(err error) error {
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(line)
}

// nameCollector finds the dotted names in an expression. The tree is walked from the leaves up, so
// that a longer name follows its beginning and replaces it.
type nameCollector struct {
	found   []string
	varying string // a function whose value does not depend on its arguments alone
}

// varyingFunctions depend on the clock, on the time zone of the machine, or on the random order of
// a mapping's keys.
var varyingFunctions = []string{
	"now",
	"date",
	"timezone",
	"keys",
	"values",
	"toPairs",
	"groupBy",
}

func (c *nameCollector) Visit(node *ast.Node) {
	call, ok := (*node).(*ast.BuiltinNode)
	if ok && slices.Contains(varyingFunctions, call.Name) {
		c.varying = call.Name
	}

	name := dotted(*node)
	if name == "" {
		return
	}
	// The longer name replaces its beginning, which was found before.
	if dot := strings.LastIndex(name, "."); dot > 0 {
		at := slices.Index(c.found, name[:dot])
		if at >= 0 {
			c.found = slices.Delete(c.found, at, at+1)
		}
	}
	c.found = append(c.found, name)
}

// dotted returns the dotted name that a node stands for, or an empty string.
func dotted(node ast.Node) string {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return n.Value
	case *ast.MemberNode:
		property, ok := n.Property.(*ast.StringNode)
		if ok {
			before := dotted(n.Node)
			if before != "" {
				return before + "." + property.Value
			}
		}
	}
	return ""
}

// inOrder sorts derivations so that each follows the ones it uses; cycle lists keys that depend on
// each other, if there are any.
func inOrder(all []derivation) (sorted []derivation, cycle []string) {
	left := slices.Clone(all)
	for len(left) > 0 {
		ready := slices.IndexFunc(left, func(d derivation) bool {
			return !slices.ContainsFunc(
				left,
				func(other derivation) bool {
					return slices.Contains(d.uses, other.key)
				},
			)
		})

		// Each of the remaining ones waits for another one.
		if ready < 0 {
			for _, d := range left {
				cycle = append(cycle, d.key)
			}
			return nil, cycle
		}

		sorted = append(sorted, left[ready])
		left = slices.Delete(left, ready, ready+1)
	}

	return sorted, nil
}

// derive computes keys from the values of all others, by dotted key, and returns them as a layer.
// It leaves out a key that uses one without a value.
func (r *reader) derive(all []derivation, values map[string]any) layer {
	derived := layer{}
	for _, d := range all {
		// The problem of the missing key is reported elsewhere.
		if slices.ContainsFunc(d.uses, func(key string) bool {
			return values[key] == nil
		}) {
			r.faulty[d.key] = true
			continue
		}

		result, err := expr.Run(d.code, nest(values))
		if err != nil {
			r.report(d.key, d.from, "%q: %v", settings.Clip(d.text), exprError(err))
			continue
		}

		source := newSource(r)
		source.read(d.key, atLine(resultNode(result), d.from.line), d.from)
		r.expandShorthands(source.layer)
		// Later derivations may use this one.
		for path, s := range source.layer {
			derived[path], values[path] = s, r.keys.Lookup(path).InYAML(s.value)
		}
	}

	return derived
}

// resultNode returns the result of an expression as a YAML node.
func resultNode(result any) *yaml.Node {
	switch x := result.(type) {
	case float64:
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return settings.Encode(x)
		}
		return numberNode(x)
	case bool, string, int, []any, []int, []float64, []string, nil:
		return settings.Encode(x)
	default:
		return &yaml.Node{
			Kind:  yaml.ScalarNode,
			Tag:   "!!str",
			Value: fmt.Sprint(x),
		}
	}
}

// nest converts dotted keys to nested mappings.
func nest(values map[string]any) map[string]any {
	root := map[string]any{}
	for path, value := range values {
		// Expressions calculate only with int and float64.
		if whole, ok := value.(uint64); ok {
			value = int(whole)
		}
		putNested(root, path, value)
	}
	return root
}

// putNested stores the value of a dotted key in nested mappings.
func putNested(root map[string]any, path string, value any) {
	parts := strings.Split(path, ".")
	for _, name := range parts[:len(parts)-1] {
		inner, ok := root[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			root[name] = inner
		}
		root = inner
	}
	root[parts[len(parts)-1]] = value
}
