package config

import (
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// readShell returns a shell argument as a YAML node: literally if the type is text, parsed as YAML
// otherwise.
func readShell(t settings.Type, text string) (*yaml.Node, error) {
	switch {
	// Text from a shell is literal: the name 1e3 remains 1e3.
	case t.IsText && text != "":
		return &yaml.Node{
			Kind:  yaml.ScalarNode,
			Tag:   "!!str",
			Style: yaml.DoubleQuotedStyle,
			Value: text,
		}, nil
	case t.IsScalar:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: strings.TrimSpace(text)}, nil
	default:
		return readValue(text)
	}
}

// readItem returns one item of a list from the shell as a node. Quotes around an item keep commas
// together and are not part of the text.
func readItem(t settings.Type, item string) (*yaml.Node, error) {
	last := len(item) - 1
	if t.IsText && last > 0 && item[0] == item[last] && (item[0] == '"' || item[0] == '\'') {
		return readValue(item)
	}
	return readShell(t, item)
}

// readValue parses text as YAML. It refuses anything that would be lost on the way.
func readValue(text string) (*yaml.Node, error) {
	n, err := yamlnode.Document([]byte(text))
	switch {
	case err != nil:
		return nil, errors.New("which is not YAML")
	case n == nil && strings.TrimSpace(text) == "":
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}, nil
	case n == nil || hasExtras(n):
		return nil, errors.New(
			"of which a comment, an anchor or a tag would be lost; put quotes around the text",
		)
	}
	return n, nil
}

// hasExtras reports whether a node or its content has a comment, an anchor or a tag.
func hasExtras(n *yaml.Node) bool {
	if n.HeadComment+n.LineComment+n.FootComment+n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		return true
	}
	return slices.ContainsFunc(n.Content, hasExtras)
}
