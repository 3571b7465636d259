package config

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
)

// Marshal writes a config as YAML with every key, including defaults, in the order of [Keys].
// Loading the result gives an equal config.
func Marshal(c *Config) []byte {
	return marshal(entries(c))
}

// MarshalBriefly writes the keys of a config that differ from their defaults. Loading the result
// with the same program gives an equal config.
func MarshalBriefly(c *Config) []byte {
	return marshal(slices.DeleteFunc(entries(c), func(e entry) bool {
		return e.isDefault
	}))
}

// MarshalOnly writes the keys of a config that keep selects.
func MarshalOnly(c *Config, keep func(key string) bool) []byte {
	return marshal(slices.DeleteFunc(entries(c), func(e entry) bool {
		return !keep(e.path)
	}))
}

// Hash identifies the results of a config: the first 12 hexadecimal digits of the SHA-256 of its
// YAML. It ignores keys that do not change the series (name, description, checkpoint), and keys at
// their defaults, so that a new key does not change the hashes of existing configs. The metrics
// always count, since the default set grows with the program. Configs that differ only in their
// spelling have the same hash.
func Hash(c *Config) string { return hashOf(entries(c)) }

func hashOf(list []entry) string {
	list = slices.DeleteFunc(list, func(e entry) bool {
		if e.path == "name" || e.path == "description" || strings.HasPrefix(e.path, "checkpoint.") {
			return true
		}
		return e.isDefault && e.path != "track.metrics"
	})
	return fmt.Sprintf("%x", sha256.Sum256(marshal(list)))[:12]
}

// Flatten returns the values of the keys that Marshal writes, in readable form, by dotted key.
func Flatten(c *Config) map[string]string {
	flat := map[string]string{}
	for _, e := range entries(c) {
		if s, ok := e.value.(string); ok {
			flat[e.path] = s
		} else {
			flat[e.path] = settings.Show(settings.Encode(e.value))
		}
	}
	return flat
}

func marshal(list []entry) []byte {
	root := &yaml.Node{Kind: yaml.MappingNode}
	for _, e := range list {
		insert(root, strings.Split(e.path, "."), settings.Encode(e.value))
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		panic(err) // a tree of mappings and encoded values
	}
	return out.Bytes()
}

// insert appends a value to nested mappings. The values of a section must be inserted one after
// another.
func insert(mapping *yaml.Node, path []string, value *yaml.Node) {
	if len(path) > 1 {
		section := &yaml.Node{Kind: yaml.MappingNode}
		n := len(mapping.Content)
		if n > 0 && mapping.Content[n-2].Value == path[0] {
			insert(mapping.Content[n-1], path[1:], value)
			return
		}
		insert(section, path[1:], value)
		value = section
	}
	mapping.Content = append(
		mapping.Content,
		&yaml.Node{Kind: yaml.ScalarNode, Value: path[0]},
		value,
	)
}

// entry is a key with its value in the form that YAML has it.
type entry struct {
	path      string
	value     any
	isDefault bool
}

// entries lists the keys of a config in order.
func entries(c *Config) []entry {
	b := bindings.Get().(*binding)
	defer b.release()
	b.config = *c
	return b.entries()
}

func (b *binding) entries() []entry {
	var list []entry
	for _, row := range b.keys.All() {
		if row.Key == "model.layers" && row.AtDefault() {
			// For multilayer perceptrons, the widths describe the layers.
			continue
		}
		if !row.Shorthand {
			list = append(list, entry{row.Key, row.Value(), row.AtDefault()})
		}
	}
	return list
}
