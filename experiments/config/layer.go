package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// layer holds the settings of one source by dotted key.
type layer map[string]setting

// setting is the value of a key as given.
type setting struct {
	value any    // in the form that its Setting takes
	text  string // as written
	from  origin
}

// reader converts sources to layers and collects their problems.
type reader struct {
	// draft has the keys; each run is assembled in it and then copied.
	draft    *binding
	keys     *settings.Set
	sections map[string]bool // prefixes of keys; "" is the whole config
	paths    []string        // of keys and sections, in the order of the schema
	problems Problems
	faulty   map[string]bool // keys that have a problem
	path     string          // of the file
	maxRuns  int             // of a sweep
}

func newReader() *reader {
	draft := bindings.Get().(*binding)
	r := &reader{
		draft:    draft,
		keys:     draft.keys,
		sections: map[string]bool{"": true},
		faulty:   map[string]bool{},
	}
	for _, key := range r.keys.Keys() {
		for i, c := range key {
			section := key[:i]
			if c == '.' && !r.sections[section] {
				r.sections[section] = true
				if !r.isKey(section) {
					r.paths = append(r.paths, section)
				}
			}
		}

		r.paths = append(r.paths, key)
	}

	return r
}

// again returns a reader without problems of its own but with the same faulty keys.
func (r *reader) again() *reader {
	other := *r
	other.problems, other.faulty = nil, maps.Clone(r.faulty)
	return &other
}

// inFile returns the origin for problems of the file as a whole.
func (r *reader) inFile() origin {
	return origin{layer: fileLayer, source: r.path}
}

func (r *reader) isKey(path string) bool {
	return r.keys.Lookup(path) != nil
}

func (r *reader) report(key string, from origin, format string, args ...any) {
	r.faulty[key] = true
	r.problems = append(
		r.problems,
		Problem{Key: key, Message: fmt.Sprintf(format, args...), from: from},
	)
}

// wants reports a value that the key does not accept.
func (r *reader) wants(key string, from origin, got *yaml.Node, want string) {
	r.report(key, from, "got %s, want %s", settings.Clip(settings.Show(got)), want)
}

// file reads the root of a YAML file; quick is nil if the file has no such section.
func (r *reader) file(root *yaml.Node) (whole document, quick *document) {
	from := r.inFile().atLine(root.Line)
	// Cut the section, since it is not a key and would be reported as unknown.
	root, section, at := r.cutSection(root, "quick", from)
	whole = r.document("", root, from)
	if section == nil {
		return whole, nil
	}

	if section.Kind != yaml.MappingNode {
		r.wants("quick", at, section, "a mapping of keys that it lays over the file")
		return whole, nil
	}

	section, note, noteAt := r.cutSection(section, "note", at)
	d := r.document("quick.", section, at)
	if note != nil {
		source := newSource(r)
		source.readKey("quick.note", noteSetting(), note, noteAt)
		d.note, _ = source.layer["quick.note"].value.(string)
	}

	return whole, &d
}

// document reads a mapping of keys that may include a section sweep; prefix is the path of the
// enclosing section.
func (r *reader) document(prefix string, root *yaml.Node, from origin) document {
	root, section, at := r.cutSection(root, "sweep", from)
	source := newSource(r)
	source.read("", root, from)
	d := document{
		given: source.seen,
		plain: source.done(),
		from:  at,
	}
	if section != nil {
		d.sweep = r.readSweep(prefix+"sweep", section, at, source.seen)
	}
	return d
}

// environmentPrefix is the prefix of variables that set keys: LIPTRACK_TRAIN_BATCH_SIZE sets
// train.batch_size.
const environmentPrefix = "LIPTRACK_"

func variable(path string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// nearVariable returns the variable that was probably meant by an unknown one, or "".
func nearVariable(name string, known map[string]string) string {
	names := slices.Sorted(maps.Keys(known))
	if near := suggest.Slip(name, names); near != "" {
		return near
	}

	// LIPTRACK_TRAIN_EPOCHS consists of the words of train.epochs.
	words := strings.TrimPrefix(name, environmentPrefix)
	for words != "" {
		if key := synonymOf(words); key != "" {
			return variable(key)
		}
		_, words, _ = strings.Cut(words, "_")
	}

	return suggest.Nearest(name, names)
}

// environment reads variables, given as NAME=value, with the prefix environmentPrefix.
func (r *reader) environment(env []string) document {
	byVariable := map[string]string{}
	for _, path := range r.paths {
		byVariable[variable(path)] = path
	}

	source := newSource(r)
	// Sort the variables, so that problems are reported in a fixed order.
	for _, entry := range slices.Sorted(slices.Values(env)) {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, environmentPrefix) {
			continue
		}

		from := origin{layer: environmentLayer, source: name}
		if path, ok := byVariable[name]; ok {
			source.readText(path, text, from)
		} else {
			r.report(
				"",
				from,
				"unknown variable%s",
				suggest.Question(nearVariable(name, byVariable)),
			)
		}
	}

	return document{given: source.seen, plain: source.done()}
}

