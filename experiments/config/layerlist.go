package config

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/yamlnode"
)

// layersOf is the type of a model's layers: the name of a network, or a list of layers, which is kept as YAML in
// one line with sorted keys. What check, unless nil, says of a value is what is allowed.
func layersOf(check func(value any) error) valueType {
	t := valueType{name: "list of layers", allowed: "as [{conv: {channels: 8, size: 5}}, {max_pool: 2}, {dense: 64}], or a name as CNN_5"}
	t.read = func(n *yaml.Node) (any, *yaml.Node) {
		n = yamlnode.Resolve(n)
		var value any
		if n.Decode(&value) != nil || value == nil {
			return nil, n
		}
		if check == nil || value == "" {
			return layersText(value), nil
		}

		if err := check(value); err != nil {
			return nil, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: show(n) + " (" + err.Error() + ")"}
		}
		return layersText(value), nil
	}
	return t
}

// layersText is a value of model.layers in one line.
func layersText(value any) string {
	if name, ok := value.(string); ok {
		return name
	}
	var n yaml.Node
	if err := n.Encode(value); err != nil {
		panic(err) // it was decoded from YAML
	}
	n.Style = yaml.FlowStyle
	text, err := yaml.Marshal(&n)
	if err != nil {
		panic(err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}

// LayersValue is model.layers as YAML has it: a name, or a list of names and mappings.
func (m Model) LayersValue() (any, error) {
	var value any
	err := yaml.Unmarshal([]byte(m.Layers), &value)
	return value, err
}
