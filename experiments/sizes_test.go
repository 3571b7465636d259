package experiments

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/external"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/modelfile"
)

// withMemory pretends during a test that the machine has the given memory in bytes.
func withMemory(t *testing.T, bytes float64) {
	t.Helper()
	real := availableMemory
	availableMemory = func() float64 { return bytes }
	t.Cleanup(func() { availableMemory = real })
}

func sweepOf(t *testing.T, arguments ...string) []config.Run {
	t.Helper()
	e, err := config.Load("testdata/victim.yaml", config.Options{Arguments: arguments})
	if err != nil {
		t.Fatal(err)
	}
	return e.Runs
}

// TestImpossibleSizesAreErrors checks that the errors name keys and numbers, before anything is
// allocated.
func TestImpossibleSizesAreErrors(t *testing.T) {
	withMemory(t, 8e9)
	for key, arguments := range map[string][]string{
		"model.hidden=[100000, 100000]":             {"model.hidden=[100000,100000]"},
		"model.hidden=[4611686018427387904]":        {"model.hidden=[4611686018427387904]"},
		"model.hidden=[65536, 65536]":               {"model.hidden=[65536,65536]"},
		"track.enlarged.combinations=1000000000":    {"model.hidden=8", "track.metrics=[enlarged_lower_bound]", "track.enlarged.combinations=1000000000"},
		"track.enlarged.combinations=1000000000000": {"model.hidden=8", "track.metrics=[enlarged_lower_bound]", "track.enlarged.combinations=1000000000000"},
		"data.mnist1d.samples=10000000000":          {"model.hidden=8", "data.name=mnist1d", "data.mnist1d.samples=10000000000"},
	} {
		runs := sweepOf(t, append(arguments, "stop.epochs=2")...)[:1]
		store := Local{t.TempDir()}
		out, err := Run(context.Background(), List(runs), store, Options{Workers: 1})
		var large *TooLargeError
		if !errors.As(err, &large) || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), "8 GB") {
			t.Errorf("%s: error %v", key, err)
		}
		if out[0].Status.State != rundir.Failed {
			t.Errorf("%s: the run is %s", key, out[0].Status.State)
		}
		if _, err := NewEstimate(context.Background(), []Task{{Run: runs[0]}}, 1); err == nil {
			t.Errorf("%s: there is an estimate", key)
		}
	}
}

// TestBoundsMustFit checks a network that fits itself: training and measuring take 0.7 GB, and
// upper_best 1.1 GB in addition.
func TestBoundsMustFit(t *testing.T) {
	withMemory(t, 1.2e9)
	for _, c := range []struct {
		metrics, message string // no message where the run fits
	}{
		{"dead_units", ""},
		{"upper_best", "the matrices of upper_best take 1.08 GB (model.hidden=[4096, 4096, 4096]"},
	} {
		runs := sweepOf(t, "model.hidden=[4096,4096,4096]", "track.metrics=["+c.metrics+"]")[:1]
		demands := demandsOfRun(runs[0].Config, shapeOfData{40, 10, 100, [3]int{1, 1, 40}})

		err := checkSizes(runs[0].Config, demands, availableMemory())
		if (err == nil) != (c.message == "") || err != nil && !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: error %v", c.metrics, err)
		}
	}
}

// TestBoundsOfLayersMustFit checks a network with few parameters but large explicit matrices.
func TestBoundsOfLayersMustFit(t *testing.T) {
	withMemory(t, 1e8)
	layers := "[{conv: {channels: 50, size: 3, padding: 1}}, {conv: {channels: 50, size: 3, padding: 1}}]"
	for metrics, message := range map[string]string{
		"dead_units":         "",
		"layer_norms":        "the matrices of layer_norms take 0.129 GB (model.layers=",
		"upper_eclipse_fast": "the matrices of upper_eclipse_fast take 0.161 GB (model.layers=",
	} {
		file := filepath.Join(t.TempDir(), "layers.yaml")
		text := "name: layers\ndata: {name: mnist1d, mnist1d: {samples: 200}}\nmodel: {layers: " + layers + "}\n" +
			"stop: {epochs: 1}\ntrain: {optimizer: {lr: 0.1}}\ntrack: {metrics: [" + metrics + "]}\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		e, err := config.Load(file, config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		demands := demandsOfRun(e.Runs[0].Config, shapeOfData{40, 10, 100, [3]int{1, 1, 40}})

		err = checkSizes(e.Runs[0].Config, demands, availableMemory())
		if (err == nil) != (message == "") || err != nil && !strings.Contains(err.Error(), message) {
			t.Errorf("%s: error %v", metrics, err)
		}
	}
}

