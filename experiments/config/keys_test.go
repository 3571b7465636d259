package config

import (
	"testing"

	"github.com/liptrack/liptrack/internal/settings"
)

// Every default is allowed and is read back from the YAML that is written for it; what decides
// whether a key has an effect comes before it, and has the values that it is said to have.
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
			if _, blame := decider.Read(settings.Encode(value)); blame != nil {
				t.Errorf("%s depends on %s %s, which there is not", row.Key, row.Decider, value)
			}
		}
		if row.Required || row.Shorthand {
			continue
		}
		value, blame := row.Read(settings.Encode(row.Value()))
		if blame != nil || !row.IsDefault(value) {
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
		{"train.batch_size", "integer", "512", "≥ 0 or full", "samples of an update"},
		{"train.optimizer.lr", "number", "required", "> 0", "learning rate that the schedule multiplies"},
		{"train.optimizer.betas", "pair of numbers", "[0.9, 0.999]", "≥ 0 and < 1", "decay rates of the two moments; only with train.optimizer.name adam, adamw"},
		{"data.permute", "true or false", "true", "", "the paper's permutation, also if all points are kept"},
		{"train.loss", "one of", "cross_entropy", "cross_entropy, mse, mse_mean", "mse sums over outputs, as the paper; mse_mean averages"},
	} {
		if got := infos[want.Key]; got != want {
			t.Errorf("got %+v\nwant %+v", got, want)
		}
	}
}

// Layers are a name or a list, in one form however they are written, in place of the widths of
// hidden layers.
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
