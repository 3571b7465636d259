package settings

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/yamlnode"
)

// Encode returns a node that writes a value on one line.
func Encode(value any) *yaml.Node {
	// Text with line breaks needs quotes to stay on one line. The library would write it as a
	// block, which it cannot read back if a line begins with a tab.
	text, isText := value.(string)
	if isText && utf8.ValidString(text) && strings.ContainsAny(text, "\n\r") {
		return &yaml.Node{
			Kind:  yaml.ScalarNode,
			Tag:   "!!str",
			Value: text,
			Style: yaml.DoubleQuotedStyle,
		}
	}

	var n yaml.Node
	if err := n.Encode(value); err != nil {
		panic(err) // cannot happen: all values of settings can be encoded
	}

	// One line: flow style for lists.
	n.Style = yaml.FlowStyle
	if n.Kind == yaml.ScalarNode {
		n.Style = 0
	}

	return &n
}

// Show formats a node for a message or a table: on one line, without quotes.
func Show(n *yaml.Node) string {
	switch {
	case yamlnode.IsNull(n):
		return "nothing"
	case n.Kind == yaml.AliasNode:
		return "*" + n.Value
	case n.Kind == yaml.SequenceNode:
		var parts []string
		for _, element := range n.Content {
			parts = append(parts, Show(element))
		}

		return "[" + strings.Join(parts, ", ") + "]"
	case n.Kind == yaml.MappingNode:
		var parts []string
		for key, value := range yamlnode.Pairs(n) {
			parts = append(parts, Show(key)+": "+Show(value))
		}

		return "{" + strings.Join(parts, ", ") + "}"
	case n.Value == "":
		return `""`
	default:
		return n.Value
	}
}

// Clip shortens a value that is too long for a message.
func Clip(s string) string {
	const most = 80
	s = strings.Join(strings.Fields(s), " ") // a message stays on one line

	runes := []rune(s)
	if len(runes) > most { // counted in runes, so that none is split
		return string(runes[:most]) + "…"
	}
	return s
}
