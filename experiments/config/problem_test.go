package config

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// Invalid configs and the exact messages about them. Extra lines follow the four of minimal.
func TestProblems(t *testing.T) {
	const schedules = "constant, step, multistep, exponential, cosine, Const, Step25, Step10, Warmup20000Step25, Cont50, Cont100, Cont100LimitLR, Cont200, Cont1000, Warmup20000Cont2500"
	const withoutWarmup = "constant, step, multistep, exponential, cosine"
	metrics := "list of distinct metrics or mappings {name, every, first, log} of " +
		strings.Join(bind(new(Config)).Lookup("track.metrics").Type.Options, ", ")
	tests := []struct {
		name, extra string
		env, args   []string
		want        string
	}{
		// Unknown keys.
		{"misspelt key", "train.batch_sise: 3", nil, nil,
			"x.yaml:5: train.batch_sise: unknown key; did you mean train.batch_size?"},
		{"misspelt section", "chekpoint:\n  every: 1", nil, nil,
			"x.yaml:5: chekpoint: unknown key; did you mean checkpoint?"},
		{"key in the wrong place", "lr: 0.1", nil, nil,
			"x.yaml:5: lr: unknown key; did you mean train.optimizer.lr?"},
		{"capitals", "Seed: 3", nil, nil,
			"x.yaml:5: Seed: unknown key; did you mean seed?"},
		{"like nothing", "zzzzzz: 3", nil, nil,
			"x.yaml:5: zzzzzz: unknown key"},
		{"unknown variable", "", []string{"LIPTRACK_TRAIN_BATCHSIZE=3"}, nil,
			"LIPTRACK_TRAIN_BATCHSIZE: unknown variable; did you mean LIPTRACK_TRAIN_BATCH_SIZE?"},
		{"unknown argument", "", nil, []string{"sed=3"},
			"command line: sed: unknown key; did you mean seed?"},
		{"no argument", "", nil, []string{"seed"},
			"command line: got seed, want key=value"},

		// Missing and duplicate keys.
		{"duplicate key", "seed: 1\nseed: 2", nil, nil,
			"x.yaml:6: seed: duplicate key; it is also in x.yaml:5"},
		{"duplicate section", "model: {bias: true}", nil, nil,
			"x.yaml:5: model: duplicate key; it is also in x.yaml:2"},
		{"dotted duplicate", "stop.epochs: 5", nil, nil,
			"x.yaml:5: stop.epochs: duplicate key; it is also in x.yaml:4"},
		{"duplicate argument", "", nil, []string{"seed=1", "seed=2"},
			"command line: seed: duplicate key; it is also in command line"},

		// Wrong types and values out of range.
		{"word for a number", "seed: many", nil, nil,
			"x.yaml:5: seed: got many, want integer from 0 to 4294967295"},
		{"negative", "train.batch_size: -3", nil, nil,
			"x.yaml:5: train.batch_size: got -3, want integer ≥ 0 or full"},
		{"fraction for an integer", "checkpoint.every: 1.5", nil, nil,
			"x.yaml:5: checkpoint.every: got 1.5, want integer ≥ 0"},
		{"quoted number", `checkpoint.every: "1"`, nil, nil,
			"x.yaml:5: checkpoint.every: got 1, want integer ≥ 0"},
		{"integer too large", "checkpoint.every: 99999999999999999999", nil, nil,
			"x.yaml:5: checkpoint.every: got 99999999999999999999, want integer ≥ 0"},
		{"not a number", "data.feature_noise: .nan", nil, nil,
			"x.yaml:5: data.feature_noise: got .nan, want number ≥ 0"},
		{"infinite", "train.clip: .inf", nil, nil,
			"x.yaml:5: train.clip: got .inf, want number ≥ 0 or off"},
		{"zero learning rate", "", nil, []string{"train.optimizer.lr=0"},
			"command line: train.optimizer.lr: got 0, want number > 0"},
		{"more than all", "data.label_noise: 1.5", nil, nil,
			"x.yaml:5: data.label_noise: got 1.5, want number from 0 to 1"},
		{"not a truth value", "train.shuffle: yes", nil, nil,
			"x.yaml:5: train.shuffle: got yes, want true or false"},
		{"no value", "seed:", nil, nil,
			"x.yaml:5: seed: got nothing, want integer from 0 to 4294967295"},
		{"empty argument", "", nil, []string{"train.loss="},
			"command line: train.loss: got nothing, want one of cross_entropy, mse, mse_mean"},
		{"empty text", `train.loss: ""`, nil, nil,
			`x.yaml:5: train.loss: got "", want one of cross_entropy, mse, mse_mean`},
		{"misspelt name", "train.loss: cross_entropi", nil, nil,
			"x.yaml:5: train.loss: got cross_entropi, want one of cross_entropy, mse, mse_mean; did you mean cross_entropy?"},
		{"unknown schedule", "train.schedule: Cont75", nil, nil,
			"x.yaml:5: train.schedule: got Cont75, want one of " + schedules + "; did you mean Cont50?"},
		{"unknown data set", "data.name: mnist2d", nil, nil,
			"x.yaml:5: data.name: got mnist2d, want one of mnist1d, mnist, fashion_mnist, cifar10, cifar100, csv, npz, gaussian_mixture, random_labels, MNIST1D, miniMNIST1D, smallMNIST1D, tinyMNIST1D; did you mean mnist1d?"},
		{"samples of unequal classes", "data.mnist1d.samples: 55", nil, nil,
			"x.yaml:5: data.mnist1d.samples: got 55, want integer > 0 and a multiple of 10"},
		{"bad file name", "", nil, []string{"name=../x"},
			"command line: name: got ../x, want name of at most 100 letters, digits, . _ -"},
		{"width zero", "", nil, []string{"model.hidden=[4, 0]"},
			"command line: model.hidden: got 0, want list of integers ≥ 1"},
		{"one width of zero", "", []string{"LIPTRACK_MODEL_HIDDEN=0"}, nil,
			"LIPTRACK_MODEL_HIDDEN: model.hidden: got 0, want list of integers ≥ 1"},
		{"element of a list over lines", "track.jacobian.quantiles:\n    - 0.1\n    - x", nil, nil,
			"x.yaml:7: track.jacobian.quantiles: got x, want increasing list of numbers from 0 to 1"},
		{"three betas", "", nil, []string{"train.optimizer.betas=[0.9, 0.9, 0.9]"},
			"command line: train.optimizer.betas: got [0.9, 0.9, 0.9], want pair of numbers ≥ 0 and < 1"},
		{"quantiles out of order", "track.jacobian.quantiles: [0.5, 0.1]", nil, nil,
			"x.yaml:5: track.jacobian.quantiles: got [0.5, 0.1], want increasing list of numbers from 0 to 1"},
		{"no norm", "track.jacobian.norms: []", nil, nil,
			"x.yaml:5: track.jacobian.norms: got [], want list of one or more of 2, 1, inf"},
		{"norm twice", "track.jacobian.norms: [2, 2]", nil, nil,
			"x.yaml:5: track.jacobian.norms: got [2, 2], want list of one or more of 2, 1, inf"},
		{"section that is a number", "", nil, []string{"stop=3"},
			"command line: stop: got 3, want a mapping"},
		{"section that is empty", "", nil, []string{"stop=", "train.schedule="},
			"command line: stop: got nothing, want a mapping\n" +
				"command line: train.schedule: got nothing, want one of " + schedules},
		{"value that is a section", "seed: {a: 1}", nil, nil,
			"x.yaml:5: seed: got {a: 1}, want integer from 0 to 4294967295"},
		{"not YAML", "", nil, []string{"seed=[1"},
			"command line: seed: got [1, want integer from 0 to 4294967295"},
		{"bad model name", "", nil, []string{"model.name=FF_ReLU_0"},
			"command line: model.name: got FF_ReLU_0, want name of the form [Bias_][LeakyOutput_]FF_ReLU_width1_width2…"},

		// Training.
		{"dropout of all", "model.dropout: 1", nil, nil,
			"x.yaml:5: model.dropout: got 1, want number ≥ 0 and < 1 or off"},
		{"no temperature", "train.temperature: 0", nil, nil,
			"x.yaml:5: train.temperature: got 0, want number > 0"},
		{"no step of an attack", "train.adversarial.steps: 0", nil, nil,
			"x.yaml:5: train.adversarial.steps: got 0, want integer ≥ 1"},
		{"no norm of an attack", "train.adversarial.norm: max", nil, nil,
			"x.yaml:5: train.adversarial.norm: got max, want one of 2, inf"},
		{"negative constraint", "train.constraint: -1", nil, nil,
			"x.yaml:5: train.constraint: got -1, want number ≥ 0 or off"},
		{"penalty of smooth activations", "train.jacobian_penalty: 0.1", nil, []string{"model.activation=tanh"},
			"x.yaml:5: train.jacobian_penalty: needs piecewise linear activations (identity, relu, leaky_relu), but model.activation is tanh"},
		{"giving up at no loss", "", nil, []string{"stop.give_up.epochs=2"},
			"x.yaml: stop.give_up.train_loss: must be above 0 if and only if stop.give_up.epochs is"},
		{"giving up too late", "", nil, []string{"stop.give_up={epochs: 3, train_loss: 1}"},
			"command line: stop.give_up.epochs: 3 is not before stop.epochs: 3"},

		// Metrics.
		{"unknown metric", "track:\n  metrics:\n    - jacobain", nil, nil,
			"x.yaml:7: track.metrics: got jacobain, want " + metrics + "; did you mean jacobian?"},
		{"metric twice", "track.metrics: [paper, {name: paper}]", nil, nil,
			"x.yaml:5: track.metrics: got [paper, {name: paper}]: paper is in the list twice"},
		{"metric without a name", "track.metrics: [{every: 3}]", nil, nil,
			"x.yaml:5: track.metrics: got {every: 3}: it has no name"},
		{"metric with an unknown key", "track.metrics: [{name: paper, evry: 3}]", nil, nil,
			"x.yaml:5: track.metrics: got evry: want name, every, first or log"},
		{"metric with a key twice", "track.metrics: [{name: paper, log: 3, log: 4}]", nil, nil,
			"x.yaml:5: track.metrics: got log: the mapping has it twice"},
		{"metric on two schedules", "track.metrics: [{name: paper, log: 5, every: 10}]", nil, nil,
			"x.yaml:5: track.metrics: paper has log: 5, which contradicts every: 10, first: 0; keep one of the two"},

		// Contradictions.
		{"name against key", "", nil, []string{"model.name=FF_ReLU_4", "model.bias=true"},
			"command line: model.bias: true contradicts model.name: FF_ReLU_4; keep one of the two"},
		{"leaky name against slope", "", nil, []string{"model.name=LeakyOutput_FF_ReLU_4", "model.slope=0.2"},
			"command line: model.slope: 0.2 contradicts model.name: LeakyOutput_FF_ReLU_4; keep one of the two"},
		{"data shorthand against size", "data: {name: tinyMNIST1D, train_size: 400}", nil, nil,
			"x.yaml:5: data.train_size: 400 contradicts data.name: tinyMNIST1D; keep one of the two"},
		{"regular and logarithmic", "track: {schedule: {every: 10, log: 20}}", nil, nil,
			"x.yaml:5: track.schedule.every: 10 contradicts track.schedule.log: 20; keep one of the two"},
		{"two warm-ups", "", nil, []string{"train.schedule={warmup: {updates: 5, epochs: 2}}"},
			"command line: train.schedule.warmup.epochs: 2 contradicts train.schedule.warmup.updates: 5; keep one of the two"},
		{"a second warm-up", "", nil, []string{"train.schedule={name: Warmup20000Step25, warmup: {epochs: 2}}"},
			"command line: train.schedule.warmup.epochs: 2 has no effect with train.schedule.name Warmup20000Step25, only with " + withoutWarmup},
		{"betas of sgd", "", nil, []string{"train.optimizer.betas=[0.5, 0.9]"},
			"command line: train.optimizer.betas: [0.5, 0.9] has no effect with train.optimizer.name sgd, only with adam, adamw"},
		{"momentum of adam", "", nil, []string{"train.optimizer={name: adam, momentum: 0.9}"},
			"command line: train.optimizer.momentum: 0.9 has no effect with train.optimizer.name adam, only with sgd"},
		{"leftover of a schedule", "train.schedule: {name: step, step_epochs: 5}", nil, []string{"train.schedule.name=cosine"},
			"x.yaml:5: train.schedule.step_epochs: 5 has no effect with train.schedule.name cosine, only with step"},
		{"generator of other data", "data: {name: mnist, mnist1d: {shear: 1}}", nil, nil,
			"x.yaml:5: data.mnist1d.shear: 1 has no effect with data.name mnist, only with mnist1d"},
		{"nesterov without momentum", "", nil, []string{"train.optimizer.nesterov=true"},
			"command line: train.optimizer.nesterov: true needs train.optimizer.momentum > 0"},
		{"slope without leaky_relu", "model.slope: 0.2", nil, nil,
			"x.yaml:5: model.slope: 0.2 has no effect, as neither model.activation nor model.output is leaky_relu"},
		{"step without epochs", "train.schedule: step", nil, nil,
			"x.yaml:5: train.schedule.step_epochs: missing, want integer ≥ 1 with train.schedule.name step"},
		{"multistep without milestones", "train.schedule: multistep", nil, nil,
			"x.yaml:5: train.schedule.milestones: missing, want one or more epochs with train.schedule.name multistep"},
		{"csv without a file", "data: {name: csv}", nil, nil,
			"x.yaml: data.train: missing, want the file of the training points in data.path"},
		{"probes without a file", "track: {probes: {from: file}}", nil, nil,
			"x.yaml: track.probes.file: missing, want the file of the points with track.probes.from file"},
		{"fewer epochs than the minimum", "stop.min_epochs: 10", nil, nil,
			"x.yaml:5: stop.min_epochs: 10 is more than stop.epochs: 3"},

		// Consequences of a problem are not reported as problems.
		{"keys of a misspelt optimizer", "", nil, []string{"train.optimizer={name: adamm, betas: [0.5, 0.9]}"},
			"command line: train.optimizer.name: got adamm, want one of sgd, adam, adamw; did you mean adam?"},
		{"long value", "name2: 1\nseed: " + strings.Repeat("y", 100), nil, nil,
			"x.yaml:5: name2: unknown key; did you mean name?\n" +
				"x.yaml:6: seed: got " + strings.Repeat("y", 80) + "…, want integer from 0 to 4294967295"},
	}

	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(write(t, minimal+test.extra), Options{Environment: test.env, Arguments: test.args})
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	text := `name: x y
train:
  batch_sise: 12
  optimizer:
    name: adam
    momentum: 0.9
stop:
  epochs: -1
  min_epochs: 4
`

	_, err := Load(write(t, text), Options{
		Environment: []string{"LIPTRACK_SEED=-1", "LIPTRACK_SED=1"}, Arguments: []string{"train.clip=x", "data.seed=x"}})
	want := `x.yaml: model.hidden: missing, want list of integers ≥ 1
x.yaml: train.optimizer.lr: missing, want number > 0
x.yaml:1: name: got x y, want name of at most 100 letters, digits, . _ -
x.yaml:3: train.batch_sise: unknown key; did you mean train.batch_size?
x.yaml:6: train.optimizer.momentum: 0.9 has no effect with train.optimizer.name adam, only with sgd
x.yaml:8: stop.epochs: got -1, want integer ≥ 0
LIPTRACK_SED: unknown variable; did you mean LIPTRACK_SEED?
LIPTRACK_SEED: seed: got -1, want integer from 0 to 4294967295
command line: data.seed: got x, want integer from 0 to 4294967295
command line: train.clip: got x, want number ≥ 0 or off`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 10 || problems[3].Key != "train.batch_sise" {
		t.Errorf("not the problems: %#v", problems)
	}
}

