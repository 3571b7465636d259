// Package settings lets each component declare its settings once: key, default, range, choices,
// meaning, and when a setting has an effect.
//
// A component has a method Settings that binds its fields to a [Set], in the manner of
// [flag.FlagSet]. Everything else derives from the set: how values are read from YAML, error
// messages, the list of keys, the defaults, the identity of a run, and the checks of a library
// user's struct.
package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// Set is a list of settings, in the order in which they are shown and written.
type Set struct {
	settings []*Setting
	byKey    map[string]*Setting
	rules    []rule
}

// Setting is one key with the field that it sets.
type Setting struct {
	Key     string // dotted
	Type    Type
	Meaning string
	// Required is set if the setting has no default.
	Required bool
	// Shorthand is set if the setting stands for others and has no field.
	Shorthand bool
	// The setting has an effect only if the key Decider has one of the values Deciding. If Decider
	// is empty, it always has an effect.
	Decider  string
	Deciding []string

	def      any
	get      func() any
	set      func(any)
	read     func(*yaml.Node) (any, *Refusal)
	allows   func(any) bool
	asYAML   func(any) any
	areEqual func(a, b any) bool
}

// rule is a condition between settings.
type rule struct {
	keys  []string // the first is the key that is reported
	check func() string
}

// Var adds a setting for the field at p.
func Var[T any](s *Set, p *T, key string, kind Kind[T], def T, meaning string) *Setting {
	return Bind(s, func() T {
		return *p
	}, func(v T) {
		*p = v
	}, key, kind, def, meaning)
}

// Bind adds a setting that is read and written by functions.
func Bind[T any](
	s *Set,
	get func() T,
	set func(T),
	key string,
	kind Kind[T],
	def T,
	meaning string,
) *Setting {
	row := &Setting{
		Key:     key,
		Type:    kind.Type,
		Meaning: meaning,
		def:     def,

		// A Set is not generic, so each setting converts its own values.
		get: func() any { return get() },
		set: func(v any) { set(v.(T)) },
		read: func(n *yaml.Node) (any, *Refusal) {
			var v T
			refused := kind.ReadInto(&v, n)
			return v, refused
		},
		allows: func(v any) bool { return kind.allows(v.(T)) },
		asYAML: func(v any) any { return kind.asYAML(v.(T)) },
		areEqual: func(a, b any) bool {
			return kind.areEqual(a.(T), b.(T))
		},
	}

	if s.byKey == nil {
		s.byKey = map[string]*Setting{}
	}

	// Two components with the same key are a bug in the program, not in a configuration.
	if s.byKey[key] != nil {
		panic("settings: two settings with the key " + key)
	}

	s.settings = append(s.settings, row)
	s.byKey[key] = row

	return row
}

// Need makes the setting required, and returns it.
func (row *Setting) Need() *Setting {
	row.Required = true
	return row
}

// OnlyWith declares that the setting has an effect only while the setting decider has one of the
// values, and returns it.
func (row *Setting) OnlyWith(decider string, values ...string) *Setting {
	row.Decider, row.Deciding = decider, values
	return row
}

// AlsoReads makes a setting of text accept further names, which the caller replaces before the
// setting is used.
func (row *Setting) AlsoReads(names ...string) {
	read := row.read
	row.Type.Options = slices.Concat(row.Type.Options, names)
	row.Type.Allowed = strings.Join(row.Type.Options, ", ")
	row.read = func(n *yaml.Node) (any, *Refusal) {
		name := yamlnode.Resolve(n).Value
		if slices.Contains(names, name) {
			return name, nil
		}
		return read(n)
	}
}

// Shorthand adds a setting that stands for others, before the first setting of their section.
func Shorthand(s *Set, key string, kind Kind[string], section, meaning string) {
	row := Bind(s, func() string {
		return ""
	}, func(string) {}, key, kind, "", meaning)
	row.Shorthand = true

	// Bind has appended it: move it.
	inSection := func(row *Setting) bool {
		return strings.HasPrefix(row.Key, section)
	}
	first := slices.IndexFunc(s.settings, inSection)
	s.settings = slices.Insert(s.settings[:len(s.settings)-1], first, row)
}

// Rule adds a condition between settings: check returns what is wrong with the first key, or "".
func (s *Set) Rule(check func() string, keys ...string) {
	s.rules = append(s.rules, rule{keys, check})
}

// All returns the settings in order.
func (s *Set) All() []*Setting { return s.settings }

// Lookup returns the setting with a key, or nil if there is none.
func (s *Set) Lookup(key string) *Setting {
	return s.byKey[key]
}

