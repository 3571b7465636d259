package config

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/yamlnode"
)

// list is a YAML sequence of elements of a type, which are of the Go type T, that meets all
// rules; kind begins its name ("increasing list of").
func list[T any](kind string, element valueType, rules ...func([]T) bool) valueType {
	return valueType{
		name: kind + " " + element.name + "s", allowed: element.allowed, options: element.options,
		read: func(n *yaml.Node) (any, *yaml.Node) {
			n = yamlnode.Resolve(n)
			if n.Kind != yaml.SequenceNode {
				return nil, n
			}
			values := make([]T, 0, len(n.Content))
			for _, c := range n.Content {
				v, blame := element.read(c)
				if blame != nil {
					return nil, blame
				}
				values = append(values, v.(T))
			}
			for _, holds := range rules {
				if !holds(values) {
					return nil, n
				}
			}
			return values, nil
		},
	}
}

func pair[T any](v []T) bool { return len(v) == 2 }

func nonEmpty[T any](v []T) bool { return len(v) > 0 }

func distinct[T comparable](v []T) bool {
	seen := map[T]bool{}
	for _, x := range v {
		if seen[x] {
			return false
		}
		seen[x] = true
	}
	return true
}

func increasing[T cmp.Ordered](v []T) bool {
	return slices.IsSorted(v) && distinct(v)
}

// someOf is a non-empty list of distinct names.
func someOf(names ...string) valueType {
	t := list("list of", oneOf(names...), distinct[string], nonEmpty[string])
	t.name = "list of one or more of"
	return t
}

// widths are those of the hidden layers of a model; a number is one layer.
var widths = func() valueType {
	t := list[int]("list of", integer(1))
	several := t.read
	t.read = func(n *yaml.Node) (any, *yaml.Node) {
		if width, blame := integer(1).read(n); blame == nil {
			return []int{width.(int)}, nil
		}
		return several(n)
	}
	return t
}()
