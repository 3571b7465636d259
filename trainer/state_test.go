package trainer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/liptrack/liptrack/trainer/dataset"
)

// A run that is stopped after any number of updates, within an epoch or at its end, and continued
// by another Trainer ends as it would have without the stop.
func TestResume(t *testing.T) {
	data := testData(50, 5, 4) // in batches of 16, 16, 16 and 2
	for name, o := range everyOptimizer {
		for variant := range 4 {
			c := testConfig()
			c.Optimizer = o
			c.Shuffle, c.Float64 = variant&1 != 0, variant&2 != 0
			c.Schedule = Schedule{Kind: CosineDecay, Epochs: 3, WarmupUpdates: 3}
			if c.Shuffle {
				c.Dropout, c.Temperature, c.Constraint = 0.2, 2, 5
				c.Adversarial, c.JacobianPenalty = testAttack(AttackInf), 0.1
			}
			t.Run(fmt.Sprintf("%s/shuffle %t/float64 %t", name, c.Shuffle, c.Float64), func(t *testing.T) {
				testResume(t, c, data)
			})
		}
	}
}

func testResume(t *testing.T, c Config, data *dataset.Dataset) {
	through := newTestTrainer(t, c, data)
	epochs := record(through)
	want := run(t, t.Context(), through)

	for stop := range want.Steps + 1 {
		first := newTestTrainer(t, c, data)
		before := record(first)
		interrupted := run(t, afterUpdates(stop), first)
		if interrupted.Steps != stop || stop < want.Steps && interrupted.Status != Cancelled {
			t.Errorf("stopped after %d updates: %+v", stop, interrupted)
		}
		state := first.State()
		run(t, t.Context(), first) // this must not change the state

		second := newTestTrainer(t, c, data)
		after := record(second)
		if err := second.Restore(state); err != nil {
			t.Fatal(err)
		}
		checkSameState(t, second.State(), state)
		if got := run(t, t.Context(), second); got != want {
			t.Errorf("resumed after %d updates: %+v, want %+v", stop, got, want)
		}
		checkSameState(t, second.State(), through.State())
		if !slices.Equal(*before, *epochs) {
			t.Errorf("continued after %d updates, the hook saw\n%v, want\n%v", stop, *before, *epochs)
		}
		if seen := slices.Concat((*before)[:interrupted.Epochs+1], *after); !slices.Equal(seen, *epochs) {
			t.Errorf("resumed after %d updates, the hooks saw\n%v, want\n%v", stop, seen, *epochs)
		}
	}
}

func TestStateBeforeTheRun(t *testing.T) {
	data := testData(50, 5, 4)
	want := newTestTrainer(t, testConfig(), data)
	run(t, t.Context(), want)
	got := newTestTrainer(t, testConfig(), data)
	if err := got.Restore(newTestTrainer(t, testConfig(), data).State()); err != nil {
		t.Fatal(err)
	}
	epochs := record(got)
	run(t, t.Context(), got)
	checkSameState(t, got.State(), want.State())
	if len(*epochs) != 4 {
		t.Errorf("%d epochs were seen, want 0 to 3", len(*epochs))
	}
}

// A run restored after its end stays ended.
func TestRestoreOfAnEndedRun(t *testing.T) {
	data := testData(50, 5, 4)
	first := newTestTrainer(t, testConfig(), data)
	want := run(t, t.Context(), first)
	second := newTestTrainer(t, testConfig(), data)
	if err := second.Restore(first.State()); err != nil {
		t.Fatal(err)
	}
	epochs := record(second)
	if got := run(t, t.Context(), second); got != want || len(*epochs) != 0 {
		t.Errorf("%+v after %d hooks, want %+v after none", got, len(*epochs), want)
	}
}

