package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
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

// sweepScalars are the fields of the section sweep that hold one value.
type sweepScalars struct {
	method string
	runs   int
	seed   uint64
}

// settings returns the settings of the fields.
func (f *sweepScalars) settings() *settings.Set {
	var s settings.Set
	settings.Var(
		&s,
		&f.method,
		"sweep.method",
		settings.OneOf("grid", "random"),
		"grid",
		"every combination of the values, or runs drawn from them",
	)
	settings.Var(
		&s,
		&f.runs,
		"sweep.runs",
		settings.Integer(1),
		0,
		"number of points that method random draws",
	)
	settings.Var(
		&s,
		&f.seed,
		"sweep.seed",
		settings.Seed[uint64](),
		42,
		"seed of what method random draws",
	)

	return &s
}

// sweepFields are the names of all fields of the section sweep.
var sweepFields = []string{"method", "runs", "seed", "parameters", "zip", "derived", "seeds"}

// sweepReader reads the section sweep of one layer.
type sweepReader struct {
	*reader
	sweep
	prefix string // "sweep" or "quick.sweep"
	seen   map[string]origin
}

// at returns the dotted key of a field.
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
	s := &sweepReader{
		reader: r,
		prefix: prefix,
		seen:   map[string]origin{},
		sweep:  sweep{scalars: layer{}, has: map[string]bool{}},
	}

	n = yamlnode.Resolve(n)
	// An empty section in a file means no sweep. Given as an argument it is a mistake.
	if n.Kind != yaml.MappingNode {
		if !yamlnode.IsNull(n) || from.layer != fileLayer {
			r.report(
				prefix,
				from,
				"got %s, want a mapping of parameters, seeds, …",
				settings.Clip(settings.Show(n)),
			)
		}

		return &s.sweep
	}

	for name, value := range yamlnode.Pairs(n) {
		s.readField(name.Value, yamlnode.Resolve(value), from.at(name.Line))
	}

	// Seeds given by their number start at the plain key seed, so both may stand in a layer.
	for key, swept := range s.seen {
		if earlier, ok := plain[key]; ok && !s.countsSeeds(key) {
			r.report(key, swept, "is swept and also set in %s; keep one of the two", earlier)
		}
	}

	return &s.sweep
}

// countsSeeds says whether the key seed is the first of a number of seeds.
func (s *sweepReader) countsSeeds(key string) bool {
	return slices.ContainsFunc(
		s.parameters,
		func(p parameter) bool { return p.key == key && p.count > 0 },
	)
}

