package config

import (
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/yamlnode"
)

// readShell makes a node of what a shell passes for a value of the type: as it stands for text,
// YAML for the rest.
func readShell(t valueType, text string) (*yaml.Node, error) {
	switch {
	case t.isText && text != "":
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: text}, nil
	case t.scalar:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: strings.TrimSpace(text)}, nil
	default:
		return readValue(text)
	}
}

// readItem makes a node of one of several values that a shell passes. There, quotes keep commas
// together and are no part of a text.
func readItem(t valueType, item string) (*yaml.Node, error) {
	last := len(item) - 1
	if t.isText && last > 0 && item[0] == item[last] && (item[0] == '"' || item[0] == '\'') {
		return readValue(item)
	}
	return readShell(t, item)
}

// readValue parses text as YAML. It refuses what would get lost on the way.
func readValue(text string) (*yaml.Node, error) {
	n, err := yamlnode.Document([]byte(text))
	switch {
	case err != nil:
		return nil, errors.New("which is not YAML")
	case n == nil && strings.TrimSpace(text) == "":
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}, nil
	case n == nil || hasExtras(n):
		return nil, errors.New("of which a comment, an anchor or a tag would be lost; put quotes around the text")
	}
	return n, nil
}

// hasExtras reports whether a node or one in it has a comment, an anchor or a tag.
func hasExtras(n *yaml.Node) bool {
	if n.HeadComment+n.LineComment+n.FootComment+n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		return true
	}
	return slices.ContainsFunc(n.Content, hasExtras)
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
	case yamlnode.IsNull(n):
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
		for key, value := range yamlnode.Pairs(n) {
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
