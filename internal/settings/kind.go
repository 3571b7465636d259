package settings

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/suggest"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// Type describes the values of a setting to its users.
type Type struct {
	Name    string // such as "integer"
	Allowed string // such as "≥ 0"; empty if all values of the type are allowed
	// Options are the names to suggest for a misspelt one.
	Options []string
	// IsScalar is set if every value is a YAML scalar, IsText if every value is also text: then an
	// argument of a shell is the value itself and is not parsed.
	IsScalar, IsText bool
	// HoldsCommas is set if commas are part of a value and do not separate several values.
	HoldsCommas bool
}

// Want describes the allowed values, to complete "got …, want".
func (t Type) Want() string {
	if t.Allowed == "" {
		return t.Name
	}
	return t.Name + " " + t.Allowed
}

// Kind defines how the values of a setting, of the Go type T, are written in YAML, and which values
// are allowed.
type Kind[T any] struct {
	Type
	// read returns the value of a node, allowed or not, or a refusal if it has none.
	read     func(n *yaml.Node) (T, *Refusal)
	allows   func(v T) bool
	asYAML   func(v T) any
	areEqual func(a, b T) bool
}

// WithCommas returns k as a kind of text in which commas are part of the value.
func WithCommas(k Kind[string]) Kind[string] {
	k.HoldsCommas = true
	return k
}

// scalarKind returns a kind of single values. read is never called with a sequence, mapping or
// null.
func scalarKind[T comparable](
	name, allowed string,
	read func(n *yaml.Node) (T, bool),
	allows func(T) bool,
) Kind[T] {
	return Kind[T]{
		Type: Type{Name: name, Allowed: allowed, IsScalar: true},
		read: func(n *yaml.Node) (v T, refused *Refusal) {
			n = yamlnode.Resolve(n)
			if n.Kind != yaml.ScalarNode || yamlnode.IsNull(n) {
				return v, Refuse(n)
			}

			v, ok := read(n)
			if !ok {
				return v, Refuse(n)
			}
			return v, nil
		},
		allows:   allows,
		asYAML:   func(v T) any { return v },
		areEqual: func(a, b T) bool { return a == b },
	}
}

func textKind(name, allowed string, allows func(string) bool) Kind[string] {
	kind := scalarKind(name, allowed, readText, allows)
	kind.IsText = true
	return kind
}

func readText(n *yaml.Node) (string, bool) {
	return n.Value, n.ShortTag() != "!!binary"
}

func anything[T any](T) bool { return true }

// Kinds of text, booleans and numbers.
var (
	// Text is any scalar as it is written, so a name may look like a number.
	Text = textKind("text", "", anything[string])
	// SomeText is non-empty text.
	SomeText = textKind("text", "that is not empty", func(s string) bool {
		return s != ""
	})
	// Boolean is true or false.
	Boolean = scalarKind("true or false", "", readBoolean, anything[bool])

	Positive    = numberKind("> 0", func(x float64) bool { return x > 0 })
	NonNegative = numberKind("≥ 0", func(x float64) bool { return x >= 0 })
	Fraction    = numberKind("from 0 to 1", func(x float64) bool {
		return x >= 0 && x <= 1
	})
	// Inner is a fraction other than 0 and 1.
	Inner = numberKind("> 0 and < 1", func(x float64) bool {
		return x > 0 && x < 1
	})
	// Probability is a probability below 1.
	Probability = numberKind("≥ 0 and < 1", func(x float64) bool {
		return x >= 0 && x < 1
	})
	// Factor is a factor that does not enlarge.
	Factor = numberKind("> 0 and ≤ 1", func(x float64) bool {
		return x > 0 && x <= 1
	})
)

// Matching returns the kind of text that matches form; what describes it in words.
func Matching(what string, form *regexp.Regexp) Kind[string] {
	return textKind(what, "", form.MatchString)
}

func readBoolean(n *yaml.Node) (v, ok bool) {
	return v, n.ShortTag() == "!!bool" && n.Decode(&v) == nil
}

