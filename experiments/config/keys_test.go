package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/settings"
)

// Every default is allowed and is read back from the YAML written for it. A deciding key comes
// before the keys that depend on it, and has the values that they name.
func TestSettingsAreSound(t *testing.T) {
	set := bind(new(Config))
	set.Reset()
	seen := map[string]*settings.Setting{}

	for _, row := range set.All() {
		seen[row.Key] = row
		if row.Meaning == "" {
			t.Errorf("%s has no meaning", row.Key)
		}
		for _, value := range row.Deciding {
			decider := seen[row.Decider]
			if decider == nil {
				t.Fatalf("%s depends on %s, which is not above it", row.Key, row.Decider)
			}
			if _, refused := decider.Read(settings.Encode(value)); refused != nil {
				t.Errorf("%s depends on %s %s, which there is not", row.Key, row.Decider, value)
			}
		}
		if row.Required || row.Shorthand {
			continue
		}
		value, refused := row.Read(settings.Encode(row.Value()))
		if refused != nil || !row.IsDefault(value) {
			t.Errorf("%s: its default %v is read as %v", row.Key, row.Value(), value)
		}
	}
	if len(seen) < 90 {
		t.Errorf("%d settings only", len(seen))
	}
	for _, problem := range append(set.OutOfRange(), set.WithoutEffect()...) {
		if !set.Lookup(problem.Key).Required {
			t.Error(problem)
		}
	}
}

func TestVariablesAreDistinct(t *testing.T) {
	seen := map[string]string{}
	for _, path := range newReader().paths {
		if other, ok := seen[variable(path)]; ok {
			t.Errorf("%s and %s are both %s", path, other, variable(path))
		}
		seen[variable(path)] = path
	}
}

func TestKeys(t *testing.T) {
	infos := map[string]KeyInfo{}
	for _, info := range Keys() {
		infos[info.Key] = info
	}
	for _, want := range []KeyInfo{
		{"train.batch_size", "integer", "512", "≥ 0 or full", "samples per update"},
		{"train.optimizer.lr", "number", "required", "> 0", "base learning rate, multiplied by the schedule's factor"},
		{"train.optimizer.betas", "pair of numbers", "[0.9, 0.999]", "≥ 0 and < 1", "decay rates of the two moments; only with train.optimizer.name adam, adamw"},
		{"data.permute", "true or false", "true", "", "the paper's permutation, even if all points are kept"},
		{"train.loss", "one of", "cross_entropy", "cross_entropy, mse, mse_mean", "mse sums over outputs, as in the paper; mse_mean averages"},
	} {
		if got := infos[want.Key]; got != want {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
}

// Errors about layers list everything that is allowed.
func TestModelLayersThatAreWrong(t *testing.T) {
	const kinds = "avg_pool, conv, dense, flatten, max_pool, residual"
	const list = "must be a list of layers, such as [{conv: {channels: 8, size: 5}}, {max_pool: 2}, {dense: 64}], " +
		"or the name of a network, such as CNN_5"
	number := func(least int) string { return fmt.Sprintf("must be a whole number from %d to 1073741824", least) }

	for layers, want := range map[string]string{
		"5":         list,
		"{conv: 3}": list,
		"CNN5": `unknown network "CNN5": must be CNN_w, GELU_CNN_w, ConvBase, ConvBase_c, MLPBase or MLPBase_w, ` +
			"where c or w is a number of channels or units",
		"[{cnv: 8}]": `layer 1: unknown key "cnv": must be a kind of layer (` + kinds +
			"), activation or bias; did you mean conv?",
		"[flaten]": "layer 1: flaten: must be flatten, or a kind of layer (" + kinds +
			") with its settings, such as {dense: 64}; did you mean flatten?",
		"[{conv: {chanels: 8, size: 3}}]": `layer 1: conv: unknown key "chanels": must be one of channels, size, stride, ` +
			"padding, dilation; did you mean channels?",
		"[{max_pool: {size: 3, channels: 3}}]": `layer 1: pool: unknown key "channels": must be one of size, stride, ` +
			"padding, dilation",
		"[{dense: 8, activation: rleu}]": "layer 1: activation rleu: must be one of none, identity, relu, leaky_relu, " +
			"tanh, sigmoid, gelu, silu, softplus; did you mean relu?",
		"[{dense: 8}, {conv: {channels: 8, size: 3, groups: 2}}]": `layer 2: conv: unknown key "groups": must be one of ` +
			"channels, size, stride, padding, dilation",
		"[{dense: 0}]":            "layer 1: dense: 0: " + number(1),
		"[{dense: 2.5}]":          "layer 1: dense: 2.5: " + number(1),
		"[{conv: -3}]":            "layer 1: conv: channels, or settings such as {channels: 8, size: 5}: -3: " + number(1),
		"[{conv: {channels: 8}}]": "layer 1: conv: no size: must be given",
		"[{conv: {channels: 8, size: [3, 3, 3]}}]": "layer 1: conv: size: [3, 3, 3]: must be a number, or a list of two for " +
			"height and width",
		"[{conv: {channels: 8, size: 3, stride: 0}}]":   "layer 1: conv: stride: 0: " + number(1),
		"[{conv: {channels: 8, size: 3, padding: -1}}]": "layer 1: conv: padding: -1: " + number(0),
		"[{max_pool: all}]":                             "layer 1: pool: global, a size, or settings such as {size: 3, stride: 2}: all: " + number(1),
		"[{max_pool: 2, bias: true}]":                   "layer 1: max_pool: cannot have an activation or a bias",
		"[{dense: 2, conv: 3}]":                         "layer 1: both conv and dense: must be one kind of layer",
		"[{residual: []}]":                              "layer 1: residual []: must be a list of at least one layer",
		"[{residual: [{dense: seven}]}]":                "layer 1: residual layer 1: dense: seven: " + number(1),
		"[{bias: true}]":                                "layer 1: no kind of layer: must have one of " + kinds,
	} {
		want := "command line: model.layers: got " + layers + ": " + want

		// If layers replace the widths and are wrong, no other problem is reported.
		for _, text := range []string{minimal, strings.Replace(minimal, "model: {hidden: [4]}\n", "", 1)} {
			_, err := Load(write(t, text), Options{Arguments: []string{"model.layers=" + layers}})
			if err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		}
	}
}

// Layers are a name or a list, normalised to one form, in place of the widths of hidden layers.
func TestModelLayers(t *testing.T) {
	for text, want := range map[string]string{
		"model.layers=CNN_5": "CNN_5",
		"model.layers=[{conv: {size: 5, channels: 8}}, flatten, {dense: 6}]": "[{conv: {channels: 8, size: 5}}, flatten, {dense: 6}]",
	} {
		cfg := loadSweep(t, "", text).Runs[0].Config
		if cfg.Train.LayersText() != want || len(cfg.Train.Hidden) != 0 {
			t.Errorf("%s: layers %q, hidden %v", text, cfg.Train.LayersText(), cfg.Train.Hidden)
		}
		again := loadText(t, string(Marshal(cfg))).Runs[0].Config
		if Hash(again) != Hash(cfg) {
			t.Errorf("%s: read again its hash is another", text)
		}
	}
}
