package experiments_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/liptrack/liptrack/experiments"
	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/external"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/tracker/series"
)

// elsewhere is a PyTorch training: its checkpoints, its points, and what to measure.
const elsewhere = "external/testdata/training"

// externalTraining describes the checkpoints in a folder, with short waiting times.
func externalTraining(folder string, arguments ...string) (experiments.External, error) {
	text := "{name: elsewhere, data: {name: npz, path: ., train: external/testdata/data.npz}, " +
		"model: {hidden: []}, train: {optimizer: {lr: 1}}, stop: {epochs: 0}}"
	e, err := config.Load("elsewhere", config.Options{Text: text, Arguments: arguments})
	if err != nil {
		return experiments.External{}, err
	}
	return experiments.External{Config: e.Runs[0].Config, Checkpoints: external.Options{
		Paths: []string{folder}, Model: modelfile.Options{Activation: "relu"},
		Settle: 30 * time.Millisecond, Patience: 100 * time.Millisecond,
	}}, nil
}

// trackFolder tracks the checkpoints in a folder, with options modified by change.
func trackFolder(t *testing.T, folder, dir string, change func(*experiments.External)) (experiments.Outcome, error) {
	t.Helper()
	x, err := externalTraining(folder)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&x)
	}
	return experiments.TrackExternal(context.Background(), x, experiments.Local{Dir: dir})
}

