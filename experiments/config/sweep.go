package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// sweep is a section sweep, or what those of several layers come to.
type sweep struct {
	scalars    layer // method, runs, seed
	parameters []parameter
	zip        [][]string
	zipFrom    origin
	derived    []derivation
	has        map[string]bool // the fields given
}

// sweepKeys are the fields of the section sweep.
var sweepKeys = []key{
	k("method", oneOf("grid", "random"), "grid", "every combination of the values, or runs drawn from them"),
	k("runs", integer(1), 0, "number of points that method random draws"),
	k("seed", seed, uint64(42), "seed of what method random draws"),
	k("parameters", described("mapping of keys"), "", "the swept keys: {values: […]}, {value: …}, or with method random {min, max}, {mu, sigma}, q and distribution"),
	k("zip", described("list of lists of swept keys"), "", "keys that advance together"),
	k("derived", described("mapping of keys to expressions"), "", "keys computed from the others, as stop.epochs: \"83000 * 512 / train.batch_size\""),
	k("seeds", described("list of integers, or their number"), "", "values of seed, the fastest to vary; n counts from seed"),
}

// described is a type that only the listing of keys needs.
func described(name string) valueType { return valueType{name: name} }

// sweepReader reads the section sweep of one layer.
type sweepReader struct {
	*reader
	sweep
	prefix string // "sweep" or "quick.sweep"
	seen   map[string]origin
}

// at is the dotted key of a field.
func (s *sweepReader) at(name string) string { return s.prefix + "." + name }

// first reports a key that the section has already, as a parameter, derived or as seeds.
func (s *sweepReader) first(key string, from origin) bool {
	if earlier, ok := s.seen[key]; ok {
		s.report(key, from, "swept twice; it is also in %s", earlier)
		return false
	}
	s.seen[key] = from
	return true
}

// readSweep reads a section sweep; plain are the keys that its layer sets.
func (r *reader) readSweep(prefix string, n *yaml.Node, from origin, plain map[string]origin) *sweep {
	s := &sweepReader{reader: r, prefix: prefix, seen: map[string]origin{}, sweep: sweep{scalars: layer{}, has: map[string]bool{}}}
	n = yamlnode.Resolve(n)
	if n.Kind != yaml.MappingNode {
		if !yamlnode.IsNull(n) || from.layer != fileLayer {
			r.report(prefix, from, "got %s, want a mapping of parameters, seeds, …", clip(show(n)))
		}
		return &s.sweep
	}
	for name, value := range yamlnode.Pairs(n) {
		s.readField(name.Value, yamlnode.Resolve(value), from.at(name.Line))
	}
	for key, swept := range s.seen {
		if earlier, ok := plain[key]; ok && !s.countsSeeds(key) {
			r.report(key, swept, "is swept and also set in %s; keep one of the two", earlier)
		}
	}
	return &s.sweep
}

// countsSeeds says whether the key seed is the first of a number of seeds.
func (s *sweepReader) countsSeeds(key string) bool {
	return slices.ContainsFunc(s.parameters, func(p parameter) bool { return p.key == key && p.count > 0 })
}

func (s *sweepReader) readField(name string, n *yaml.Node, from origin) {
	var names []string
	for _, k := range sweepKeys {
		names = append(names, k.path)
	}
	if s.has[name] {
		s.report(s.at(name), from, "duplicate key")
		return
	}
	s.has[name] = true
	switch name {
	case "method", "runs", "seed":
		k := sweepKeys[slices.Index(names, name)]
		k.path = s.at(name)
		source := newSource(s.reader)
		source.readKey(k, n, from)
		if v, ok := source.layer[k.path]; ok {
			s.scalars[name] = v
		}
	case "parameters":
		s.readParameters("", n, from)
	case "seeds":
		s.readSeeds(n, from)
	case "zip":
		s.readZip(n, from)
	case "derived":
		s.readDerived(n, from)
	default:
		s.report(s.at(name), from, "unknown key%s", suggest.DidYouMean(name, names))
	}
}

// readSeeds reads a list of seeds or their number.
func (s *sweepReader) readSeeds(n *yaml.Node, from origin) {
	p := parameter{key: "seed", from: from, seeds: true}
	count, isCount := yamlnode.Integer(n)
	switch {
	case !s.first("seed", from):
	case n.Kind == yaml.ScalarNode && isCount && count > 0:
		p.count = int(count)
		s.parameters = append(s.parameters, p)
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		p.values = s.choices("seed", n.Content, from)
		s.parameters = append(s.parameters, p)
	default:
		s.report(s.at("seeds"), from, "got %s, want a list of one or more seeds, or their number", clip(show(n)))
	}
}

