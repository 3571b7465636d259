package config

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// choices are sets of arguments, each of which is valid in combination with any of the others.
var choices = [][][]string{
	{{"data.name=miniMNIST1D"}, {"data.mnist1d={samples: 100, shear: 0, seed: 7}"}, {"data={name: csv, train: a.csv, test: b.csv, label: class, path: /tmp}"},
		{"data={name: npz, train: 1, test_fraction: 0.5, keys: {x: features, y: yes}}"}, {"data={name: gaussian_mixture, synthetic: {classes: 4, distance: 2.5}}"},
		{"data={name: mnist, resize: 8}"}},
	{{"data.label_noise=0.1", "data.feature_noise=1e-7"}, {"data.permute=false"}, {"data.test_size=all", "data.seed=4294967295"}},
	{{"model.name=Bias_LeakyOutput_FF_ReLU_8_4"}, {"model.hidden=[]"}, {"model.activation=leaky_relu", "model.slope=0.333333333333333314"},
		{"model.init={scheme: he, scale: 2}"}},
	{{"train.optimizer={name: adamw, betas: [0.1, 0.99], eps: 1e-300, weight_decay: 0.01}"}, {"train.optimizer={momentum: 0.9, nesterov: true}"}},
	{{"train.schedule=Warmup20000Cont2500"}, {"train.schedule={name: multistep, milestones: [1, 5], gamma: 0.5, warmup: {updates: 10}}"},
		{"train.schedule={name: cosine, epochs: 100, min_factor: 0.01, warmup: {epochs: 3}}"}, {"train.schedule={name: step, step_epochs: 9}"}},
	{{"train.loss=mse", "train.batch_size=full"}, {"train.clip=50", "train.precision=float64", "train.shuffle=true"}},
	{{"model.dropout=0.2", "train.temperature=40"}, {"train.jacobian_penalty=0.01"}, {"train.constraint=10", "train.adversarial={eps: 0.5, norm: inf, steps: 3, rate: 1, decay: 1, noise: 0}"}},
	{{"seed=7"}},
	{{"stop={min_epochs: 2, grad_norm: 0.01, train_loss: 1e-3, train_accuracy: 1}"}, {"stop.give_up={epochs: 2, train_loss: 2.3}"}},
	{{"track.schedule={every: 100, first: 5}"}, {"track.schedule.log=20"}},
	{{"track.probes={from: file, file: p.npz}"}, {"track.probes={from: test, sample: 100}"}},
	{{"track.jacobian={of: [logits, softmax, loss], norms: [1, inf], upto: all, quantiles: [], histogram: false}"}},
	{{"track.metrics=[]"}, {"track.metrics=[default, {name: paper, every: 1000}]"}, {"track.metrics=[{name: default, log: 5}]"}},
	{{"checkpoint={every: 100, interval: 0.5}", "track.memory=1"}},
}

// drawConfig loads a valid config with some of the choices.
func drawConfig(t *rapid.T, path string) *Config {
	var args []string
	for _, choice := range choices {
		if n := rapid.IntRange(-1, len(choice)-1).Draw(t, "choice"); n >= 0 {
			args = append(args, choice[n]...)
		}
	}

	e, err := Load(path, Options{Arguments: args})
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	c := e.Runs[0].Config
	c.Description = rapid.String().Draw(t, "description")
	return c
}

func TestMarshalRoundTrip(t *testing.T) {
	path := write(t, minimal)
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t, path)
		text := Marshal(c)
		if err := os.WriteFile("again.yaml", text, 0o644); err != nil {
			t.Fatal(err)
		}
		e, err := Load("again.yaml", Options{})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		again := e.Runs[0].Config
		if !reflect.DeepEqual(again, c) {
			t.Fatalf("loaded %+v\nfrom %+v\n%s", again, c, text)
		}
		if !bytes.Equal(Marshal(again), text) || Hash(again) != Hash(c) {
			t.Fatalf("the same config has other YAML or another hash:\n%s", text)
		}

		brief := MarshalBriefly(c)
		e, err = Load("brief", Options{Text: string(brief)})
		if err != nil || !reflect.DeepEqual(e.Runs[0].Config, c) || len(brief) >= len(text) {
			t.Fatalf("briefly: error %v\n%s", err, brief)
		}
	})
}

func TestMarshalGolden(t *testing.T) {
	golden, err := filepath.Abs("testdata/minimal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := Marshal(load(t, minimal, nil, nil))
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestHash(t *testing.T) {
	hash := func(args ...string) string { return Hash(load(t, minimal, nil, args)) }
	base := hash()
	if len(base) != 12 || strings.Trim(base, "0123456789abcdef") != "" {
		t.Errorf("hash %s is not 12 hexadecimal digits", base)
	}
	for _, same := range []string{"name=other", "description=other", "checkpoint.every=7", "checkpoint.interval=1",
		"model.bias=false", "train.schedule=constant", "data.name=MNIST1D"} {
		if hash(same) != base {
			t.Errorf("%s changes the hash", same)
		}
	}

	seen := map[string]string{base: "nothing"}
	for _, other := range []string{"seed=43", "model.hidden=[5]", "model.hidden=[4, 4]", "data.label_noise=0.1",
		"train.optimizer.lr=0.2", "stop.epochs=4", "track.schedule.log=5", "track.memory=1"} {
		h := hash(other)
		if seen[h] != "" {
			t.Errorf("%s has the hash of %s", other, seen[h])
		}
		seen[h] = other
	}
	if hash("model.name=FF_ReLU_4") != hash("model.output=relu") {
		t.Error("a model by name and by its keys have different hashes")
	}
}

func TestFlatten(t *testing.T) {
	c := load(t, minimal, nil, []string{"model.hidden=[4, 4]", "track.metrics=[paper, {name: jacobian, every: 5}]", "description=a b"})
	flat := Flatten(c)
	for key, want := range map[string]string{
		"name": "x", "description": "a b", "data.test": "", "model.hidden": "[4, 4]", "data.permute": "true",
		"train.optimizer.eps": "1e-08", "track.jacobian.norms": "[2]",
		"track.metrics": "[paper, {name: jacobian, every: 5, first: 0, log: 0}]",
	} {
		if got, ok := flat[key]; !ok || got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}
