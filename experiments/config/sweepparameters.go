package config

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// parameterFields lists the fields that a parameter may have.
var parameterFields = []string{
	"values",
	"value",
	"distribution",
	"min",
	"max",
	"q",
	"mu",
	"sigma",
}

// readParameters reads W&B's mapping of dotted keys, or of sections with a mapping parameters.
func (s *sweepReader) readParameters(prefix string, n *yaml.Node, from origin) {
	n = yamlnode.Resolve(n)
	if n.Kind != yaml.MappingNode {
		s.wants(s.keyOf("parameters"), from, n, "a mapping of keys")
		return
	}

	for name, value := range yamlnode.Pairs(n) {
		key, from := prefix+name.Value, from.atLine(name.Line)
		value = yamlnode.Resolve(value)
		nested := field(value, "parameters")
		isKey := s.isKey(key)
		switch {
		case nested != nil && s.sections[key]:
			s.readParameters(key+".", nested, from)
		case s.sections[key] && !isKey:
			s.report(
				key,
				from,
				"is a section: sweep its keys, by dotted names or below parameters",
			)
		case s.sweepable(key, from) && s.first(key, from):
			s.readParameter(key, value, from)
		}
	}
}

// readParameter reads {values: […]}, {value: …} or the numbers of a distribution.
func (s *sweepReader) readParameter(key string, n *yaml.Node, from origin) {
	if n.Kind != yaml.MappingNode {
		s.wants(key, from, n, "a mapping such as {values: [1, 2]} or {min: 0, max: 1}")
		return
	}

	given := map[string]*yaml.Node{}
	for name, value := range yamlnode.Pairs(n) {
		switch {
		case !slices.Contains(parameterFields, name.Value):
			s.report(
				key,
				from.atLine(name.Line),
				"unknown field %s of a swept key, want %s%s",
				settings.Clip(name.Value),
				strings.Join(parameterFields, ", "),
				suggest.DidYouMean(name.Value, parameterFields),
			)
			return
		case given[name.Value] != nil:
			s.report(key, from.atLine(name.Line), "duplicate field %s", name.Value)
			return
		}

		given[name.Value] = yamlnode.Resolve(value)
	}

	p := parameter{key: key, from: from}
	var ok bool
	// As in W&B, the distribution may be named or follow from the given fields.
	switch name := distributionOf(given); name {
	case "categorical":
		ok = s.onlyFields(key, from, given, name, "values") &&
			s.readValues(&p, given["values"], from)
	case "constant":
		if ok = s.onlyFields(key, from, given, name, "value"); ok {
			p.values = s.choices(key, []*yaml.Node{given["value"]}, from)
		}
	default:
		ok = s.readDistribution(&p, name, given)
	}

	if ok {
		s.parameters = append(s.parameters, p)
	}
}

// distributionOf returns the distribution of a parameter: the named one, or the one that W&B
// derives from the fields.
func distributionOf(given map[string]*yaml.Node) string {
	isInt := func(n *yaml.Node) bool {
		if n == nil {
			return false
		}

		_, ok := yamlnode.Integer(n)
		return ok
	}

	switch named := given["distribution"]; {
	case named != nil:
		return named.Value
	case given["values"] != nil:
		return "categorical"
	case given["value"] != nil:
		return "constant"
	case isInt(given["min"]) && isInt(given["max"]):
		return "int_uniform"
	case given["min"] != nil || given["max"] != nil:
		return "uniform"
	default:
		return ""
	}
}

// onlyFields checks that the fields belong to the distribution.
func (s *sweepReader) onlyFields(
	key string,
	from origin,
	given map[string]*yaml.Node,
	name string,
	fields ...string,
) bool {
	for _, f := range fields {
		if given[f] == nil {
			s.report(key, from, "%s is missing, which %s needs", f, name)
			return false
		}
	}

	// Sort the fields, so that the same file always gives the same message.
	for _, f := range slices.Sorted(maps.Keys(given)) {
		if f != "distribution" && !slices.Contains(fields, f) {
			s.report(
				key,
				from,
				"%s has no effect with distribution %s, only %s",
				f,
				name,
				strings.Join(fields, ", "),
			)
			return false
		}
	}

	return true
}

func (s *sweepReader) readValues(p *parameter, n *yaml.Node, from origin) bool {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		s.report(
			p.key,
			from.atLine(n.Line),
			"got values %s, want a list of one or more",
			settings.Clip(settings.Show(n)),
		)
		return false
	}
	p.values = s.choices(p.key, n.Content, from)
	return true
}

func (s *sweepReader) readDistribution(
	p *parameter,
	name string,
	given map[string]*yaml.Node,
) bool {
	names := []string{"categorical", "constant"}
	for i := range distributions {
		if names = append(names, distributions[i].name); distributions[i].name == name {
			p.family = &distributions[i]
		}
	}

	// Without a named distribution, report what is missing; otherwise suggest a similar name.
	if p.family == nil {
		if name == "" {
			s.report(
				p.key,
				p.from,
				"got %s, want values, value, min and max, or distribution",
				cmp.Or(strings.Join(slices.Sorted(maps.Keys(given)), ", "), "nothing"),
			)
			return false
		}

		s.report(
			p.key,
			p.from,
			"got distribution %s, want one of %s%s",
			settings.Clip(name),
			strings.Join(names, ", "),
			suggest.DidYouMean(name, names),
		)
		return false
	}

	if !s.onlyFields(p.key, p.from, given, name, p.family.fields...) {
		return false
	}

	p.numbers = map[string]float64{}
	for _, f := range p.family.fields {
		x, ok := yamlnode.Number(given[f])
		if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
			s.report(
				p.key,
				p.from.atLine(given[f].Line),
				"got %s %s, want a number",
				f,
				settings.Clip(settings.Show(given[f])),
			)
			return false
		}

		p.numbers[f] = x
	}

	wrong := p.family.check(p.numbers)
	if wrong != "" {
		s.report(p.key, p.from, "%s", wrong)
		return false
	}

	// Both ends of the range must be valid values of the key, so that all values between them are,
	// too.
	for _, f := range []string{"min", "max"} {
		if x, ok := p.numbers[f]; ok {
			if s.numberOf(*p, x, given[f].Line); s.faulty[p.key] {
				return false
			}
		}
	}

	return true
}

// field returns the value of a field in a mapping, nil if there is none.
func field(n *yaml.Node, name string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for key, value := range yamlnode.Pairs(n) {
			if key.Value == name {
				return value
			}
		}
	}
	return nil
}