// Keys returns the keys in order.
func (s *Set) Keys() []string {
	keys := make([]string, len(s.settings))
	for i, row := range s.settings {
		keys[i] = row.Key
	}
	return keys
}

// Read returns the value of a node, in the type of the field, or why it is refused.
func (row *Setting) Read(n *yaml.Node) (value any, refused *Refusal) {
	return row.read(n)
}

// Put stores a value that was returned by Read or Default of a setting with the same key.
func (row *Setting) Put(value any) { row.set(value) }

// Reset stores the default.
func (row *Setting) Reset() { row.set(row.def) }

// Default returns the default, in the type of the field.
func (row *Setting) Default() any { return row.def }

// Value returns the current value in its YAML form: the name of a choice, for example.
func (row *Setting) Value() any {
	return row.asYAML(row.get())
}

// InYAML returns the YAML form of a value that was returned by Read.
func (row *Setting) InYAML(value any) any {
	return row.asYAML(value)
}

// IsDefault reports whether a value, in the type of the field, is the default. It is false for a
// required setting.
func (row *Setting) IsDefault(value any) bool {
	return !row.Required && row.areEqual(value, row.def)
}

// AtDefault reports whether the current value is the default.
func (row *Setting) AtDefault() bool {
	return row.IsDefault(row.get())
}

// Equal reports whether two values, in the type of the field, are equal.
func (row *Setting) Equal(a, b any) bool {
	return row.areEqual(a, b)
}

// ShowDefault returns the default as YAML text, or "required".
func (row *Setting) ShowDefault() string {
	if row.Required {
		return "required"
	}
	return Show(Encode(row.asYAML(row.def)))
}

// Reset sets every setting to its default.
func (s *Set) Reset() {
	for _, row := range s.settings {
		row.Reset()
	}
}

// FillZeros sets a field to its default if it has the zero value of its type and zero is not
// allowed: a library user who omits a field means its default.
func (s *Set) FillZeros() {
	for _, row := range s.settings {
		value := row.get()
		if !row.Required && isZero(value) && !row.allows(value) {
			row.Reset()
		}
	}
}

func isZero(value any) bool {
	v := reflect.ValueOf(value)
	return !v.IsValid() || v.IsZero()
}

// Problem describes what is wrong with the value of a key.
type Problem struct {
	Key     string
	Message string
}

// Error returns the key and the message.
func (p Problem) Error() string {
	return p.Key + ": " + p.Message
}

// OutOfRange returns a problem for each setting that has an effect and a value that is not allowed.
func (s *Set) OutOfRange() []Problem {
	var problems []Problem
	for _, row := range s.settings {
		// A setting without effect may have any value; WithoutEffect reports it.
		if row.Shorthand || s.isIdle(row) || row.allows(row.get()) {
			continue
		}

		got := Clip(Show(Encode(row.Value())))
		message := "got " + got + ", want " + row.Type.Want()
		problems = append(problems, Problem{row.Key, message})
	}

	return problems
}

// WithoutEffect returns a problem for each setting that has no effect but is not at its default.
func (s *Set) WithoutEffect() []Problem {
	var problems []Problem
	for _, row := range s.settings {
		if !s.isIdle(row) || row.AtDefault() {
			continue
		}

		message := fmt.Sprintf(
			"%s has no effect with %s %s, only with %s",
			Clip(Show(Encode(row.Value()))),
			row.Decider,
			s.byKey[row.Decider].Value(),
			strings.Join(row.Deciding, ", "),
		)
		problems = append(problems, Problem{row.Key, message})
	}

	return problems
}

// Contradictions returns a problem for each broken rule. It leaves out rules about keys for which
// skip returns true; skip may be nil.
func (s *Set) Contradictions(skip func(key string) bool) []Problem {
	var problems []Problem
	// Callers skip keys that are wrong by themselves: a rule would only report them again.
	for _, r := range s.rules {
		if skip != nil && slices.ContainsFunc(r.keys, skip) {
			continue
		}

		message := r.check()
		if message != "" {
			problems = append(problems, Problem{r.keys[0], message})
		}
	}

	return problems
}

// isIdle reports whether a setting has no effect, given the current value of its decider.
func (s *Set) isIdle(row *Setting) bool {
	if row.Decider == "" {
		return false
	}
	present := fmt.Sprint(s.byKey[row.Decider].Value())
	return !slices.Contains(row.Deciding, present)
}

// Suggest returns "; did you mean …?" for an unknown key, or "" if no key, nor any of more, is
// near.
func (s *Set) Suggest(key string, more ...string) string {
	return suggest.DidYouMean(key, slices.Concat(s.Keys(), more))
}
