package trainer

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/yamlnode"
)

// layersKind returns the kind of the setting model.layers: the name of a network, or a list of
// layers, which is kept as one line of YAML with sorted keys.
func layersKind() settings.Kind[string] {
	described := settings.Type{
		Name:    "list of layers",
		Allowed: "such as [{conv: {channels: 8, size: 5}}, {max_pool: 2}, {dense: 64}], or a name such as CNN_5",
	}

	read := func(n *yaml.Node) (string, *settings.Refusal) {
		n = yamlnode.Resolve(n)
		var value any
		if n.Decode(&value) != nil || value == nil {
			return "", settings.Refuse(n)
		}

		if value == "" {
			return "", nil
		}

		text, ok := value.(string)
		// A run's config.yaml holds a list as text.
		if ok && strings.HasPrefix(text, "[") {
			if yaml.Unmarshal([]byte(text), &value) != nil {
				return "", settings.Refuse(n)
			}
		}

		_, err := ParseLayers(value)
		if err != nil {
			return "", &settings.Refusal{Node: n, Reason: err.Error()}
		}

		return layersText(value), nil
	}

	return settings.Custom(
		described,
		read,
		func(text string) any { return text },
		func(a, b string) bool { return a == b },
	)
}

// layersText returns a value of model.layers as one line of text.
func layersText(value any) string {
	if name, ok := value.(string); ok {
		return name
	}

	var n yaml.Node
	if err := n.Encode(value); err != nil {
		panic(err) // it was decoded from YAML
	}

	// In flow style, line breaks only occur where lines would be too long, so a space can replace
	// them.
	n.Style = yaml.FlowStyle
	text, err := yaml.Marshal(&n)
	if err != nil {
		panic(err)
	}

	return strings.Join(strings.Fields(string(text)), " ")
}

// LayersText returns the value of model.layers: one line of YAML or the name of a network. It is
// empty if model.layers was not set.
func (c Config) LayersText() string { return c.layers }

// ParseLayersText parses a text that LayersText returned.
func ParseLayersText(text string) ([]LayerSpec, error) {
	var value any
	err := yaml.Unmarshal([]byte(text), &value)
	if err != nil {
		return nil, err
	}
	return ParseLayers(value)
}

// setLayers sets the layers to a text that layersKind has read.
func (c *Config) setLayers(text string) {
	c.layers, c.Layers = text, nil
	if text == "" {
		return
	}

	var err error
	c.Layers, err = ParseLayersText(text)
	if err != nil {
		panic(err) // the text has been parsed before
	}
}
