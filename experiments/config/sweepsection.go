package config

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// sweepFields lists the names of all fields of the section sweep.
var sweepFields = []string{"method", "runs", "seed", "parameters", "zip", "derived", "seeds"}

// sweepReader reads the section sweep of one layer.
type sweepReader struct {
	*reader
	sweep
	prefix string // "sweep" or "quick.sweep"
	seen   map[string]origin
}

// keyOf returns the dotted key of a field.
func (s *sweepReader) keyOf(name string) string {
	return s.prefix + "." + name
}

// first reports a key that already occurs in the section, as a parameter, as a derived key or as
// seeds.
func (s *sweepReader) first(key string, from origin) bool {
	if earlier, ok := s.seen[key]; ok {
		s.report(key, from, "swept twice; it is also in %s", earlier)
		return false
	}
	s.seen[key] = from
	return true
}

// readSweep reads a section sweep; plain holds the keys that its layer sets.
func (r *reader) readSweep(prefix string, n *yaml.Node, from origin, plain map[string]origin) *sweep {
	s := &sweepReader{
		reader: r,
		prefix: prefix,
		seen:   map[string]origin{},
		sweep:  *newSweep(),
	}

	n = yamlnode.Resolve(n)
	// In a file, an empty section means no sweep. As an argument it is a mistake.
	if n.Kind != yaml.MappingNode {
		if !yamlnode.IsNull(n) || from.layer != fileLayer {
			r.wants(prefix, from, n, "a mapping of parameters, seeds, …")
		}

		return &s.sweep
	}

	for name, value := range yamlnode.Pairs(n) {
		s.readField(name.Value, yamlnode.Resolve(value), from.atLine(name.Line))
	}

	// A number of seeds starts at the plain key seed, so a layer may have both.
	for key, swept := range s.seen {
		earlier, ok := plain[key]
		at := indexOf(s.parameters, key)
		isCounted := at >= 0 && s.parameters[at].count > 0
		if ok && !isCounted {
			r.report(key, swept, "is swept and also set in %s; keep one of the two", earlier)
		}
	}

	return &s.sweep
}

func (s *sweepReader) readField(name string, n *yaml.Node, from origin) {
	if s.has[name] {
		s.report(s.keyOf(name), from, "duplicate key")
		return
	}

	s.has[name] = true
	switch name {
	case "method", "runs", "seed":
		source := newSource(s.reader)
		source.readKey(
			s.keyOf(name),
			new(sweepScalars).settings().Lookup("sweep."+name),
			n,
			from,
		)
		if v, ok := source.layer[s.keyOf(name)]; ok {
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
		s.report(s.keyOf(name), from, "unknown key%s", suggest.DidYouMean(name, sweepFields))
	}
}

// readSeeds reads a list of seeds or their number.
func (s *sweepReader) readSeeds(n *yaml.Node, from origin) {
	p := parameter{key: "seed", from: from, seeds: true}
	count, isCount := yamlnode.Integer(n)

	switch {
	case !s.first("seed", from):
	// The seeds follow once the key seed is known, which a later layer may set.
	case n.Kind == yaml.ScalarNode && isCount && count > 0:
		p.count = int(count)
		s.parameters = append(s.parameters, p)
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		p.values = s.choices("seed", n.Content, from)
		s.parameters = append(s.parameters, p)
	default:
		s.wants(s.keyOf("seeds"), from, n, "a list of one or more seeds, or their number")
	}
}

// readZip reads lists of keys.
func (s *sweepReader) readZip(n *yaml.Node, from origin) {
	s.zipFrom = from
	var groups [][]string
	kind := settings.List("list of", settings.List("list of", settings.Text), haveDistinctKeys)
	refused := kind.ReadInto(&groups, n)
	if refused != nil {
		s.wants(
			s.keyOf("zip"),
			from.atLine(refused.Node.Line),
			refused.Node,
			"a list of lists of swept keys, each key once",
		)
		return
	}

	s.zip = groups
}

func haveDistinctKeys(groups [][]string) bool {
	return settings.IsDistinct(slices.Concat(groups...))
}
