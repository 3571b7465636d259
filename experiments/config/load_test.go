package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/internal/settings"
)

// minimal has only the required keys, on four lines.
const minimal = `name: x
model: {hidden: [4]}
train: {optimizer: {lr: 0.1}}
stop: {epochs: 3}
`

// write puts a config in a new folder and makes that the working directory, so that messages name
// it without a path.
func write(t *testing.T, text string) (path string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("x.yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return "x.yaml"
}

// load reads a config with one run.
func load(t *testing.T, text string, env, args []string) *Config {
	t.Helper()
	e, err := Load(write(t, text), Options{Environment: env, Arguments: args})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Runs) != 1 {
		t.Fatalf("%d runs, want one", len(e.Runs))
	}
	return e.Runs[0].Config
}

// valueOf returns the value of a key in its YAML form.
func valueOf(c *Config, key string) any { return bind(c).Lookup(key).Value() }

func TestLayers(t *testing.T) {
	tests := []struct {
		name      string
		extra     string // after minimal
		env, args []string
		key       string
		want      any
	}{
		{"file over default", "seed: 1", nil, nil, "seed", uint64(1)},
		{"environment over file", "seed: 1", []string{"LIPTRACK_SEED=2", "HOME=/"}, nil, "seed", uint64(2)},
		{"argument over environment", "seed: 1", []string{"LIPTRACK_SEED=2"}, []string{"seed=3"}, "seed", uint64(3)},
		{"underscores of a variable", "", []string{"LIPTRACK_TRAIN_BATCH_SIZE=128"}, nil, "train.batch_size", 128},
		{"section in a variable", "", []string{"LIPTRACK_DATA_MNIST1D={samples: 100}"}, nil, "data.mnist1d.samples", 100},
		{"mappings merge", "data: {seed: 1, label_noise: 0.5}", nil, []string{"data={seed: 2}"}, "data.label_noise", 0.5},
		{"lists replace", "", nil, []string{"model.hidden=[8, 8]"}, "model.hidden", []int{8, 8}},
		{"dotted key in the file", "data.seed: 7", nil, nil, "data.seed", uint64(7)},
		{"empty section", "data:\n  # seed: 1", nil, nil, "data.seed", uint64(42)},
		{"alias", "data: {mnist1d: {scale: &a 0.5, shear: *a}}", nil, nil, "data.mnist1d.shear", 0.5},
		{"text that looks like a number", "description: 007", nil, nil, "description", "007"},
		{"a value with an equals sign", "", nil, []string{"description=a=b"}, "description", "a=b"},
		{"exponent", "", nil, []string{"train.optimizer.lr=1e-3"}, "train.optimizer.lr", 1e-3},

		{"a word for zero", "train.batch_size: full", nil, nil, "train.batch_size", 0},
		{"off for zero", "stop.min_epochs: 1", nil, []string{"stop.grad_norm=off"}, "stop.grad_norm", 0.0},
		{"norms as numbers", "track: {jacobian: {norms: [1, 2, inf]}}", nil, nil, "track.jacobian.norms", []string{"1", "2", "inf"}},
		{"one layer", "", nil, []string{"model.hidden=64"}, "model.hidden", []int{64}},

		{"data shorthand", "data: {name: tinyMNIST1D}", nil, nil, "data.train_size", 500},
		{"data shorthand is mnist1d", "data: {name: tinyMNIST1D}", nil, nil, "data.name", "mnist1d"},
		{"over a data shorthand", "data: {name: tinyMNIST1D}", nil, []string{"data.train_size=50"}, "data.train_size", 50},
		{"a data shorthand over the file", "data: {train_size: 50}", nil, []string{"data.name=MNIST1D"}, "data.train_size", 0},
		{"schedule by name", "", nil, []string{"train.schedule=Step25"}, "train.schedule.name", "Step25"},
		{"schedule by name forgets the rest", "train.schedule: {name: step, step_epochs: 5, gamma: 0.5}", nil,
			[]string{"train.schedule=exponential"}, "train.schedule.gamma", 0.95},
		{"model shorthand over the file", "", nil, []string{"model.name=FF_ReLU_64_32"}, "model.hidden", []int{64, 32}},

		{"log over every", "track: {schedule: {every: 100, first: 5}}", nil, []string{"track.schedule.log=20"}, "track.schedule.first", 0},
		{"every over log", "track: {schedule: {log: 20}}", nil, []string{"track.schedule.every=1"}, "track.schedule.log", 0},
		{"warm-up epochs over updates", "train.schedule: {warmup: {updates: 5}}", nil,
			[]string{"train.schedule.warmup.epochs=2"}, "train.schedule.warmup.updates", 0},

		{"default metrics and more", "", nil, []string{"track.metrics=[default, paper]"}, "track.metrics",
			slices.Concat(expand([]Metric{{Name: "default"}}), []Metric{{Name: "paper"}})},
		{"own entry instead of the default's", "", nil, []string{"track.metrics=[{name: jacobian, every: 10, first: 2}, default]"}, "track.metrics",
			slices.Concat([]Metric{{"jacobian", Schedule{Every: 10, First: 2}}}, exceptMetric(expand([]Metric{{Name: "default"}}), "jacobian"))},
		{"metric on a log schedule", "", nil, []string{"track.metrics=[{name: paper, log: 5}]"}, "track.metrics",
			[]Metric{{"paper", Schedule{Every: 1, Log: 5}}}},
		{"no metrics", "", nil, []string{"track.metrics=[]"}, "track.metrics", []Metric{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := valueOf(load(t, minimal+test.extra, test.env, test.args), test.key)
			if settings.Show(settings.Encode(got)) != settings.Show(settings.Encode(test.want)) {
				t.Errorf("%s: got %#v, want %#v", test.key, got, test.want)
			}
		})
	}
}

