package config

import (
	"iter"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readValue parses the text of an environment variable or argument as YAML.
func readValue(s string) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(s), &document); err != nil {
		return nil, err
	}
	if document.Kind == 0 {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}, nil
	}
	return document.Content[0], nil
}

// resolveAlias is the node that an alias stands for, any other node itself.
func resolveAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// pairs ranges over the keys and values of a mapping.
func pairs(mapping *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		for i := 0; i < len(mapping.Content); i += 2 {
			if !yield(mapping.Content[i], mapping.Content[i+1]) {
				return
			}
		}
	}
}

// encode is the node of a value of a Config, in one line.
func encode(value any) *yaml.Node {
	var n yaml.Node
	if err := n.Encode(value); err != nil {
		panic(err) // the types of a Config's fields all encode
	}
	n.Style = yaml.FlowStyle
	if n.Kind == yaml.ScalarNode {
		n.Style = 0
		if strings.ContainsAny(n.Value, "\n\r") {
			n.Style = yaml.DoubleQuotedStyle
		}
	}
	return &n
}

// show is a node as a message or a table prints it: in one line, without quotes.
func show(n *yaml.Node) string {
	switch {
	case isNull(n):
		return "nothing"
	case n.Kind == yaml.AliasNode:
		return "*" + n.Value
	case n.Kind == yaml.SequenceNode:
		var parts []string
		for _, c := range n.Content {
			parts = append(parts, show(c))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case n.Kind == yaml.MappingNode:
		var parts []string
		for key, value := range pairs(n) {
			parts = append(parts, show(key)+": "+show(value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case n.Value == "":
		return `""`
	default:
		return n.Value
	}
}

// clip shortens a shown value that would drown its message.
func clip(s string) string {
	const most = 80
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