// arguments reads key=value arguments.
func (r *reader) arguments(args []string) document {
	source := newSource(r)
	d := document{from: origin{layer: argumentLayer, source: "command line"}}
	for _, arg := range args {
		path, text, ok := strings.Cut(arg, "=")
		if !ok || path == "" {
			r.report("", d.from, "got %s, want key=value", arg)
			continue
		}

		swept, isSweep := r.sweepArgument(path, text, d.from)
		if !isSweep {
			source.readText(path, text, d.from)
			continue
		}

		d.addSwept(r, swept, source.seen)
	}

	d.given, d.plain = source.seen, source.done()

	return d
}

// addSwept merges the sweep of an argument with those of earlier arguments.
func (d *document) addSwept(r *reader, swept *sweep, given map[string]origin) {
	// A key that is both set and swept on one command line is ambiguous.
	for _, p := range swept.parameters {
		if earlier, ok := given[p.key]; ok {
			r.report(p.key, p.from, "duplicate key; it is also in %s", earlier)
		}

		given[p.key] = p.from
	}

	if d.sweep == nil {
		d.sweep = swept
		return
	}

	d.sweep.lay(swept, 0)
	for name := range swept.has {
		if d.sweep.has[name] {
			r.report("sweep."+name, d.from, "duplicate key; it is also in %s", d.from)
		}

		d.sweep.has[name] = true
	}
}

// source reads one layer.
type source struct {
	*reader
	layer layer
	seen  map[string]origin
}

func newSource(r *reader) source {
	return source{
		reader: r,
		layer:  layer{},
		seen:   map[string]origin{},
	}
}

// done expands the shorthands of the layer and returns it.
func (s source) done() layer {
	s.expandShorthands(s.layer)
	return s.layer
}

func (s source) readText(path, text string, from origin) {
	var typ settings.Type
	// A schedule given by name is a key; given as a mapping, it is a section.
	isMapping := s.sections[path] && strings.HasPrefix(strings.TrimSpace(text), "{")
	if s.isKey(path) && !isMapping {
		typ = s.keys.Lookup(path).Type
	}
	n, err := readShell(typ, text)
	if err != nil {
		s.report(path, from, "got %s, %v", settings.Clip(text), err)
		return
	}
	s.read(path, n, from)
}

// read reads the value of a key, or a section with its keys.
func (s source) read(path string, n *yaml.Node, from origin) {
	n = yamlnode.Resolve(n)
	isKey, isSection := s.isKey(path), s.sections[path]
	if !isKey && !isSection {
		s.report(
			path,
			from,
			"unknown key%s",
			suggest.Question(s.nearKey(path, "sweep", "quick")),
		)
		return
	}

	// Otherwise a later value of the same layer would win silently.
	if first, ok := s.seen[path]; ok {
		s.report(path, from, "duplicate key; it is also in %s", first)
		return
	}

	s.seen[path] = from
	switch {
	case isSection && n.Kind == yaml.MappingNode:
		s.readSection(path, n, from)
	case isSection && yamlnode.IsNull(n) && from.layer == fileLayer: // all its keys are commented out
	case isKey:
		s.readKey(path, s.keys.Lookup(path), n, from)
	default:
		s.wants(path, from, n, "a mapping")
	}
}

func (s source) readSection(path string, mapping *yaml.Node, from origin) {
	for name, value := range yamlnode.Pairs(mapping) {
		child := strings.TrimPrefix(path+"."+name.Value, ".")
		s.read(child, value, from.atLine(name.Line))
	}
}

// readKey reads the value of the setting at path.
func (s source) readKey(path string, row *settings.Setting, n *yaml.Node, from origin) {
	value, refused := row.Read(n)
	if refused == nil {
		s.layer[path] = setting{
			value: value,
			text:  settings.Show(n),
			from:  from,
		}
		return
	}

	s.report(path, from.atLine(refused.Node.Line), "%s", row.Type.Complaint(refused))
}
