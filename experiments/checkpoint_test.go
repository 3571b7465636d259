package experiments

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/trainer"
)

// withoutSums writes a checkpoint as older releases did, with the given changes to its metadata.
func withoutSums(t *testing.T, raw []byte, other map[string]string) []byte {
	t.Helper()
	file, err := safetensors.Deserialize(raw)
	if err != nil {
		t.Fatal(err)
	}
	_, header, err := safetensors.ReadMetadata(raw)
	if err != nil {
		t.Fatal(err)
	}
	views := map[string]safetensors.TensorView{}
	for _, named := range file.Tensors() {
		views[named.Name] = named.TensorView
	}
	meta := header.Metadata()
	delete(meta, modelfile.MetaSum)
	delete(meta, metaSeriesSum)

	for key, value := range other {
		meta[key] = value
	}
	var b bytes.Buffer
	if err := safetensors.SerializeToWriter(views, meta, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// stopAt is an observer that ends a run after an epoch.
type stopAt struct {
	epoch int
	stop  func()
}

// Progress implements Observer.
func (s stopAt) Progress(p Progress) {
	if p.Epoch == s.epoch {
		s.stop()
	}
}

// Finished implements Observer.
func (stopAt) Finished(Outcome) {}

// stopped does a run up to an epoch and returns its folder.
func stopped(t *testing.T, runs []config.Run, store Local, epoch int) *rundir.Folder {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out, err := Run(ctx, List(runs), store, Options{Workers: 1, Observe: stopAt{epoch, cancel}})
	if err != nil || out[0].Status.State != rundir.Cancelled {
		t.Fatalf("%+v, error %v", out, err)
	}
	return out[0].Folder
}

// TestCheckpointsOfOlderReleases resumes checkpoints without checksums, and refuses those at
// positions that training never reaches.
func TestCheckpointsOfOlderReleases(t *testing.T) {
	runs := sweepOf(t, "model.hidden=8", "stop.epochs=12", "seed=1")
	store, want := Local{t.TempDir()}, Local{t.TempDir()}
	folder := stopped(t, runs, store, 5)
	whole, err := os.ReadFile(folder.LastCheckpoint())
	if err != nil {
		t.Fatal(err)
	}

	for key, values := range map[string][]string{
		metaEpoch: {"-1", "0", "14", "9999999", "x", ""}, metaStep: {"-5", "1"}, metaBatch: {"-1", "1", "1000"},
		metaPathLength: {"NaN", "-1", "+Inf"}, metaDone: {"xyz", "diverged"}, metaSeriesBytes: {"0", "-1", "999999999"},
	} {
		for _, value := range values {
			if err := os.WriteFile(folder.LastCheckpoint(), withoutSums(t, whole, map[string]string{key: value}), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Run(context.Background(), List(runs), store, Options{}); err == nil || !strings.Contains(err.Error(), "--overwrite") {
				t.Errorf("%s=%s: error %v", key, value, err)
			}
		}
	}

	if err := os.WriteFile(folder.LastCheckpoint(), withoutSums(t, whole, nil), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, to := range []Local{store, want} {
		if _, err := Run(context.Background(), List(runs), to, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	got, err1 := os.ReadFile(folder.Series())
	undisturbed, err2 := os.ReadFile(want.Folder(runs[0]).Series())
	if err1 != nil || err2 != nil || !bytes.Equal(got, undisturbed) {
		t.Errorf("the series differ, errors %v, %v", err1, err2)
	}
}

// Checkpoints hold only floats: nothing else is written under their name.
func TestCheckpointsRefuseOtherTensors(t *testing.T) {
	state := &trainer.State{Tensors: []trainer.Tensor{{Name: "steps", Shape: []int{2}, Data: []int32{1, 2}}}}
	err := (checkpoint{state: state}).writeTensors(new(bytes.Buffer))
	if err == nil || !strings.Contains(err.Error(), "steps") || !strings.Contains(err.Error(), "[]int32, not floats") {
		t.Errorf("error %v", err)
	}
}

// FuzzCheckpoint reads arbitrary bytes as a checkpoint: the result is an error, or a state that is
// written and read back unchanged. Restoring it may fail, but without a panic.
func FuzzCheckpoint(f *testing.F) {
	state := &trainer.State{Epoch: 3, Batch: 1, Step: 9, PathLength: 0.5, Tensors: []trainer.Tensor{
		{Name: "layers.0.weight", Shape: []int{2, 2}, Data: []float32{1, 2, 3, 4}}, {Name: "layers.0.bias", Shape: []int{2}, Data: []float64{1, 2}},
	}}
	var b bytes.Buffer
	if err := (checkpoint{state: state, seriesBytes: 100, seriesSum: "5a"}).writeTensors(&b); err != nil {
		f.Fatal(err)
	}

	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()-1])
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseCheckpoint(raw)
		if err != nil {
			return
		}
		c.checkProgress(4, 10)
		if c.seriesSum == "" {
			return // of an older release, which this one does not write
		}

		var out bytes.Buffer
		if err := c.writeTensors(&out); err != nil {
			t.Fatalf("%v, of what was read", err)
		}

		again, err := parseCheckpoint(out.Bytes())
		if err != nil || again.state.Epoch != c.state.Epoch || again.state.Step != c.state.Step || len(again.state.Tensors) != len(c.state.Tensors) {
			t.Errorf("%+v is read back as %+v, error %v", c, again, err)
		}
	})
}