func exceptMetric(metrics []Metric, name string) []Metric {
	return slices.DeleteFunc(slices.Clone(metrics), func(m Metric) bool { return m.Name == name })
}

func TestPaperModels(t *testing.T) {
	for name, want := range map[string]string{
		"FF_ReLU_256":                    "[256] false relu 0.01 relu",
		"Bias_FF_ReLU_64_32":             "[64 32] true relu 0.01 relu",
		"LeakyOutput_FF_ReLU_64":         "[64] false relu 0.01 leaky_relu",
		"Bias_LeakyOutput_FF_ReLU_2_3_4": "[2 3 4] true relu 0.01 leaky_relu",
	} {
		c := load(t, minimal, nil, []string{"model.name=" + name})
		var got []string
		for _, key := range []string{"model.hidden", "model.bias", "model.activation", "model.slope", "model.output"} {
			got = append(got, fmt.Sprint(valueOf(c, key)))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: got %s, want %s", name, text, want)
		}
	}
}

// Every schedule in the paper's code has a name here.
func TestPaperSchedules(t *testing.T) {
	for _, name := range []string{"Const", "Step25", "Step10", "Warmup20000Step25", "Cont50", "Cont100",
		"Cont100LimitLR", "Cont200", "Cont1000", "Warmup20000Cont2500"} {
		c := load(t, minimal, nil, []string{"train.schedule=" + name})
		if got := valueOf(c, "train.schedule.name"); got != name {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestShippedConfigs(t *testing.T) {
	var paths []string
	for _, pattern := range []string{"*.yaml", "*/*.yaml"} {
		found, err := filepath.Glob(filepath.Join("../../configs", pattern))
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	if len(paths) < 4 {
		t.Fatalf("found only %v", paths)
	}
	names := map[string]string{}
	for _, path := range paths {
		c, err := Load(path, Options{})
		if err != nil {
			t.Error(err)
			continue
		}

		if other, ok := names[c.Name]; ok && !sameRuns(t, path, other) {
			t.Errorf("%s and %s have the same name %s but other runs", path, other, c.Name)
		}
		names[c.Name] = path
		if c.Description == "" {
			t.Errorf("%s has no description", path)
		}
		if text, err := os.ReadFile(path); err != nil || text[0] != '#' {
			t.Errorf("%s is not headed by a comment (%v)", path, err)
		}
	}
}

// sameRuns reports whether two files describe the same runs and may therefore share their results.
func sameRuns(t *testing.T, paths ...string) bool {
	t.Helper()
	var hashes [2][]string
	for i, path := range paths {
		e, err := Load(path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range e.Runs {
			hashes[i] = append(hashes[i], Hash(r.Config))
		}
	}
	return slices.Equal(hashes[0], hashes[1])
}

// The setting of the paper's Table 3.
func TestEvolutionIsThePapers(t *testing.T) {
	e, err := Load("../../configs/paper/evolution.yaml", Options{})
	if err != nil {
		t.Fatal(err)
	}
	flat := Flatten(e.Runs[0].Config)
	for key, want := range map[string]string{
		"data.name": "mnist1d", "data.train_size": "0", "data.permute": "true", "data.label_noise": "0",
		"model.hidden": "[256]", "model.bias": "false", "model.output": "relu", "model.init.scheme": "torch",
		"train.loss": "cross_entropy", "train.optimizer.name": "sgd", "train.optimizer.lr": "0.005",
		"train.optimizer.momentum": "0", "train.schedule.name": "Warmup20000Step25", "train.batch_size": "512",
		"train.shuffle": "false", "train.clip": "50", "seed": "42",
		"stop.epochs": "83000",
	} {
		if flat[key] != want {
			t.Errorf("%s is %s, want %s", key, flat[key], want)
		}
	}
}