func TestStateTensors(t *testing.T) {
	c := testConfig()
	c.Hidden = []int{8, 7}
	c.Optimizer = everyOptimizer["Adam"]
	tr := newTestTrainer(t, c, testData(50, 5, 4))
	run(t, afterUpdates(2), tr)
	parameters := 8*5 + 8 + 7*8 + 7 + 4*7 + 4

	want := []Tensor{
		{Name: "layers.0.weight", Shape: []int{8, 5}}, {Name: "layers.0.bias", Shape: []int{8}},
		{Name: "layers.2.weight", Shape: []int{7, 8}}, {Name: "layers.2.bias", Shape: []int{7}},
		{Name: "layers.4.weight", Shape: []int{4, 7}}, {Name: "layers.4.bias", Shape: []int{4}},
		{Name: "optimizer.exp_avg", Shape: []int{parameters}}, {Name: "optimizer.exp_avg_sq", Shape: []int{parameters}},
		{Name: "training.epoch_start", Shape: []int{parameters}},
	}

	got := tr.State().Tensors
	if len(got) != len(want) {
		t.Fatalf("%d tensors, want %d", len(got), len(want))
	}
	for i, w := range want {
		if got[i].Name != w.Name || !slices.Equal(got[i].Shape, w.Shape) {
			t.Errorf("tensor %d is %s %v, want %s %v", i, got[i].Name, got[i].Shape, w.Name, w.Shape)
		}
	}
}

func TestRestoreErrors(t *testing.T) {
	data := testData(50, 5, 4)
	c := testConfig()
	c.Optimizer = everyOptimizer["momentum"]

	for name, test := range map[string]struct {
		spoil func(*State)
		words []string
	}{
		"missing parameter": {func(s *State) { s.Tensors = s.Tensors[1:] }, []string{"epoch 1", "layers.0.weight is missing"}},
		"missing velocity":  {func(s *State) { s.Tensors = slices.Delete(s.Tensors, 4, 5) }, []string{"optimizer.momentum_buffer is missing"}},
		"missing start of the epoch": {func(s *State) { s.Tensors = s.Tensors[:len(s.Tensors)-1] },
			[]string{"training.epoch_start is missing"}},
		"transposed":   {func(s *State) { s.Tensors[0].Shape = []int{5, 8} }, []string{"layers.0.weight", "[5 8]", "[8 5]"}},
		"cut off":      {func(s *State) { s.Tensors[1].Data = s.Tensors[1].Data.([]float32)[:5] }, []string{"layers.0.bias holds 5 numbers: must hold 8"}},
		"double":       {func(s *State) { s.Tensors[1].Data = make([]float64, 8) }, []string{"layers.0.bias is []float64", "[]float32"}},
		"unknown":      {func(s *State) { s.Tensors = append(s.Tensors, Tensor{Name: "layers.4.weight"}) }, []string{"another configuration", "layers.4.weight"}},
		"beyond epoch": {func(s *State) { s.Batch = 4 }, []string{"batch 4 of epoch 1", "0 to 3"}},
		"before epoch": {func(s *State) { s.Batch = -1 }, []string{"batch -1"}},
	} {
		first := newTestTrainer(t, c, data)
		run(t, afterUpdates(2), first)
		state := first.State()
		test.spoil(state)
		t.Run(name, func(t *testing.T) {
			checkError(t, newTestTrainer(t, c, data).Restore(state), test.words...)
		})
	}
}

// NetworkOf returns an error for a configuration that cannot be trained.
func TestNetworkOfChecksItsConfiguration(t *testing.T) {
	for words, spoil := range map[string]func(*Config){
		"model.hidden":     func(c *Config) { c.Hidden = []int{0} },
		"layer 1: a dense": func(c *Config) { c.Layers = []LayerSpec{{Kind: DenseLayer}} },
		"train.optimizer":  func(c *Config) { c.Optimizer.LearningRate = -1 },
	} {
		c := testConfig()
		spoil(&c)
		_, err := NetworkOf(c, testData(8, 4, 3), &State{})
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("error %v does not say %q", err, words)
		}
	}
}
