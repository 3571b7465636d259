package config

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/yamlnode"
)

// valueType is how the value of a key is written in YAML and which values are allowed.
type valueType struct {
	name    string // as "integer"
	allowed string // as "≥ 0"; empty if any value of the type is
	// options are the names that a misspelt one may have meant.
	options []string
	// scalar is set if every value is a scalar, isText if it is text besides: then what a shell
	// passes is the value, as it stands.
	scalar, isText bool
	// read returns the value as the Go type of the Config's field, or else the node to blame.
	read func(n *yaml.Node) (value any, blame *yaml.Node)
}

// want completes "got …, want".
func (t valueType) want() string {
	if t.allowed == "" {
		return t.name
	}
	return t.name + " " + t.allowed
}

// orZero also takes a word for 0.
func (t valueType) orZero(word string) valueType {
	number := t.read
	t.allowed += " or " + word
	t.read = func(n *yaml.Node) (any, *yaml.Node) {
		if yamlnode.Resolve(n).Value == word {
			n = &yaml.Node{Kind: yaml.ScalarNode, Value: "0"}
		}
		return number(n)
	}
	return t
}

// scalar is a type of single values; read is given no sequence, mapping or null.
func scalar[T any](name, allowed string, read func(n *yaml.Node) (T, bool)) valueType {
	return valueType{name: name, allowed: allowed, scalar: true, read: func(n *yaml.Node) (any, *yaml.Node) {
		n = yamlnode.Resolve(n)
		if n.Kind == yaml.ScalarNode && !yamlnode.IsNull(n) {
			if v, ok := read(n); ok {
				return v, nil
			}
		}
		return nil, n
	}}
}

var (
	// text is any scalar as it is written, so that a name may look like a number.
	text     = textual(scalar("text", "", readText))
	someText = textual(scalar("text", "that is not empty", func(n *yaml.Node) (string, bool) {
		v, ok := readText(n)
		return v, ok && v != ""
	}))
	fileName = matching("name of at most 100 letters, digits, . _ -", regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`))
	boolean  = scalar("true or false", "", readBool)
	seed     = scalar("integer", "from 0 to 4294967295", func(n *yaml.Node) (uint64, bool) {
		v, ok := yamlnode.Integer(n)
		return uint64(v), ok && v >= 0 && v <= math.MaxUint32
	})

	positive    = number("> 0", func(x float64) bool { return x > 0 })
	nonNegative = number("≥ 0", func(x float64) bool { return x >= 0 })
	fraction    = number("from 0 to 1", func(x float64) bool { return x >= 0 && x <= 1 })
	inner       = number("> 0 and < 1", func(x float64) bool { return x > 0 && x < 1 })
	belowOne    = number("≥ 0 and < 1", func(x float64) bool { return x >= 0 && x < 1 })
	factor      = number("> 0 and ≤ 1", func(x float64) bool { return x > 0 && x <= 1 })
)

func integer(low int) valueType {
	return integerUpTo(low, math.MaxInt)
}

func integerUpTo(low, high int) valueType {
	allowed := fmt.Sprintf("≥ %d", low)
	if high < math.MaxInt {
		allowed = fmt.Sprintf("from %d to %d", low, high)
	}
	return scalar("integer", allowed, func(n *yaml.Node) (int, bool) {
		v, ok := yamlnode.Integer(n)
		return int(v), ok && int64(low) <= v && v <= int64(high)
	})
}

func multipleOf(n int) valueType {
	return scalar("integer", fmt.Sprintf("> 0 and a multiple of %d", n), func(node *yaml.Node) (int, bool) {
		v, ok := yamlnode.Integer(node)
		return int(v), ok && v > 0 && v <= math.MaxInt && v%int64(n) == 0
	})
}

// number is a finite number in a range.
func number(allowed string, in func(float64) bool) valueType {
	return scalar("number", allowed, func(n *yaml.Node) (float64, bool) {
		v, ok := yamlnode.Number(n)
		return v, ok && !math.IsInf(v, 0) && in(v)
	})
}

func oneOf(names ...string) valueType {
	t := textual(scalar("one of", strings.Join(names, ", "), func(n *yaml.Node) (string, bool) {
		return n.Value, slices.Contains(names, n.Value)
	}))
	t.options = names
	return t
}

// matching is text of a form; what describes it in words.
func matching(what string, form *regexp.Regexp) valueType {
	return textual(scalar(what, "", func(n *yaml.Node) (string, bool) {
		return n.Value, form.MatchString(n.Value)
	}))
}

// textual marks a type of text.
func textual(t valueType) valueType {
	t.isText = true
	return t
}

// dataset is one of the names, or of the paper's for subsets of MNIST-1D.
func dataset(names []string) valueType {
	if len(names) == 0 {
		return text
	}
	return oneOf(slices.Concat(names, slices.Sorted(maps.Keys(paperTrainSize)))...)
}

func readText(n *yaml.Node) (string, bool) {
	return n.Value, n.ShortTag() != "!!binary"
}

// readBool reads true or false.
func readBool(n *yaml.Node) (v, ok bool) {
	return v, n.ShortTag() == "!!bool" && n.Decode(&v) == nil
}
