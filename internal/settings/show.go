package settings

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/yamlnode"
)

// Encode returns the node of a value, in one line.
func Encode(value any) *yaml.Node {
	// Text with line breaks needs quotes for one line. The library itself would write it as a
	// block, which it cannot read back where a line begins with a tab.
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
		panic(err) // the values of settings all encode
	}

	// One line: flow style for lists.
	n.Style = yaml.FlowStyle
	if n.Kind == yaml.ScalarNode {
		n.Style = 0
	}

	return &n
}

// Show returns a node as a message or a table prints it: in one line, without quotes.
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

// Clip shortens a shown value that would drown its message.
func Clip(s string) string {
	const most = 80
	s = strings.Join(strings.Fields(s), " ") // a message stays in one line

	runes := []rune(s)
	if len(runes) > most { // a rune is not cut
		return string(runes[:most]) + "…"
	}
	return s
}