// numberKind returns the kind of finite numbers in a range.
func numberKind(allowed string, allows func(float64) bool) Kind[float64] {
	return scalarKind(
		"number",
		allowed,
		yamlnode.Number,
		func(x float64) bool { return !math.IsInf(x, 0) && allows(x) },
	)
}

// whole is a Go type that holds integers.
type whole interface{ ~int | ~uint32 | ~uint64 }

// Integer returns the kind of integers ≥ low.
func Integer(low int) Kind[int] {
	return IntegerUpTo(low, math.MaxInt)
}

// IntegerUpTo returns the kind of integers from low to high.
func IntegerUpTo(low, high int) Kind[int] {
	allowed := fmt.Sprintf("≥ %d", low)
	if high < math.MaxInt {
		allowed = fmt.Sprintf("from %d to %d", low, high)
	}
	return integerKind(allowed, func(v int) bool {
		return low <= v && v <= high
	})
}

// MultipleOf returns the kind of positive multiples of n.
func MultipleOf(n int) Kind[int] {
	allowed := fmt.Sprintf("> 0 and a multiple of %d", n)
	return integerKind(allowed, func(v int) bool { return v > 0 && v%n == 0 })
}

// Seed returns the kind of 32-bit seeds.
func Seed[T uint32 | uint64]() Kind[T] {
	return integerKind("from 0 to 4294967295", func(v T) bool {
		return uint64(v) <= math.MaxUint32
	})
}

func integerKind[T whole](allowed string, allows func(T) bool) Kind[T] {
	return scalarKind("integer", allowed, func(n *yaml.Node) (T, bool) {
		v, ok := yamlnode.Integer(n)
		fits := int64(T(v)) == v && (v >= 0) == (T(v) >= 0) // narrower types wrap around
		return T(v), ok && fits
	}, allows)
}

// OrZero returns a kind that also accepts a word, which stands for 0.
func OrZero[T int | float64](kind Kind[T], word string) Kind[T] {
	number, allows := kind.read, kind.allows
	kind.Allowed += " or " + word
	kind.read = func(n *yaml.Node) (T, *Refusal) {
		if yamlnode.Resolve(n).Value == word {
			return 0, nil
		}

		return number(n)
	}

	// The component's own range need not include 0: here it means that something is off.
	kind.allows = func(v T) bool { return v == 0 || allows(v) }
	return kind
}

// OneOf returns the kind of text that is one of names.
func OneOf(names ...string) Kind[string] {
	isName := func(s string) bool { return slices.Contains(names, s) }
	kind := textKind("one of", strings.Join(names, ", "), isName)
	kind.Options = names
	return kind
}

// Choice returns the kind of an enumeration whose values are indices into names.
func Choice[E ~int](names []string) Kind[E] {
	valueOf := func(name string) E { return E(slices.Index(names, name)) }
	nameOf := func(v E) string {
		// A library user may have set a value without a name; errors then show its number.
		if v < 0 || int(v) >= len(names) {
			return fmt.Sprint(int(v))
		}
		return names[v]
	}

	return Named(names, valueOf, nameOf)
}

// Named returns the kind of values that are identified by one of names.
func Named[T any](names []string, parse func(name string) T, nameOf func(T) string) Kind[T] {
	text := OneOf(names...)
	return Kind[T]{
		Type: text.Type,
		read: func(n *yaml.Node) (v T, refused *Refusal) {
			// An unknown name has no value that allows could refuse.
			name, refused := text.read(n)
			if refused != nil || !text.allows(name) {
				return v, Refuse(n)
			}
			return parse(name), nil
		},
		allows:   func(v T) bool { return text.allows(nameOf(v)) },
		asYAML:   func(v T) any { return nameOf(v) },
		areEqual: func(a, b T) bool { return nameOf(a) == nameOf(b) },
	}
}

// Rule is a condition on a list as a whole.
type Rule[T any] func(list []T) bool

