package trainer

import "testing"

// TestOutlinesHaveTheSizesOfNetworks compares outlines and networks with every kind of layer.
func TestOutlinesHaveTheSizesOfNetworks(t *testing.T) {
	for _, text := range []string{
		"[{dense: 7}, {dense: 5}]",
		"[{conv: {channels: 4, size: 3, stride: 2}}, {max_pool: 2}, {dense: 7}]",
		"[{conv: {channels: 4, size: 3, padding: 1}}, {avg_pool: global}]",
		"[{residual: [{conv: {channels: 1, size: 3, padding: 1}}]}, {dense: 3}]",
		"[{residual: [{max_pool: {size: 3, stride: 1, padding: 1}}, {conv: {channels: 1, size: 3, padding: 1}}, " +
			"{residual: [{dense: 64}, {dense: 64, activation: identity}]}]}]",
	} {
		layers, err := ParseLayersText(text)
		if err != nil {
			t.Fatal(err)
		}
		c := testConfig()
		c.Hidden, c.Layers = nil, layers
		d := testData(20, 64, 10)
		d.Shape = [3]int{1, 8, 8}

		outline, err := c.Outline(d.Shape, 10)
		if err != nil {
			t.Fatal(err)
		}

		whole := newTestSession[float32](t, c, d).model.network()
		if len(outline.Layers) != len(whole.Layers) {
			t.Fatalf("%s: %d layers, not %d", text, len(outline.Layers), len(whole.Layers))
		}
		for i, l := range outline.Layers {
			is := whole.Layers[i]
			if l.In() != is.In() || l.Out() != is.Out() || (l.Pool == nil) != (is.Pool == nil) ||
				(l.Weight == nil) != (is.Weight == nil) || l.Through != is.Through {
				t.Errorf("%s: layer %d is %d to %d, not %d to %d", text, i+1, l.In(), l.Out(), is.In(), is.Out())
			}
		}
	}
}