// TestTrainingOfPyTorch compares the results with those of PyTorch and numpy for the same
// checkpoints.
func TestTrainingOfPyTorch(t *testing.T) {
	out, err := trackFolder(t, elsewhere, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	record, err := rundir.ReadRecord(out.Folder.Series())
	if err != nil || record.Table.State != "completed" {
		t.Fatalf("%+v, error %v", record.Status, err)
	}

	rows, err := csv.NewReader(bytes.NewReader(read(t, filepath.Join(elsewhere, "expected.csv")))).ReadAll()
	if err != nil || len(rows) != 8 {
		t.Fatalf("%d rows, error %v", len(rows), err)
	}
	for _, row := range rows[1:] {
		epoch, _ := strconv.Atoi(row[0])
		for i, metric := range []string{series.LowerBound, series.UpperProduct} {
			want, _ := strconv.ParseFloat(row[1+i], 64)
			got, ok := record.Table.Curve(metric, "").At(epoch)
			if !ok || math.Abs(got-want) > 1e-6*want {
				t.Errorf("epoch %d: %s is %v, want %v", epoch, metric, got, want)
			}
		}
		if v, ok := record.Table.Curve(series.TrainAccuracy, "").At(epoch); !ok || v < 0.9 || v > 1 {
			t.Errorf("epoch %d: accuracy %v", epoch, v)
		}
	}
	if record.Table.Curve(series.TestLoss, "") != nil || record.Table.Curve(series.GradNorm, "") != nil {
		t.Error("measured on test points that there are not, or gradients that nobody took")
	}
}

// TestTrackingOwnRunsAgrees tracks liptrack's own checkpoints: the measurements do not depend on
// the program that trained the network.
func TestTrackingOwnRunsAgrees(t *testing.T) {
	own := t.TempDir()
	e := load(t, victimConfig, "stop.epochs=4", "checkpoint.every=1", "track.metrics=[default]")
	out, err := do(context.Background(), e, own, experiments.Options{})
	if err != nil {
		t.Fatal(err)
	}

	x, err := externalTraining(filepath.Join(out[0].Folder.Path, "checkpoints"))
	if err != nil {
		t.Fatal(err)
	}
	c := *e.Runs[0].Config
	x.Config, x.Checkpoints.Model = &c, modelfile.Options{}
	tracked, err := experiments.TrackExternal(context.Background(), x, experiments.Local{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}

	want, err1 := series.ReadFile(out[0].Folder.Series())
	got, err2 := series.ReadFile(tracked.Folder.Series())
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	for _, metric := range []string{series.LowerBound, series.UpperBest, series.TrainLoss, series.TestLoss, series.TestAccuracy, series.ParamNorm} {
		curve := want.Curve(metric, "")
		for i, epoch := range curve.Epochs {
			v, ok := got.Curve(metric, "").At(epoch)
			if d := math.Abs(v - curve.Values[i]); !ok || d > 1e-5*math.Abs(curve.Values[i]) {
				t.Errorf("%s at epoch %d: %v, the run itself had %v", metric, epoch, v, curve.Values[i])
			}
		}
	}
}

// TestFollowedAndKilled runs a process that follows a training and is killed repeatedly, while
// files appear in two halves.
func TestFollowedAndKilled(t *testing.T) {
	folder, dir := filepath.Join(t.TempDir(), "checkpoints"), t.TempDir()
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	start := func() *exec.Cmd {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childDir+"="+dir, childFollows+"="+folder)
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		return child
	}

	child := start()
	for i, epoch := range []int{0, 1, 2, 3, 10, 20, 30} {
		name := "mlp_epoch_" + strconv.Itoa(epoch) + ".pt"
		content := read(t, filepath.Join(elsewhere, name))
		file, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		half := len(content) / 2
		_, err = file.Write(content[:half])
		time.Sleep(60 * time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 {
			_ = child.Process.Kill()
			_ = child.Wait()
			child = start()
		}

		_, err = file.Write(content[half:])
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond)
	}

	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}

	want, err := trackFolder(t, folder, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := filepath.Join(dir, "elsewhere", want.Run.Name, rundir.SeriesFile)
	if !bytes.Equal(read(t, got), read(t, want.Folder.Series())) {
		t.Error("the series differs from that of a process that was never killed")
	}
}

// runFollower follows checkpoints until epoch 30.
func runFollower(dir string) error {
	x, err := externalTraining(os.Getenv(childFollows))
	if err != nil {
		return err
	}
	last := 30
	x.Checkpoints.Follow, x.Checkpoints.Last = true, &last
	_, err = experiments.TrackExternal(context.Background(), x, experiments.Local{Dir: dir})
	return err
}

func TestTrackingGoesOn(t *testing.T) {
	folder, dir := copyTraining(t), t.TempDir()
	late := filepath.Join(folder, "mlp_epoch_30.pt")
	if err := os.Rename(late, late+".part"); err != nil {
		t.Fatal(err)
	}
	first, err := trackFolder(t, folder, dir, nil)
	if err != nil || first.Status.Epochs != 20 {
		t.Fatalf("%+v, error %v", first.Status, err)
	}
	before := read(t, first.Folder.Series())
	if err := os.Rename(late+".part", late); err != nil {
		t.Fatal(err)
	}
	again, err := trackFolder(t, folder, dir, nil)
	if err != nil || again.Status.Epochs != 30 || again.Run.Name != first.Run.Name {
		t.Fatalf("%+v, error %v", again.Status, err)
	}
	whole := read(t, first.Folder.Series())
	if !bytes.HasPrefix(whole, before) || len(whole) == len(before) {
		t.Error("the series does not go on")
	}
	if _, err := trackFolder(t, folder, dir, nil); err != nil || !bytes.Equal(read(t, first.Folder.Series()), whole) {
		t.Errorf("with nothing new the series changes, or fails: %v", err)
	}

	held, err := rundir.Open(first.Folder.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := trackFolder(t, folder, dir, nil); !errors.Is(err, rundir.ErrBusy) {
		t.Errorf("a second tracker: error %v", err)
	}
}

// copyTraining copies the checkpoints so that they can be changed.
func copyTraining(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	files, err := filepath.Glob(filepath.Join(elsewhere, "*.pt"))
	if err != nil || len(files) != 7 {
		t.Fatalf("%v, error %v", files, err)
	}
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(file)), read(t, file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestFaultsOfTrackedTrainings(t *testing.T) {
	put := func(t *testing.T, folder, name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	state := read(t, filepath.Join(elsewhere, "mlp_epoch_3.pt"))
	other := read(t, "../internal/modelfile/testdata/torch/batchnorm.pt")
	for _, c := range []struct {
		name   string
		change func(t *testing.T, folder string, x *experiments.External)
		want   []string // in the error
	}{
		{"none", func(t *testing.T, folder string, x *experiments.External) {
			x.Checkpoints.Paths = []string{t.TempDir()}
		}, []string{"no checkpoints in", ".safetensors"}},
		{"no such folder", func(t *testing.T, folder string, x *experiments.External) {
			x.Checkpoints.Paths = []string{filepath.Join(folder, "nowhere")}
		}, []string{"nowhere"}},
		{"epoch twice", func(t *testing.T, folder string, x *experiments.External) {
			put(t, folder, "copy_epoch_03.pt", state)
		}, []string{"copy_epoch_03.pt", "mlp_epoch_3.pt", "epoch 3", "--epoch"}},
		{"two shapes", func(t *testing.T, folder string, x *experiments.External) {
			put(t, folder, "mlp_epoch_4.pt", other)
		}, []string{"mlp_epoch_4.pt", "6-16-3", "6-16-12-3"}},
		{"all corrupt", func(t *testing.T, folder string, x *experiments.External) {
			for _, epoch := range []string{"0", "1", "2", "3", "10", "20", "30"} {
				put(t, folder, "mlp_epoch_"+epoch+".pt", state[:100])
			}
		}, []string{"none of the checkpoints can be read", "mlp_epoch_"}},
		{"other data", func(t *testing.T, folder string, x *experiments.External) {
			put(t, folder, "data.csv", []byte("a,b,label\n1,2,0\n3,4,1\n"))
			x.Config.Data.Name, x.Config.Data.Options.Train = "csv", filepath.Join(folder, "data.csv")
		}, []string{"2 features", "takes 6", "data.columns"}},
		{"other classes", func(t *testing.T, folder string, x *experiments.External) {
			put(t, folder, "data.csv", []byte("a,b,c,d,e,f,label\n1,2,3,4,5,6,0\n3,4,5,6,7,8,3\n"))
			x.Config.Data.Name, x.Config.Data.Options.Train = "csv", filepath.Join(folder, "data.csv")
		}, []string{"0 to 2"}},
		{"updates", func(t *testing.T, folder string, x *experiments.External) {
			x.Config.Track.Metrics = []config.Metric{{Name: "updates"}}
		}, []string{"updates", "checkpoints do not show"}},
		{"none asked for", func(t *testing.T, folder string, x *experiments.External) {
			x.Checkpoints.Every = 7
			x.Checkpoints.Epoch = "mlp_epoch_{epoch}0.pt"
			put(t, folder, "mlp_epoch_0.pt", state)
		}, []string{"none is asked for"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := copyTraining(t)
			_, err := trackFolder(t, folder, t.TempDir(), func(x *experiments.External) { c.change(t, folder, x) })
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v: lacks %q", err, want)
				}
			}
		})
	}
}

// TestCorruptCheckpointCostsItself damages a checkpoint in the middle of the training.
func TestCorruptCheckpointCostsItself(t *testing.T) {
	folder := copyTraining(t)
	path := filepath.Join(folder, "mlp_epoch_3.pt")
	if err := os.WriteFile(path, read(t, path)[:3000], 0o600); err != nil {
		t.Fatal(err)
	}
	for _, follow := range []bool{false, true} {
		var notes strings.Builder
		out, err := trackFolder(t, folder, t.TempDir(), func(x *experiments.External) {
			last := 30
			x.Checkpoints.Follow, x.Checkpoints.Last = follow, &last
			x.Checkpoints.Note = func(text string) { io.WriteString(&notes, text+"\n") }
		})
		if err != nil {
			t.Fatal(err)
		}
		table, err := series.ReadFile(out.Folder.Series())
		if err != nil {
			t.Fatal(err)
		}
		if epochs := table.Curve(series.UpperBest, "").Epochs; len(epochs) != 6 || epochs[3] != 10 {
			t.Errorf("follow %v: tracked epochs %v, want all but 3", follow, epochs)
		}
		if !strings.Contains(notes.String(), "epoch 3 is left out") || !strings.Contains(notes.String(), path) {
			t.Errorf("follow %v: notes %q", follow, notes.String())
		}
	}
}