// readZip reads lists of keys.
func (s *sweepReader) readZip(n *yaml.Node, from origin) {
	s.zipFrom = from
	keys := list[string]("list of", text)
	groups, blame := list("list of", valueType{read: func(n *yaml.Node) (any, *yaml.Node) { return keys.read(n) }}, distinctKeys).read(n)
	if blame != nil {
		s.report(s.at("zip"), from.at(blame.Line), "got %s, want a list of lists of swept keys, each key once", clip(show(blame)))
		return
	}
	s.zip = groups.([][]string)
}

func distinctKeys(groups [][]string) bool { return distinct(slices.Concat(groups...)) }

// lay puts the sweep of a later layer over s: parameters key by key, the rest replaced.
func (s *sweep) lay(over *sweep, document int) {
	for name, setting := range over.scalars {
		s.scalars[name] = setting
	}
	if over.has["seeds"] {
		s.parameters = slices.DeleteFunc(s.parameters, func(p parameter) bool { return p.seeds })
	}
	if over.has["zip"] {
		s.zip, s.zipFrom = over.zip, over.zipFrom
	}
	if over.has["derived"] {
		s.derived = over.derived
		for _, d := range over.derived {
			s.parameters = slices.DeleteFunc(s.parameters, func(p parameter) bool { return p.key == d.key })
		}
	}
	for _, p := range over.parameters {
		p.document = document
		s.derived = slices.DeleteFunc(slices.Clone(s.derived), func(d derivation) bool { return d.key == p.key && !over.has["derived"] })
		at := slices.IndexFunc(s.parameters, func(q parameter) bool { return q.key == p.key })
		if at < 0 {
			s.parameters = append(s.parameters, p)
			continue
		}
		p.seeds = p.seeds || s.parameters[at].seeds
		s.parameters[at] = p
	}
}

// fix drops the keys that a later layer sets to a single value.
func (s *sweep) fix(fixed func(key string) bool) {
	s.parameters = slices.DeleteFunc(s.parameters, func(p parameter) bool { return fixed(p.key) })
	s.derived = slices.DeleteFunc(slices.Clone(s.derived), func(d derivation) bool { return fixed(d.key) })
	var zip [][]string
	for _, group := range s.zip {
		group = slices.DeleteFunc(slices.Clone(group), fixed)
		if len(group) > 0 {
			zip = append(zip, group)
		}
	}
	s.zip = zip
}

// number is the value of runs or seed.
func (s *sweep) number(name string) uint64 {
	switch v := s.scalars[name].value.(type) {
	case int:
		return uint64(v)
	case uint64:
		return v
	}
	return sweepKeys[slices.IndexFunc(sweepKeys, func(k key) bool { return k.path == name })].def.(uint64)
}

func (s *sweep) random() bool { return s.scalars["method"].value == "random" }

// argument reads key=value arguments that sweep a key, or set a field of the sweep.
func (r *reader) sweepArgument(path, value string, from origin) (s *sweep, isSweep bool) {
	empty := sweep{scalars: layer{}, has: map[string]bool{}}
	if name, ok := strings.CutPrefix(path, "sweep."); ok {
		n, err := readValue(value)
		if err != nil {
			r.report(path, from, "got %s, %v", clip(value), err)
			return &empty, true
		}
		field := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: name}, n}}
		return r.readSweep("sweep", field, from, nil), true
	}
	if path == "name" || path == "description" {
		return nil, false
	}
	texts, swept, err := sweptText(value, r.maxRuns)
	if !swept {
		return nil, false
	}
	if err != nil {
		r.report(path, from, "got %s: %v", clip(value), err)
		return &empty, true
	}
	if _, isKey := r.keys[path]; r.sections[path] && !isKey {
		r.report(path, from, "got %s, want a mapping; only keys can be swept", clip(value))
		return &empty, true
	}
	if !r.sweepable(path, from) {
		return &empty, true
	}
	var nodes []*yaml.Node
	for _, t := range texts {
		n, err := readItem(r.keys[path].typ, t)
		if err != nil {
			r.report(path, from, "got %s, %v", clip(t), err)
			return &empty, true
		}
		nodes = append(nodes, n)
	}
	empty.parameters = []parameter{{key: path, from: from, seeds: path == "seed", values: r.choices(path, nodes, from)}}
	return &empty, true
}
