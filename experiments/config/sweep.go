package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/vm"
	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// sweep holds the swept keys of one layer, or of several layers merged. It can be given in three
// forms: a section sweep as in W&B (sweepsection.go, sweepparameters.go), arguments as in Hydra
// (sweeparguments.go), and keys derived from others (sweepderived.go). Its points become the runs
// (sweeppoints.go).
type sweep struct {
	scalars    layer // method, runs, seed
	parameters []parameter
	zip        [][]string
	zipFrom    origin
	derived    []derivation
	has        map[string]bool // the fields given
}

func newSweep() *sweep {
	return &sweep{scalars: layer{}, has: map[string]bool{}}
}

// parameter is a swept key with its values or, in a random sweep, the distribution of its values.
type parameter struct {
	key   string
	from  origin
	seeds bool // it is the list seeds of a sweep, the fastest-varying
	// document is the index of the layer that the values belong to.
	document int

	values  []choice
	count   int           // seeds given by their number; the values follow from seed
	family  *distribution // nil for a list
	numbers map[string]float64
}

// indexOf returns the index of a key among parameters, or −1.
func indexOf(parameters []parameter, key string) int {
	return slices.IndexFunc(parameters, func(p parameter) bool {
		return p.key == key
	})
}

// choice is one value of a parameter.
type choice struct {
	settings layer // what it sets, shorthands unexpanded
	text     string
}

// derivation is a key that is computed from others once these are known.
type derivation struct {
	key  string
	from origin
	text string
	uses []string // keys
	code *vm.Program
}

// sweepScalars holds the fields of the section sweep that have a single value.
type sweepScalars struct {
	method string
	runs   int
	seed   uint64
}

// settings returns the settings of the fields.
func (f *sweepScalars) settings() *settings.Set {
	var s settings.Set
	settings.Var(&s, &f.method, "sweep.method", settings.OneOf("grid", "random"), "grid",
		"every combination of the values, or runs drawn from them")
	settings.Var(&s, &f.runs, "sweep.runs", settings.Integer(1), 0,
		"number of points that method random draws")
	settings.Var(&s, &f.seed, "sweep.seed", settings.Seed[uint64](), 42,
		"seed of what method random draws")

	return &s
}

// fields returns the fields that have a single value.
func (s *sweep) fields() sweepScalars {
	var f sweepScalars
	for _, row := range f.settings().All() {
		row.Reset()
		given, ok := s.scalars[strings.TrimPrefix(row.Key, "sweep.")]
		if ok {
			row.Put(given.value)
		}
	}
	return f
}

func (s *sweep) random() bool {
	return s.fields().method == "random"
}

// lay merges the sweep of a later layer into s: parameters key by key, everything else replaced.
func (s *sweep) lay(over *sweep, document int) {
	for name, setting := range over.scalars {
		s.scalars[name] = setting
	}

	// A later list of seeds replaces an earlier one, regardless of their forms.
	if over.has["seeds"] {
		s.parameters = slices.DeleteFunc(s.parameters, func(p parameter) bool {
			return p.seeds
		})
	}

	if over.has["zip"] {
		s.zip, s.zipFrom = over.zip, over.zipFrom
	}

	// A key is either swept or derived; the later layer decides which.
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
		// Parameters merge by key and keep their positions, so that the order of runs does not
		// change.
		p.document = document
		s.derived = slices.DeleteFunc(
			slices.Clone(s.derived),
			func(d derivation) bool {
				return d.key == p.key && !over.has["derived"]
			},
		)
		at := indexOf(s.parameters, p.key)
		if at < 0 {
			s.parameters = append(s.parameters, p)
			continue
		}

		// The key seed varies fastest, whether a later layer sweeps it as seeds or as a key.
		p.seeds = p.seeds || s.parameters[at].seeds
		s.parameters[at] = p
	}
}

// fix drops the keys that a later layer sets to a single value.
func (s *sweep) fix(fixed func(key string) bool) {
	s.parameters = slices.DeleteFunc(s.parameters, func(p parameter) bool {
		return fixed(p.key)
	})
	s.derived = slices.DeleteFunc(
		slices.Clone(s.derived),
		func(d derivation) bool { return fixed(d.key) },
	)

	// If only one key of a group is left, it becomes an ordinary key.
	var zip [][]string
	for _, group := range s.zip {
		group = slices.DeleteFunc(slices.Clone(group), fixed)
		if len(group) > 0 {
			zip = append(zip, group)
		}
	}
	s.zip = zip
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

// sweepable reports whether a key may vary between the runs of an experiment.
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

// choices reads values of a key.
func (r *reader) choices(key string, nodes []*yaml.Node, from origin) []choice {
	var all []choice
	for _, n := range nodes {
		source := newSource(r)
		source.read(key, n, from.atLine(n.Line))
		all = append(all, choice{source.layer, settings.Show(yamlnode.Resolve(n))})
	}
	return all
}