// TestTrackedNetworksMustFit checks networks before their folder is created.
func TestTrackedNetworksMustFit(t *testing.T) {
	withMemory(t, 100)
	text := "{name: elsewhere, data: {name: npz, path: ., train: external/testdata/data.npz}, " +
		"model: {hidden: []}, train: {optimizer: {lr: 1}}, stop: {epochs: 0}}"
	e, err := config.Load("elsewhere", config.Options{Text: text})
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	_, err = TrackExternal(context.Background(), External{Config: e.Runs[0].Config, Checkpoints: external.Options{
		Paths: []string{"external/testdata/training"}, Model: modelfile.Options{Activation: "relu"},
	}}, Local{dir})
	var large *TooLargeError
	left, _ := os.ReadDir(dir)
	if !errors.As(err, &large) || !strings.Contains(err.Error(), "the matrices of upper_eclipse_fast take") || len(left) > 0 {
		t.Errorf("error %v, %d folders", err, len(left))
	}
}

// TestBatchesOfLayersMustFit checks a convolution with few parameters whose values for all points
// of a batch exceed the memory.
func TestBatchesOfLayersMustFit(t *testing.T) {
	withMemory(t, 1e9)
	file := filepath.Join(t.TempDir(), "wide.yaml")
	text := "name: wide\ndata: {name: mnist1d, mnist1d: {samples: 200}}\n" +
		"model: {layers: [{conv: {channels: 100000, size: 3}}]}\nstop: {epochs: 1}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := config.Load(file, config.Options{Arguments: []string{"train.batch_size=100", "train.optimizer.lr=0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Run(context.Background(), List(e.Runs), Local{t.TempDir()}, Options{Workers: 1})
	var large *TooLargeError
	if !errors.As(err, &large) || !strings.Contains(err.Error(), "a batch of 100 points take") ||
		!strings.Contains(err.Error(), "train.batch_size=100") {
		t.Errorf("error %v", err)
	}
}

// TestImpossibleSizesStopNoOther checks that the other runs and the estimate are not affected.
func TestImpossibleSizesStopNoOther(t *testing.T) {
	withMemory(t, 8e9)
	runs := sweepOf(t, "model.hidden=8,[100000,100000],9", "stop.epochs=2", "seed=1")
	out, err := Run(context.Background(), List(runs), Local{t.TempDir()}, Options{Workers: 2})
	if err == nil || len(out) != 3 {
		t.Fatalf("%+v, error %v", out, err)
	}
	for _, o := range out {
		want := rundir.Completed
		if len(o.Run.Config.Train.Hidden) == 2 {
			want = rundir.Failed
		}
		if o.Status.State != want {
			t.Errorf("run %s is %s, want %s", o.Run.Name, o.Status.State, want)
		}
	}

	var tasks []Task
	for _, run := range runs {
		tasks = append(tasks, Task{Run: run})
	}
	if e, err := NewEstimate(context.Background(), tasks, 1); err != nil || len(e.Alone) != 3 || e.Alone[0] == 0 || e.Alone[1] != 0 {
		t.Errorf("%+v, error %v", e, err)
	}
}

