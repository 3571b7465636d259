package config

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/trainer"
)

// loadSweep reads minimal with extra lines and arguments.
func loadSweep(t *testing.T, extra string, args ...string) *Experiment {
	t.Helper()
	return loadText(t, minimal+extra, args...)
}

func loadText(t *testing.T, text string, args ...string) *Experiment {
	t.Helper()
	e, err := Load(write(t, text), Options{Arguments: args})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// points formats the points of an experiment.
func points(e *Experiment) []string {
	var all []string
	for _, run := range e.Runs {
		all = append(all, describe(run.Point))
	}
	return all
}

func TestSweepOrder(t *testing.T) {
	const two = "sweep:\n  parameters:\n    train.batch_size: {values: [8, full]}\n    train.clip: {values: [1, 2]}\n  seeds: [5, 4]\n"
	tests := []struct {
		name, extra string
		args        []string
		want        []string
	}{
		{"no sweep", "", nil, []string{""}},
		{"seeds fastest", two, nil, []string{
			"train.batch_size=8 train.clip=1 seed=5", "train.batch_size=8 train.clip=1 seed=4",
			"train.batch_size=8 train.clip=2 seed=5", "train.batch_size=8 train.clip=2 seed=4",
			"train.batch_size=full train.clip=1 seed=5", "train.batch_size=full train.clip=1 seed=4",
			"train.batch_size=full train.clip=2 seed=5", "train.batch_size=full train.clip=2 seed=4"}},
		{"an argument replaces an axis by a value", two, []string{"train.clip=7", "seed=1"},
			[]string{"train.batch_size=8", "train.batch_size=full"}},
		{"an argument replaces an axis in its place", two, []string{"train.batch_size=1,2", "seed=1", "train.clip=3,4"},
			[]string{"train.batch_size=1 train.clip=3", "train.batch_size=1 train.clip=4", "train.batch_size=2 train.clip=3", "train.batch_size=2 train.clip=4"}},
		{"an argument adds an axis before the seeds", "sweep: {seeds: 2}", []string{"train.clip=3,4"},
			[]string{"train.clip=3 seed=42", "train.clip=3 seed=43", "train.clip=4 seed=42", "train.clip=4 seed=43"}},
		{"seeds counted from seed", "seed: 7\nsweep: {seeds: 3}", nil, []string{"seed=7", "seed=8", "seed=9"}},
		{"seeds by argument", "sweep: {seeds: 3}", []string{"sweep.seeds=[1]"}, []string{"seed=1"}},
		{"shorthands", "sweep: {parameters: {model.name: {values: [FF_ReLU_8, Bias_FF_ReLU_4]}}}", nil,
			[]string{"model.name=FF_ReLU_8", "model.name=Bias_FF_ReLU_4"}},
		{"nested", "sweep: {parameters: {train: {parameters: {optimizer: {parameters: {momentum: {values: [0, 0.5]}}}}}}}", nil,
			[]string{"train.optimizer.momentum=0", "train.optimizer.momentum=0.5"}},
		{"widths", "", []string{"model.hidden=16,[8, 8],[]"}, []string{"model.hidden=16", "model.hidden=[8, 8]", "model.hidden=[]"}},
		{"zip", "sweep:\n  parameters:\n    train.loss: {values: [mse, cross_entropy]}\n    train.clip: {values: [1, 2]}\n    model.output: {values: [relu, none]}\n  zip: [[train.loss, model.output]]", nil,
			[]string{"train.loss=mse model.output=relu train.clip=1", "train.loss=mse model.output=relu train.clip=2",
				"train.loss=cross_entropy model.output=none train.clip=1", "train.loss=cross_entropy model.output=none train.clip=2"}},
		{"seeds in a zip", "sweep: {parameters: {data.seed: {values: [1, 2]}}, seeds: 2, zip: [[seed, data.seed]]}", nil,
			[]string{"data.seed=1 seed=42", "data.seed=2 seed=43"}},
		{"a value", "sweep: {parameters: {train.clip: {value: 50}}}", nil, []string{"train.clip=50"}},
	}

	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := points(loadSweep(t, test.extra, test.args...)); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// A value on the command line overrides what an axis of the file implies, and an axis there
// overrides what the file sets.
func TestSweepLayers(t *testing.T) {
	e := loadSweep(t, "sweep: {parameters: {model.name: {values: [FF_ReLU_8, Bias_FF_ReLU_8]}}}", "model.hidden=3")
	for _, run := range e.Runs {
		if !reflect.DeepEqual(run.Config.Train.Hidden, []int{3}) || run.Config.Train.Output != network.ReLU {
			t.Errorf("%s: model %+v", describe(run.Point), run.Config.Train.Hidden)
		}
	}
	if e := loadSweep(t, "train.clip: 3\n", "train.clip=1,2"); e.Runs[1].Config.Train.ClipNorm != 2 {
		t.Errorf("clip %g, want 2", e.Runs[1].Config.Train.ClipNorm)
	}
}

func TestDerived(t *testing.T) {
	e := loadText(t, `name: x
model.hidden: 4
train.optimizer.lr: 0.1
sweep:
  parameters: {train.batch_size: {values: [64, 512]}}
  derived: {stop.min_epochs: "stop.epochs / 2", stop.epochs: "83200 * 512 / train.batch_size", train.shuffle: train.batch_size > 100, data.label_noise: "seed / 100"}
`)
	for i, want := range []trainer.Stop{{Epochs: 665600, MinEpochs: 332800}, {Epochs: 83200, MinEpochs: 41600}} {
		if c := e.Runs[i].Config; c.Train.Stop != want || c.Train.Shuffle != (i == 1) || c.Data.Preparation.LabelNoise != 0.42 {
			t.Errorf("run %d: stop %+v, shuffle %v, label noise %g", i, c.Train.Stop, c.Train.Shuffle, c.Data.Preparation.LabelNoise)
		}
	}
}

func TestQuick(t *testing.T) {
	const text = `description: about
sweep:
  parameters: {train.clip: {values: [1, 2]}, train.batch_size: {values: [3, 4]}}
  seeds: 3
quick:
  note: two seeds, one epoch
  stop: {epochs: 1}
  sweep:
    parameters: {train.batch_size: {values: [5]}}
    seeds: [1, 2]
`

	path := write(t, minimal+text)
	whole, err := Load(path, Options{})
	if err != nil || len(whole.Runs) != 12 || whole.Name != "x" || whole.Note != "" || whole.Description != "about" {
		t.Fatalf("in full: %+v, error %v", whole, err)
	}
	quick, err := Load(path, Options{Quick: true, Arguments: []string{"stop.epochs=2"}})
	if err != nil {
		t.Fatal(err)
	}
	if quick.Name != "x-quick" || quick.Note != "two seeds, one epoch" || quick.Runs[0].Config.Name != "x-quick" || quick.Runs[0].Config.Train.Stop.Epochs != 2 {
		t.Errorf("quick: %+v", quick)
	}
	want := []string{"train.clip=1 train.batch_size=5 seed=1", "train.clip=1 train.batch_size=5 seed=2",
		"train.clip=2 train.batch_size=5 seed=1", "train.clip=2 train.batch_size=5 seed=2"}
	if got := points(quick); !reflect.DeepEqual(got, want) {
		t.Errorf("quick: %q", got)
	}
}

func TestAxes(t *testing.T) {
	e := loadSweep(t, "sweep:\n  parameters: {train.loss: {values: [mse, mse_mean]}, train.clip: {values: [1, 2]}}\n  zip: [[train.loss, train.clip]]\n  seeds: 2")
	want := []Axis{{Keys: []string{"train.loss", "train.clip"}, Values: []string{"mse, 1", "mse_mean, 2"}}, {Keys: []string{"seed"}, Values: []string{"42", "43"}}}
	if !reflect.DeepEqual(e.Axes, want) {
		t.Errorf("got %+v, want %+v", e.Axes, want)
	}
	e = loadSweep(t, "sweep: {method: random, runs: 2, parameters: {data.mnist1d.scale: {min: 0.1, max: 1, distribution: log_uniform_values}}}")
	want = []Axis{{Keys: []string{"data.mnist1d.scale"}, Values: []string{"log_uniform_values min 0.1 max 1"}, Drawn: true}}
	if !reflect.DeepEqual(e.Axes, want) {
		t.Errorf("got %+v, want %+v", e.Axes, want)
	}
}

func TestRunNames(t *testing.T) {
	for args, want := range map[string]string{"model.hidden=[]": "linear-seed42-", "model.hidden=[64, 64]": "64x64-seed42-", "seed=1": "4-seed1-"} {
		run := loadSweep(t, "", args).Runs[0]
		if run.Name != want+run.ID || run.ID != Hash(run.Config) {
			t.Errorf("%s: name %s, ID %s", args, run.Name, run.ID)
		}
	}
	deep := func(last int) string { return Architecture(trainer.Config{Hidden: append(make([]int, 200), last)}) }
	if a, b := deep(1), deep(2); a == b || len(a) > 60 || !strings.HasPrefix(a, "201layers-") {
		t.Errorf("names %s and %s", a, b)
	}
}

func TestHydraGrammar(t *testing.T) {
	tests := []struct {
		text string
		want []string // nil for a single value
	}{
		{"1", nil}, {"[1, 2]", nil}, {"{a: 1, b: 2}", nil}, {"'a,b'", nil}, {`"a,b"`, nil}, {"", nil}, {"f(a,b)", nil},
		{"1,2", []string{"1", "2"}}, {"1, 2", []string{"1", "2"}}, {"[1,2],3", []string{"[1,2]", "3"}},
		{"{a: [1,2], b: 2},{}", []string{"{a: [1,2], b: 2}", "{}"}}, {"'a,b',c", []string{"'a,b'", "c"}},
		{"it's,that's", []string{"it's", "that's"}}, {"1,", []string{"1", ""}},
		{"choice(a,b)", []string{"a", "b"}}, {"choice(a)", []string{"a"}}, {"choice([1,2],3)", []string{"[1,2]", "3"}},
		{"range(3)", []string{"0", "1", "2"}}, {"range(1,10,4)", []string{"1", "5", "9"}}, {"range(1, 4)", []string{"1", "2", "3"}},
		{"range(3,0,-1)", []string{"3", "2", "1"}}, {"range(0,0.4,0.1)", []string{"0.0", "0.1", "0.2", "0.3"}}, {"range(1e1,30,1e1)", []string{"10", "20"}},
	}

	for _, test := range tests {
		got, swept, err := sweptText(test.text, 100)
		if err != nil || swept != (test.want != nil) || swept && !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, swept %v, error %v", test.text, got, swept, err)
		}
	}

	for text, want := range map[string]string{
		"range(1,2,3,4)": "want range", "range(a)": "a is not a number", "range(1/2)": "not a number", "range(1,5,0)": "step is 0",
		"range(5,1)": "no value", "range(1e9)": "more values than the limit of 100", "range()": "not a number", "range(1e999999999)": "not a number",
	} {
		if _, _, err := sweptText(text, 100); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
}

// Draws are within their range, have their key's type, are reproducible, and do not depend on other
// keys or on the number of runs.
func TestRandomDraws(t *testing.T) {
	const text = `name: x
sweep:
  method: random
  runs: 200
  parameters:
    model.hidden: {values: [16, 32, [64, 64]]}
    train.optimizer.lr: {min: 0.0001, max: 0.1, distribution: log_uniform_values}
    train.batch_size: {min: 3, max: 6}
    data.label_noise: {min: 0.25, max: 0.5}
    stop.epochs: {min: 10, max: 95, q: 10, distribution: q_uniform}
    train.clip: {mu: 50, sigma: 1, distribution: normal}
`

	e := loadText(t, text)
	var logs, clips float64
	seen := map[string]int{}

	for _, run := range e.Runs {
		c := run.Config
		if lr := c.Train.Optimizer.LearningRate; lr < 0.0001 || lr > 0.1 {
			t.Errorf("learning rate %g", lr)
		}
		if n := c.Data.Preparation.LabelNoise; n < 0.25 || n > 0.5 {
			t.Errorf("label noise %g", n)
		}
		if n := c.Train.Stop.Epochs; n < 10 || n > 90 || n%10 != 0 {
			t.Errorf("epochs %d", n)
		}
		logs += math.Log10(c.Train.Optimizer.LearningRate) / 200
		clips += c.Train.ClipNorm / 200
		seen["batch "+strconv.Itoa(c.Train.BatchSize)]++
		seen["hidden "+Architecture(c.Train)]++
	}
	if len(seen) != 4+3 {
		t.Errorf("drew %v, want batch sizes 3 to 6 and three architectures", seen)
	}
	for what, n := range seen {
		if n < 30 {
			t.Errorf("%s was drawn %d times in 200", what, n)
		}
	}
	if math.Abs(logs+2.5) > 0.2 || math.Abs(clips-50) > 0.3 {
		t.Errorf("mean log10 of the learning rate %g, want about -2.5; of clip %g, want about 50", logs, clips)
	}
	if again := loadText(t, text); !reflect.DeepEqual(again, e) {
		t.Error("drawn again, the runs differ")
	}
	if fewer := loadText(t, text, "sweep.runs=5"); !reflect.DeepEqual(fewer.Runs, e.Runs[:5]) {
		t.Error("fewer runs are not the first of more")
	}
	other := loadText(t, text, "data.label_noise=0", "sweep.runs=5")
	for i := range other.Runs {
		if other.Runs[i].Config.Train.Optimizer.LearningRate != e.Runs[i].Config.Train.Optimizer.LearningRate {
			t.Error("without one key, another's draws change")
		}
	}

	if reseeded := loadText(t, text, "sweep.seed=1"); reseeded.Runs[0].ID == e.Runs[0].ID {
		t.Error("another seed draws the same")
	}
	if seeds := loadText(t, text, "sweep.runs=3", "seed=1,2"); len(seeds.Runs) != 6 || seeds.Runs[0].Config.Train.ClipNorm != seeds.Runs[1].Config.Train.ClipNorm {
		t.Errorf("3 points with 2 seeds: %q", points(seeds))
	}
}

// For any sweep, IDs and names are distinct and stable, and the number of runs is the product of
// the axes.
func TestSweepProperties(t *testing.T) {
	path := write(t, minimal)
	axes := map[string][]string{
		"model.hidden": {"1", "2", "[3, 4]", "[]"}, "train.clip": {"off", "1", "2.5"}, "seed": {"0", "1", "2", "3"},
		"train.loss": {"mse", "cross_entropy"}, "data.label_noise": {"0", "0.1"}, "train.schedule": {"Cont50", "Step25", "cosine"},
	}

	rapid.Check(t, func(t *rapid.T) {
		var args []string
		want := 1
		for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"model.hidden", "train.clip", "seed", "train.loss", "data.label_noise", "train.schedule"}), 0, 2, rapid.ID).Draw(t, "keys") {
			values := rapid.SliceOfNDistinct(rapid.SampledFrom(axes[key]), 1, 3, rapid.ID).Draw(t, "values")
			args = append(args, key+"=choice("+strings.Join(values, ",")+")")
			want *= len(values)
		}

		o := Options{Arguments: args}
		e, err := Load(path, o)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		ids := map[string]bool{}
		for _, run := range e.Runs {
			ids[run.ID] = true
		}
		if len(e.Runs) != want || len(ids) != want {
			t.Fatalf("%q: %d runs, %d IDs, want %d", args, len(e.Runs), len(ids), want)
		}
		if again, err := Load(path, o); err != nil || !reflect.DeepEqual(again, e) {
			t.Fatalf("%q: loaded again it differs, error %v", args, err)
		}
	})
}