func (s *sweepReader) readField(name string, n *yaml.Node, from origin) {
	if s.has[name] {
		s.report(s.at(name), from, "duplicate key")
		return
	}

	s.has[name] = true
	switch name {
	case "method", "runs", "seed":
		source := newSource(s.reader)
		source.readKey(s.at(name), new(sweepScalars).settings().Lookup("sweep."+name), n, from)
		if v, ok := source.layer[s.at(name)]; ok {
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
		s.report(s.at(name), from, "unknown key%s", suggest.DidYouMean(name, sweepFields))
	}
}

// readSeeds reads a list of seeds or their number.
func (s *sweepReader) readSeeds(n *yaml.Node, from origin) {
	p := parameter{key: "seed", from: from, seeds: true}
	count, isCount := yamlnode.Integer(n)

	switch {
	case !s.first("seed", from):
	// The seeds themselves follow when the key seed is known, which a later layer may set.
	case n.Kind == yaml.ScalarNode && isCount && count > 0:
		p.count = int(count)
		s.parameters = append(s.parameters, p)
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		p.values = s.choices("seed", n.Content, from)
		s.parameters = append(s.parameters, p)
	default:
		s.report(
			s.at("seeds"),
			from,
			"got %s, want a list of one or more seeds, or their number",
			settings.Clip(settings.Show(n)),
		)
	}
}

// readZip reads lists of keys.
func (s *sweepReader) readZip(n *yaml.Node, from origin) {
	s.zipFrom = from
	var groups [][]string
	kind := settings.List("list of", settings.List("list of", settings.Text), haveDistinctKeys)
	blame := kind.ReadInto(&groups, n)
	if blame != nil {
		s.report(
			s.at("zip"),
			from.at(blame.Line),
			"got %s, want a list of lists of swept keys, each key once",
			settings.Clip(settings.Show(blame)),
		)
		return
	}

	s.zip = groups
}

func haveDistinctKeys(
	groups [][]string,
) bool {
	return settings.IsDistinct(slices.Concat(groups...))
}

// lay puts the sweep of a later layer over s: parameters key by key, the rest replaced.
func (s *sweep) lay(over *sweep, document int) {
	for name, setting := range over.scalars {
		s.scalars[name] = setting
	}

	// A later list of seeds replaces an earlier one, whatever form either has.
	if over.has["seeds"] {
		s.parameters = slices.DeleteFunc(s.parameters, func(p parameter) bool { return p.seeds })
	}

	if over.has["zip"] {
		s.zip, s.zipFrom = over.zip, over.zipFrom
	}

	// A key is either swept or derived: the later layer decides.
	if over.has["derived"] {
		s.derived = over.derived
		for _, d := range over.derived {
			s.parameters = slices.DeleteFunc(
				s.parameters,
				func(p parameter) bool { return p.key == d.key },
			)
		}
	}

	for _, p := range over.parameters {
		// Parameters merge by key and stay in their place, so that the order of runs does not
		// change.
		p.document = document
		s.derived = slices.DeleteFunc(
			slices.Clone(s.derived),
			func(d derivation) bool { return d.key == p.key && !over.has["derived"] },
		)
		at := slices.IndexFunc(s.parameters, func(q parameter) bool { return q.key == p.key })
		if at < 0 {
			s.parameters = append(s.parameters, p)
			continue
		}

		// The key seed varies fastest, whether a later layer names it as seeds or as a key.
		p.seeds = p.seeds || s.parameters[at].seeds
		s.parameters[at] = p
	}
}

// fix drops the keys that a later layer sets to a single value.
func (s *sweep) fix(fixed func(key string) bool) {
	s.parameters = slices.DeleteFunc(s.parameters, func(p parameter) bool { return fixed(p.key) })
	s.derived = slices.DeleteFunc(
		slices.Clone(s.derived),
		func(d derivation) bool { return fixed(d.key) },
	)

	// A group of which one key is left goes on as an ordinary key.
	var zip [][]string
	for _, group := range s.zip {
		group = slices.DeleteFunc(slices.Clone(group), fixed)
		if len(group) > 0 {
			zip = append(zip, group)
		}
	}
	s.zip = zip
}

// fields returns the fields that hold one value.
func (s *sweep) fields() sweepScalars {
	var f sweepScalars
	for _, row := range f.settings().All() {
		row.Reset()
		if given, ok := s.scalars[strings.TrimPrefix(row.Key, "sweep.")]; ok {
			row.Put(given.value)
		}
	}
	return f
}

func (s *sweep) random() bool { return s.fields().method == "random" }

// argument reads key=value arguments that sweep a key, or set a field of the sweep.
func (r *reader) sweepArgument(path, value string, from origin) (s *sweep, isSweep bool) {
	empty := sweep{scalars: layer{}, has: map[string]bool{}}
	if name, ok := strings.CutPrefix(path, "sweep."); ok {
		n, err := readValue(value)
		if err != nil {
			r.report(path, from, "got %s, %v", settings.Clip(value), err)
			return &empty, true
		}

		// As a section of one field, which the reader of files reads.
		field := &yaml.Node{
			Kind:    yaml.MappingNode,
			Content: []*yaml.Node{{Kind: yaml.ScalarNode, Value: name}, n},
		}
		return r.readSweep("sweep", field, from, nil), true
	}

	// Free text and lists of columns may hold commas, which elsewhere separate swept values.
	if slices.Contains([]string{"name", "description", "data.columns", "data.targets"}, path) {
		return nil, false
	}

	texts, swept, err := sweptText(value, r.maxRuns)
	if !swept {
		return nil, false
	}

	if err != nil {
		r.report(path, from, "got %s: %v", settings.Clip(value), err)
		return &empty, true
	}

	if r.sections[path] && !r.isKey(path) {
		r.report(path, from, "got %s, want a mapping; only keys can be swept", settings.Clip(value))
		return &empty, true
	}

	if !r.sweepable(path, from) {
		return &empty, true
	}

	var nodes []*yaml.Node
	for _, t := range texts {
		n, err := readItem(r.keys.Lookup(path).Type, t)
		if err != nil {
			r.report(path, from, "got %s, %v", settings.Clip(t), err)
			return &empty, true
		}

		nodes = append(nodes, n)
	}

	empty.parameters = []parameter{
		{key: path, from: from, seeds: path == "seed", values: r.choices(path, nodes, from)},
	}

	return &empty, true
}
