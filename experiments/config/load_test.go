package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// minimal has the required keys and nothing else, on four lines.
const minimal = `name: x
model: {hidden: [4]}
train: {optimizer: {lr: 0.1}}
stop: {epochs: 3}
`

// offered is what a program might offer.
var offered = Allowed{
	Datasets:       []string{"mnist1d", "mnist", "csv", "npz", "gaussian_mixture"},
	Metrics:        []string{"jacobian", "layer_norms", "upper_product", "paper"},
	DefaultMetrics: []string{"layer_norms", "jacobian"},
}

// write puts a config in a new folder and makes that the working directory, so that messages
// name it without a path.
func write(t *testing.T, text string) (path string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("x.yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return "x.yaml"
}

// load reads a config of one run.
func load(t *testing.T, text string, env, args []string) *Config {
	t.Helper()
	e, err := Load(write(t, text), Options{Environment: env, Arguments: args, Allowed: offered})
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Runs) != 1 {
		t.Fatalf("%d runs, want one", len(e.Runs))
	}
	return e.Runs[0].Config
}

func TestDefaults(t *testing.T) {
	got := load(t, minimal, nil, nil)
	want := &Config{
		Name: "x",
		Data: Data{
			Name: "mnist1d", Path: "data", TestFraction: 0.2, Label: "label", Permute: true, Seed: 42,
			Keys:      NPZKeys{X: "x", Y: "y", XTest: "x_test", YTest: "y_test"},
			MNIST1D:   MNIST1D{Samples: 5000, Scale: 0.4, MaxTranslation: 48, CorrelatedNoise: 0.25, IIDNoise: 0.02, Shear: 0.75, Seed: 42},
			Synthetic: Synthetic{Classes: 3, Dim: 2, Train: 45, Test: 15, Distance: 1.5, Deviation: 1},
		},
		Model: Model{Hidden: []int{4}, Activation: "relu", Slope: 0.01, Output: "none", Init: Init{Scheme: "torch", Scale: 1}},
		Train: Train{
			Loss: "cross_entropy", Temperature: 1,
			Optimizer: Optimizer{Name: "sgd", LR: 0.1, Betas: []float64{0.9, 0.999}, Eps: 1e-8},
			Schedule:  RateSchedule{Name: "constant", Gamma: 0.95, Milestones: []int{}},
			BatchSize: 512, Precision: "float32",
			Adversarial: AdversarialTraining{Norm: "2", Steps: 10, Rate: 20, Decay: 0.95, Noise: 1e-4},
		},
		Seed: 42,
		Stop: Stop{Epochs: 3},
		Track: Track{
			Schedule:      Schedule{Every: 1},
			Probes:        Probes{From: "train"},
			Jacobian:      Jacobian{Of: []string{"logits"}, Norms: []string{"2"}, UpTo: "last", Quantiles: []float64{0.05, 0.25, 0.5, 0.75, 0.95}, Histogram: true},
			Enlarged:      Enlarged{Combinations: 100000, Noise: []float64{0.1, 0.2, 0.5}},
			Adversarial:   Adversarial{Eps: 0.5, Steps: 100, Rate: 10, Decay: 0.95},
			Linearisation: Linearisation{Points: 470},
			Local:         Local{Radius: 0.1, Points: 8},
			Grid:          Grid{Range: 5, Points: 1000, Picture: 60},
			Metrics:       []Metric{{Name: "layer_norms"}, {Name: "jacobian"}},
			Memory:        64,
		},
		Checkpoint: Checkpoint{Interval: 10},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

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
			[]Metric{{Name: "layer_norms"}, {Name: "jacobian"}, {Name: "paper"}}},
		{"own entry instead of the default's", "", nil, []string{"track.metrics=[{name: jacobian, every: 10, first: 2}, default]"}, "track.metrics",
			[]Metric{{"jacobian", Schedule{Every: 10, First: 2}}, {Name: "layer_norms"}}},
		{"metric on a log schedule", "", nil, []string{"track.metrics=[{name: paper, log: 5}]"}, "track.metrics",
			[]Metric{{"paper", Schedule{Every: 1, Log: 5}}}},
		{"no metrics", "", nil, []string{"track.metrics=[]"}, "track.metrics", []Metric{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := fields(load(t, minimal+test.extra, test.env, test.args))[test.key]; !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s: got %#v, want %#v", test.key, got, test.want)
			}
		})
	}
}

func TestPaperModels(t *testing.T) {
	tests := []struct {
		name string
		want Model
	}{
		{"FF_ReLU_256", Model{Hidden: []int{256}, Output: "relu"}},
		{"Bias_FF_ReLU_64_32", Model{Hidden: []int{64, 32}, Bias: true, Output: "relu"}},
		{"LeakyOutput_FF_ReLU_64", Model{Hidden: []int{64}, Output: "leaky_relu"}},
		{"Bias_LeakyOutput_FF_ReLU_2_3_4", Model{Hidden: []int{2, 3, 4}, Bias: true, Output: "leaky_relu"}},
	}
	for _, test := range tests {
		test.want.Activation, test.want.Slope, test.want.Init = "relu", 0.01, Init{"torch", 1}
		got := load(t, minimal, nil, []string{"model.name=" + test.name}).Model
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", test.name, got, test.want)
		}
	}
}

// Every schedule that the paper's code has is a name here.
func TestPaperSchedules(t *testing.T) {
	for _, name := range []string{"Const", "Step25", "Step10", "Warmup20000Step25", "Cont50", "Cont100",
		"Cont100LimitLR", "Cont200", "Cont1000", "Warmup20000Cont2500"} {
		got := load(t, minimal, nil, []string{"train.schedule=" + name}).Train.Schedule
		want := RateSchedule{Name: name, Gamma: 0.95, Milestones: []int{}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

// Without names to choose from, any will do, as for a tool that only reads configs.
func TestNothingOffered(t *testing.T) {
	e, err := Load(write(t, minimal+"data.name: other\n"), Options{Arguments: []string{"track.metrics=[default, anything]"}})
	if err != nil {
		t.Fatal(err)
	}
	got := e.Runs[0].Config.Track.Metrics
	if want := []Metric{{Name: "default"}, {Name: "anything"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("metrics %v, want %v", got, want)
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

// sameRuns says whether two files, which then may share their results, stand for the same runs.
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
