package config

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
)

// sweepArgument reads a key=value argument that sweeps a key as in Hydra, or that sets a field of
// the section sweep. isSweep is false if the argument gives a key a single value.
func (r *reader) sweepArgument(path, value string, from origin) (s *sweep, isSweep bool) {
	name, isField := strings.CutPrefix(path, "sweep.")
	if isField {
		return r.sweepField(name, value, from), true
	}

	key := r.keys.Lookup(path)
	// Commas are part of such a value, as in a list of columns.
	if key != nil && key.Type.HoldsCommas {
		return nil, false
	}

	texts, isSweep, err := sweptText(value, r.maxRuns)
	if !isSweep {
		return nil, false
	}

	s = newSweep()
	switch {
	case err != nil:
		r.report(path, from, "got %s: %v", settings.Clip(value), err)
	case key == nil && r.sections[path]:
		r.report(
			path,
			from,
			"got %s, want a mapping; only keys can be swept",
			settings.Clip(value),
		)
	case r.sweepable(path, from):
		nodes := r.readItems(path, texts, from)
		if nodes != nil {
			p := parameter{
				key:    path,
				from:   from,
				seeds:  path == "seed",
				values: r.choices(path, nodes, from),
			}
			s.parameters = []parameter{p}
		}
	}

	return s, true
}

// sweepField reads an argument sweep.NAME=value as a section with one field.
func (r *reader) sweepField(name, value string, from origin) *sweep {
	path := "sweep." + name
	n, err := readValue(value)
	if err != nil {
		r.report(path, from, "got %s, %v", settings.Clip(value), err)
		return newSweep()
	}

	field := &yaml.Node{
		Kind:    yaml.MappingNode,
		Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: name}, n},
	}

	return r.readSweep("sweep", field, from, nil)
}

// readItems reads the values that an argument lists for a key. It returns nil if one of them is not
// YAML.
func (r *reader) readItems(path string, texts []string, from origin) []*yaml.Node {
	var nodes []*yaml.Node
	for _, text := range texts {
		n, err := readItem(r.keys.Lookup(path).Type, text)
		if err != nil {
			r.report(path, from, "got %s, %v", settings.Clip(text), err)
			return nil
		}

		nodes = append(nodes, n)
	}

	return nodes
}

// sweptText splits the value of a key=value argument by Hydra's grammar: a,b and choice(a,b) list
// values, and range(start,stop,step) counts from start (default 0) by step (default 1) up to but
// not including stop. swept is false for a single value. A range of more than most values is an
// error.
func sweptText(text string, most int) (values []string, swept bool, err error) {
	m := sweepFunction.FindStringSubmatch(text)
	if m != nil {
		arguments := splitCommas(m[2])
		if m[1] == "range" {
			values, err = countRange(arguments, most)
			return values, true, err
		}
		return arguments, true, nil
	}
	values = splitCommas(text)
	return values, len(values) > 1, nil
}

var sweepFunction = regexp.MustCompile(`^\s*(choice|range)\((.*)\)\s*$`)

// splitCommas splits at commas outside brackets, braces, parentheses and quoted items.
func splitCommas(text string) (items []string) {
	depth, start := 0, 0
	var quote rune
	for i, c := range text {
		switch {
		// Commas and brackets within quotes do not count.
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && atItemStart(text[:i]):
			quote = c
		case strings.ContainsRune("[{(", c):
			depth++
		case strings.ContainsRune("]})", c):
			depth--
		case c == ',' && depth == 0:
			items = append(items, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}

	return append(items, strings.TrimSpace(text[start:]))
}

// atItemStart reports whether a new item begins after the text, so that a quote there is an opening
// quote and not an apostrophe.
func atItemStart(before string) bool {
	before = strings.TrimRight(before, " ")
	return before == "" || strings.ContainsAny(before[len(before)-1:], ",[{(:")
}

// countRange lists the numbers from start to stop as exact decimals.
func countRange(arguments []string, most int) ([]string, error) {
	const form = "range(stop), range(start,stop) or range(start,stop,step)"
	if len(arguments) == 1 {
		arguments = []string{"0", arguments[0]}
	}

	if len(arguments) == 2 {
		arguments = append(arguments, "1")
	}

	if len(arguments) != 3 {
		return nil, fmt.Errorf("want %s", form)
	}

	// Calculate with fractions, so that ten times 0.1 is 1 and all values have the same number of
	// decimals.
	var bounds [3]*big.Rat
	decimals := 0
	for i, a := range arguments {
		x, ok := new(big.Rat).SetString(a)
		if !ok || !plainDecimal.MatchString(a) {
			return nil, fmt.Errorf("%s is not a number, want %s", a, form)
		}

		if n, exact := x.FloatPrec(); exact {
			decimals = max(decimals, n)
		}

		bounds[i] = x
	}

	start, stop, step := bounds[0], bounds[1], bounds[2]
	if step.Sign() == 0 {
		return nil, fmt.Errorf("the step is 0, want %s", form)
	}

	var values []string
	// For descending ranges, the sign of the step reverses the comparison.
	for x := start; x.Cmp(stop)*step.Sign() < 0; x = new(big.Rat).Add(x, step) {
		if len(values) == most {
			return nil, fmt.Errorf(
				"more values than the limit of %d runs, which --max-runs sets",
				most,
			)
		}

		values = append(values, x.FloatString(decimals))
	}

	if len(values) == 0 {
		return nil, fmt.Errorf("no value lies between start and stop, want %s", form)
	}

	return values, nil
}

// plainDecimal excludes fractions, other bases and huge exponents from ranges.
var plainDecimal = regexp.MustCompile(`^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,2})?$`)
