package config

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// parameter is a swept key with the values it takes or, for a random sweep, what they are drawn
// from.
type parameter struct {
	key   string
	from  origin
	seeds bool // it is the list seeds of a sweep, the fastest-varying
	// document is the place of the source among the layers, where the values belong.
	document int

	values  []choice
	count   int           // seeds given by their number; the values follow from seed
	family  *distribution // nil for a list
	numbers map[string]float64
}

// choice is one value of a parameter.
type choice struct {
	settings layer // what it sets, shorthands unexpanded
	text     string
}

// parameterFields are the fields of a parameter beside the numbers of its distribution.
var parameterFields = []string{"values", "value", "distribution", "min", "max", "q", "mu", "sigma"}

// readParameters reads W&B's mapping: dotted keys, or sections with a mapping parameters.
func (s *sweepReader) readParameters(prefix string, n *yaml.Node, from origin) {
	n = yamlnode.Resolve(n)
	if n.Kind != yaml.MappingNode {
		s.report(
			s.at("parameters"),
			from,
			"got %s, want a mapping of keys",
			settings.Clip(settings.Show(n)),
		)
		return
	}

	for name, value := range yamlnode.Pairs(n) {
		key, from := prefix+name.Value, from.at(name.Line)
		value = yamlnode.Resolve(value)
		nested := field(value, "parameters")
		isKey := s.isKey(key)
		switch {
		case nested != nil && s.sections[key]:
			s.readParameters(key+".", nested, from)
		case s.sections[key] && !isKey:
			s.report(key, from, "is a section: sweep its keys, by dotted names or below parameters")
		case s.sweepable(key, from) && s.first(key, from):
			s.readParameter(key, value, from)
		}
	}
}

// sweepable says whether a key may vary between the runs of an experiment.
func (r *reader) sweepable(key string, from origin) bool {
	known := r.isKey(key)
	switch {
	case !known:
		r.report(key, from, "unknown key%s", suggest.Question(r.nearKey(key)))
	case key == "name" || key == "description":
		r.report(key, from, "is the experiment's and cannot be swept")
	default:
		return true
	}
	return false
}

// readParameter reads {values: […]}, {value: …} or the numbers of a distribution.
func (s *sweepReader) readParameter(key string, n *yaml.Node, from origin) {
	if n.Kind != yaml.MappingNode {
		s.report(
			key,
			from,
			"got %s, want a mapping such as {values: [1, 2]} or {min: 0, max: 1}",
			settings.Clip(settings.Show(n)),
		)
		return
	}

	given := map[string]*yaml.Node{}
	for name, value := range yamlnode.Pairs(n) {
		switch {
		case !slices.Contains(parameterFields, name.Value):
			s.report(
				key,
				from.at(name.Line),
				"unknown field %s of a swept key, want %s%s",
				settings.Clip(
					name.Value,
				),
				strings.Join(parameterFields, ", "),
				suggest.DidYouMean(name.Value, parameterFields),
			)
			return
		case given[name.Value] != nil:
			s.report(key, from.at(name.Line), "duplicate field %s", name.Value)
			return
		}

		given[name.Value] = yamlnode.Resolve(value)
	}

	p := parameter{key: key, from: from}
	var ok bool
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

// distributionOf returns W&B's rule for a parameter that does not name its distribution.
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
			from.at(n.Line),
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

	// Say what is missing where no distribution was named, else what the name may have meant.
	if p.family == nil {
		if name == "" {
			s.report(
				p.key,
				p.from,
				"got %s, want values, value, min and max, or distribution",
				describeFields(given),
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
				p.from.at(given[f].Line),
				"got %s %s, want a number",
				f,
				settings.Clip(settings.Show(given[f])),
			)
			return false
		}

		p.numbers[f] = x
	}

	if wrong := p.family.check(p.numbers); wrong != "" {
		s.report(p.key, p.from, "%s", wrong)
		return false
	}

	// The ends of the range must be values that the key takes; what is drawn between them then is
	// too.
	for _, f := range []string{"min", "max"} { // of the key's type and in its range
		if x, ok := p.numbers[f]; ok {
			if s.choices(p.key, []*yaml.Node{atLine(numberNode(x), given[f].Line)}, p.from); s.faulty[p.key] {
				return false
			}
		}
	}

	return true
}

func describeFields(given map[string]*yaml.Node) string {
	if len(given) == 0 {
		return "nothing"
	}
	return strings.Join(slices.Sorted(maps.Keys(given)), ", ")
}

func atLine(n *yaml.Node, line int) *yaml.Node {
	n.Line = line
	return n
}

// field returns the value of a field of a mapping, nil if it has none.
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

// choices reads values of a key.
func (r *reader) choices(key string, nodes []*yaml.Node, from origin) []choice {
	var all []choice
	for _, n := range nodes {
		source := newSource(r)
		source.read(key, n, from.at(n.Line))
		all = append(all, choice{source.layer, settings.Show(yamlnode.Resolve(n))})
	}
	return all
}

// draw returns the value of a parameter in a run of a random sweep.
func (r *reader) draw(p parameter, random *rand.Rand) choice {
	if p.family == nil {
		return p.values[random.IntN(len(p.values))]
	}
	return r.choices(p.key, []*yaml.Node{atLine(numberNode(p.family.draw(p.numbers, random)), p.from.line)}, p.from)[0]
}

// shown lists the values of a parameter, or describes their distribution.
func (p parameter) shown() []string {
	if p.family != nil {
		text := p.family.name
		for _, f := range p.family.fields {
			text += " " + f + " " + strconv.FormatFloat(p.numbers[f], 'g', -1, 64)
		}
		return []string{text}
	}
	var texts []string
	for _, v := range p.values {
		texts = append(texts, v.text)
	}
	return texts
}

// seedValues returns count seeds from the first on.
func (r *reader) seedValues(p parameter, first uint64) []choice {
	if p.count > r.maxRuns {
		r.report(
			"seed",
			p.from,
			"%d seeds are more than the limit of %d runs, which --max-runs sets",
			p.count,
			r.maxRuns,
		)
		return nil
	}

	var nodes []*yaml.Node
	for i := range p.count {
		nodes = append(
			nodes,
			&yaml.Node{
				Kind:  yaml.ScalarNode,
				Tag:   "!!int",
				Value: fmt.Sprint(first + uint64(i)),
				Line:  p.from.line,
			},
		)
	}

	return r.choices("seed", nodes, p.from)
}
