package trainer

import (
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"
)

// FuzzLayers checks that any text is an error or gives layers. Writing the layers as one line must
// give the same layers again, and their parameters must be counted or rejected.
func FuzzLayers(f *testing.F) {
	for _, text := range []string{
		"[{conv: 8, kernel: 3}, relu, flatten, {dense: 10}]",
		"[{residual: [{conv: 4, kernel: 3, padding: 1}, relu]}, {maxpool: 2, stride: 2}]",
		"[[[]]]", "{conv: 1}", "[{conv: 99999999999999999999}]", "a: &a [*a]", "small_cnn",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		layers, err := ParseLayersText(text)
		if err != nil {
			return
		}

		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		again, err := ParseLayersText(layersText(value))
		if err != nil || !reflect.DeepEqual(again, layers) {
			t.Errorf("%q in one line gives %v, %v, not %v", text, again, err, layers)
		}

		var c Config
		c.Layers = layers
		c.layers = text
		count, err := c.Parameters([3]int{1, 8, 8}, 3)
		if err == nil && count <= 0 {
			t.Errorf("%q has %d parameters", text, count)
		}
	})
}
