package external

import (
	"slices"
	"strings"
	"testing"
)

func TestEpochsInNames(t *testing.T) {
	for _, c := range []struct {
		pattern string
		names   []string
		want    []int // −1 for a name that is left out
	}{
		{"", []string{"mlp_0.pt", "mlp_10.pt", "mlp_2.pt"}, []int{0, 10, 2}},
		{"", []string{"mlp256_0001.pt", "mlp256_0010.pt"}, []int{1, 10}},
		{"", []string{"epoch=7-step=350.ckpt", "epoch=8-step=400.ckpt", "last.ckpt"}, []int{7, 8, -1}},
		{"", []string{"run2/checkpoint-500/model.safetensors", "run2/checkpoint-1000/model.safetensors"}, []int{500, 1000}},
		{"", []string{"w128_ep3_20240101.npz", "w128_ep4_20240102.npz"}, []int{3, 4}},
		{"", []string{"Epoch 12.onnx"}, []int{12}},
		{"", []string{"model-7.npz"}, []int{7}},
		{"", []string{"final.pt", "model-7.pt", "model-8.pt"}, []int{-1, 7, 8}},
		{"", []string{"best-v1.ckpt", "net_v2_7.pt", "net_v2_8.pt"}, []int{-1, 7, 8}},
		{"w.{epoch}-*.npz", []string{"w.05-0.32.npz", "w.06-0.30.npz", "v.06-0.30.npz"}, []int{5, 6, -1}},
		{"mlp_{epoch}.pt", []string{"mlp_3.pt", "optimizer_3.pt", "sub/mlp_4.pt", "xmlp_5.pt"}, []int{3, -1, 4, -1}},
	} {
		var p *pattern
		if c.pattern != "" {
			var err error
			p, err = newPattern(c.pattern)
			if err != nil {
				t.Fatal(err)
			}
		}

		places, err := p.placesIn(c.names)
		if err != nil {
			t.Errorf("%v: %v", c.names, err)
			continue
		}

		var got []int
		for _, name := range c.names {
			at, known := places[name]
			if !known {
				at.epoch = -1
			}
			got = append(got, at.epoch)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.names, got, c.want)
		}
	}
}

func TestStepsInNames(t *testing.T) {
	for name, want := range map[string]int{"epoch=7-step=350.ckpt": 350, "ckpt_step_1000.pt": 1000, "mlp_3.pt": 0, "doorstep5.pt": 0} {
		if got := stepOf(name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func TestAmbiguousNames(t *testing.T) {
	for _, names := range [][]string{
		{"w.05-0.32.npz", "w.06-0.30.npz"},
		{"mlp_3.pt", "optimizer_3.pt"},
		{"run2_mlp_3.pt"},
		{"mlp_99999999999999999999.pt"},
	} {
		if places, err := (*pattern)(nil).placesIn(names); err == nil {
			t.Errorf("%v: %v, want an error", names, places)
		}
	}

	for _, text := range []string{"mlp.pt", "{epoch}_{epoch}.pt"} {
		if _, err := newPattern(text); err == nil || !strings.Contains(err.Error(), "{epoch}") {
			t.Errorf("pattern %s: error %v", text, err)
		}
	}

	if places, err := (*pattern)(nil).placesIn([]string{"last.ckpt", "last-v1.ckpt", "best_v2.ckpt"}); places != nil || err != nil {
		t.Errorf("no numbers: %v, error %v", places, err)
	}
}