// List returns the kind of YAML sequences of elements that satisfy all rules. Its name begins with
// what, such as "increasing list of".
func List[T any](what string, element Kind[T], rules ...Rule[T]) Kind[[]T] {
	meets := func(list []T) bool {
		return !slices.ContainsFunc(rules, func(holds Rule[T]) bool {
			return !holds(list)
		})
	}

	return Kind[[]T]{
		Type: Type{
			Name:    what + " " + element.Name + "s",
			Allowed: element.Allowed,
			Options: element.Options,
		},
		read: func(n *yaml.Node) ([]T, *Refusal) {
			n = yamlnode.Resolve(n)
			if n.Kind != yaml.SequenceNode {
				return nil, Refuse(n)
			}

			values := make([]T, 0, len(n.Content))
			for _, node := range n.Content {
				var v T
				refused := element.ReadInto(&v, node)
				if refused != nil {
					return nil, refused
				}
				values = append(values, v)
			}

			return values, nil
		},
		allows: func(list []T) bool {
			return meets(list) && !slices.ContainsFunc(list, func(v T) bool {
				return !element.allows(v)
			})
		},
		asYAML: func(list []T) any {
			values := make([]any, len(list))
			for i, v := range list {
				values[i] = element.asYAML(v)
			}
			return values
		},
		areEqual: func(a, b []T) bool {
			return slices.EqualFunc(a, b, element.areEqual)
		},
	}
}

// IsPair reports whether a list has two elements.
func IsPair[T any](list []T) bool {
	return len(list) == 2
}

// IsDistinct reports whether no element occurs twice.
func IsDistinct[T comparable](list []T) bool {
	seen := map[T]bool{}
	for _, v := range list {
		if seen[v] {
			return false
		}
		seen[v] = true
	}
	return true
}

// IsIncreasing reports whether each element is larger than the one before.
func IsIncreasing[T cmp.Ordered](list []T) bool {
	return slices.IsSorted(list) && IsDistinct(list)
}

// SomeOf returns the kind of lists of one or more distinct choices.
func SomeOf[E ~int](names []string) Kind[[]E] {
	kind := List("", Choice[E](names), IsDistinct[E], func(list []E) bool {
		return len(list) > 0
	})
	kind.Name = "list of one or more of"
	return kind
}

// OrOne returns a kind of lists that also accepts a single element as a list of one.
func OrOne[T any](list Kind[[]T], element Kind[T]) Kind[[]T] {
	// Try a single element first. If that fails, the error is about the list, which is what is
	// wanted.
	several := list.read
	list.read = func(n *yaml.Node) ([]T, *Refusal) {
		var v T
		if element.ReadInto(&v, n) == nil {
			return []T{v}, nil
		}
		return several(n)
	}
	return list
}

// Custom returns a kind with its own functions to read and write YAML. All values that it reads are
// allowed.
func Custom[T any](
	t Type,
	read func(*yaml.Node) (T, *Refusal),
	asYAML func(T) any,
	areEqual func(a, b T) bool,
) Kind[T] {
	return Kind[T]{
		Type:     t,
		read:     read,
		allows:   anything[T],
		asYAML:   asYAML,
		areEqual: areEqual,
	}
}

// Refusal states that a node holds no value of a kind. Reason explains why, if there is more to say
// than which values the kind wants.
type Refusal struct {
	Node   *yaml.Node
	Reason string
}

// Refuse returns a refusal of a node, or of the node that it is an alias of, without a reason.
func Refuse(n *yaml.Node) *Refusal {
	return &Refusal{Node: yamlnode.Resolve(n)}
}

// Complaint returns the message for a refused value of the type.
func (t Type) Complaint(r *Refusal) string {
	got := "got " + Clip(Show(r.Node))
	if r.Reason != "" {
		return got + ": " + r.Reason
	}

	suggestion := ""
	if r.Node.Kind == yaml.ScalarNode {
		suggestion = suggest.DidYouMean(r.Node.Value, t.Options)
	}

	return got + ", want " + t.Want() + suggestion
}

// ReadInto stores the value of a node at dst. If the value is refused, it leaves dst alone and
// returns the refusal.
func (k Kind[T]) ReadInto(dst *T, n *yaml.Node) *Refusal {
	v, refused := k.read(n)
	if refused == nil && !k.allows(v) {
		refused = Refuse(n)
	}

	if refused == nil {
		*dst = v
	}
	return refused
}