// TestLedgerKeepsWhatThereIs checks that runs wait if together they exceed the memory, and that a
// run alone never waits.
func TestLedgerKeepsWhatThereIs(t *testing.T) {
	withMemory(t, 100)
	l := newLedger()
	first, err := l.takeMemory(context.Background(), 60)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := l.takeMemory(ctx, 60); err == nil {
		t.Error("60 and 60 of 100 were given")
	}
	time.AfterFunc(10*time.Millisecond, first)
	second, err := l.takeMemory(context.Background(), 60)
	if err != nil {
		t.Fatal(err)
	}
	second()
}

// panicking is an observer with a bug that affects one run.
type panicking struct{ run string }

// Progress implements Observer.
func (o panicking) Progress(p Progress) {
	if p.Run == o.run {
		panic("a mistake")
	}
}

// Finished implements Observer.
func (panicking) Finished(Outcome) {}

// TestPanicsAreFailures checks that a panic fails its own run and names its place, while other runs
// continue.
func TestPanicsAreFailures(t *testing.T) {
	runs := sweepOf(t, "model.hidden=8", "stop.epochs=2", "data.label_noise=0.1,0.2", "seed=1")
	out, err := Run(context.Background(), List(runs), Local{t.TempDir()}, Options{Workers: 1, Observe: panicking{runs[0].Name}})
	for _, want := range []string{runs[0].Name, "panic: a mistake", "sizes_test.go:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s in it", err, want)
		}
	}
	if out[1].Status.State != rundir.Completed {
		t.Errorf("the other run: %+v", out[1])
	}
	if status, _, err := out[0].Folder.Status(); err != nil || status.State != rundir.Failed || !strings.Contains(status.Error, "sizes_test.go:") {
		t.Errorf("recorded: %+v, error %v", status, err)
	}

	// A panic in the data affects all runs that share them.
	broken := &datasets{limit: 1}
	c := *runs[0].Config
	c.Data.Name = "mnist1d"
	c.Data.Options.MNIST1D.Samples = -10
	if _, err := broken.get(&c, ""); err == nil {
		t.Error("impossible data are no error")
	}
	if _, err := broken.get(&c, ""); err == nil {
		t.Error("impossible data are no error the second time")
	}
}

// TestMisfitsAreFoundBeforeTheSweep checks layers that do not fit MNIST1D's 40 features or each
// other, and batches that exceed the memory. Dense networks and convolutions that fit are not
// reported.
func TestMisfitsAreFoundBeforeTheSweep(t *testing.T) {
	withMemory(t, 4e9)
	for _, c := range []struct{ layers, message string }{
		{"ConvBase_4", ""},
		{"[{dense: 8}]", ""},
		{"[{conv: {channels: 4, size: 50}}]", "layer 1: a window of width 50 over an input of width 40"},
		{"[{conv: 4}, {max_pool: 64}]", "layer 2: a window of width 64 over an input of width 40"},
		{"[{dense: 4}, {conv: 4}]", "layer 2: a convolution over a flat vector of 4 numbers"},
		{"[{residual: [{conv: {channels: 4, size: 3, stride: 2, padding: 1}}]}]", "must be equal"},
		{"[{conv: {channels: 900000, size: 3, padding: 1}}]", "batches of 100 points take 40.2 GiB"},
		{"[{conv: {channels: 100000, size: 3, padding: 1}}]", "of memory or more, and there are 4 GB: a batch of 100"},
	} {
		var tasks []Task
		runs := sweepOf(t, "model.hidden=[]", "model.layers="+c.layers, "train.batch_size=100", "seed=1,2",
			"train.constraint=0", "train.jacobian_penalty=0")
		for _, run := range runs {
			tasks = append(tasks, Task{Run: run})
		}

		misfits := Misfits(tasks)
		if c.message == "" {
			if len(misfits) > 0 {
				t.Errorf("%s: %v", c.layers, misfits)
			}
			continue
		}

		if len(misfits) != len(tasks) || !strings.Contains(misfits[0].Error(), c.message) {
			t.Errorf("%s: %v", c.layers, misfits)
		}
	}
}