func TestFilesThatAreNotConfigs(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "x.yaml: the file is empty, want a mapping of keys such as name, data, model, train"},
		{"only comments", "# nothing\n", "x.yaml: the file is empty, want a mapping of keys such as name, data, model, train"},
		{"a list", "- a\n", "x.yaml:1: got [a], want a mapping of keys such as name, data, model, train"},
		{"text", "\n\nhello\n", "x.yaml:3: got hello, want a mapping of keys such as name, data, model, train"},
		{"a tab", "name: x\nmodel:\n\thidden: [4]\n", "x.yaml:3: not YAML: found character that cannot start any token"},
		{"an open bracket", "name: x\nmodel: {hidden: [4}\n", "x.yaml:2: not YAML: did not find expected ',' or ']'"},
		{"an open bracket at the start", "name: [x\n", "x.yaml:1: not YAML: did not find expected ',' or ']'"},
		{"a bad character at the start", "name: @x\n", "x.yaml:1: not YAML: found character that cannot start any token"},
		{"a mapping in a value", "name: x\nseed: a: b\n", "x.yaml:2: not YAML: mapping values are not allowed in this context"},
		{"a syntax error in a second document", minimal + "---\na: [1\n", "x.yaml:6: not YAML: did not find expected ',' or ']'"},
		{"an unknown alias", "name: *x\n", "x.yaml: not YAML: unknown anchor 'x' referenced"},
		{"two documents", minimal + "---\n" + minimal, "x.yaml:6: a second document begins here, want one"},
	}

	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load(write(t, test.text), Options{})
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want Problems", err)
			}
			if err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

// Load returns for any contents of files, variables and arguments.
func FuzzLoad(f *testing.F) {
	f.Add(minimal, "seed=1")
	f.Add(minimal+"sweep: {parameters: {seed: {values: &a [*a]}}}\n", "track.metrics=[{name: default, every: 2}]")
	f.Add("a: &a {<<: *a}\n", "train={schedule: Const}")
	f.Add("? [a]\n: b\n---\n", "model.name=FF_ReLU_1_2")

	f.Fuzz(func(t *testing.T, text, arg string) {
		path := t.TempDir() + "/x.yaml"
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := Load(path, Options{Environment: []string{"LIPTRACK_" + arg}, Arguments: []string{arg}})
		if (c == nil) == (err == nil) {
			t.Errorf("config %v with error %v", c, err)
		}
	})
}

func TestUnreadableFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("folder", 0o755); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"missing.yaml": "config: open missing.yaml: no such file or directory",
		"folder":       "config folder is a folder, want a YAML file",
	} {
		_, err := Load(path, Options{})
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}

	if _, err := Load("missing.yaml", Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v does not wrap os.ErrNotExist", err)
	}
}
