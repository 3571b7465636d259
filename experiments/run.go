package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// runner does one run.
type runner struct {
	config     *config.Config
	name       string
	folder     *rundir.Folder
	options    Options
	goroutines int // for measurements
	data       *dataset.Dataset

	trainer  *trainer.Trainer
	recorder *recorder
	saved    time.Time // when the rolling checkpoint was last written
}

// execute does a run in its folder from the beginning, from its last checkpoint, or not at all.
func execute(ctx context.Context, run config.Run, store Store, data *datasets, o Options, goroutines int) (out Outcome) {
	out.Run = run
	r := &runner{config: run.Config, name: run.Name, options: o, goroutines: goroutines}
	r.folder, out.Err = store.Open(run)
	if out.Busy = errors.Is(out.Err, rundir.ErrBusy); out.Busy {
		out.Err = nil
		return out
	}
	if out.Err != nil {
		return out
	}
	out.Folder = r.folder
	defer r.folder.Close()
	var from *checkpoint
	if from, out.Skipped, out.Status, out.Err = r.begin(); out.Err != nil || out.Skipped {
		return out
	}
	out.Status, out.Err = r.run(ctx, data, from)
	return out
}

// begin looks at what the folder holds and decides where to start: at a checkpoint, at the
// beginning (nil), or, as the status then says, not at all.
func (r *runner) begin() (from *checkpoint, skip bool, status rundir.Status, err error) {
	hash := config.Hash(r.config)
	status, begun, err := r.folder.Status()
	switch {
	case err != nil && !r.options.Overwrite:
		return nil, false, status, err
	case !begun || r.options.Overwrite:
		return nil, false, rundir.Status{}, r.folder.Clear()
	case status.ConfigHash != hash:
		return nil, false, status, fmt.Errorf("run folder %s holds a run of another configuration (hash %s, this one has %s): change name, or --overwrite to begin anew", r.folder.Path, status.ConfigHash, hash)
	case status.Ended() && !(r.options.RetryFailed && status.Unsuccessful()):
		return nil, true, status, r.folder.CheckSeries(status)
	case status.State == rundir.Diverged:
		return nil, false, rundir.Status{}, r.folder.Clear()
	}
	c, err := readCheckpoint(r.folder.LastCheckpoint())
	if errors.Is(err, os.ErrNotExist) { // stopped before there was one
		return nil, false, rundir.Status{}, r.folder.Clear()
	}
	return &c, false, rundir.Status{}, err
}

// run trains from the checkpoint, or from the beginning, and leaves the outcome in the folder.
func (r *runner) run(ctx context.Context, data *datasets, from *checkpoint) (status rundir.Status, err error) {
	status = rundir.Status{State: rundir.Running, ConfigHash: config.Hash(r.config)}
	if r.data, err = data.get(r.config); err != nil {
		return r.fail(status, err)
	}
	if err := r.prepare(from); err != nil {
		if from != nil { // what was computed can go on elsewhere
			return status, err
		}
		return r.fail(status, err)
	}
	if err := r.folder.SetStatus(status); err != nil {
		return status, err
	}
	result, err := r.trainer.Run(ctx)
	status.TrainSeconds = r.recorder.clock.train.Seconds()
	status.TrackSeconds = r.recorder.clock.track.Seconds()
	status.Epochs, status.Steps = result.Epochs, result.Steps
	if err == nil && result.Status != trainer.Diverged {
		err = r.saveLast()
	}
	status.SeriesBytes, err = r.recorder.close(err)
	if err != nil {
		return r.fail(status, err)
	}
	status.State = rundir.State(result.Status)
	return status, r.folder.SetStatus(status)
}

// fail notes an error as the run's status.
func (r *runner) fail(status rundir.Status, err error) (rundir.Status, error) {
	status.State, status.Error = rundir.Failed, err.Error()
	if r.recorder == nil {
		header := r.header()
		status.Header = &header
	}
	return status, errors.Join(err, r.folder.SetStatus(status))
}

// prepare builds the trainer, the tracker and the recorder, at the checkpoint if there is one.
func (r *runner) prepare(from *checkpoint) error {
	tc, err := trainerConfig(r.config, r.data.Train.Len())
	if err != nil {
		return err
	}
	if r.trainer, err = trainer.New(tc, r.data); err != nil {
		return err
	}
	header := r.header()
	var length int64
	if from != nil {
		if err := r.trainer.Restore(from.state); err != nil {
			return err
		}
		if err := sameOrigin(r.folder.Series(), header); err != nil {
			return err
		}
		length = from.seriesBytes
	} else if err := r.writeConfig(); err != nil {
		return err
	}
	if r.recorder, err = newRecorder(r.folder, header, length); err != nil {
		return err
	}
	if err := r.prepareTracker(); err != nil {
		return err
	}
	r.trainer.OnEpoch("recording", r.recorder.onEpoch)
	r.trainer.OnEpoch("checkpoint", r.onEpoch)
	r.saved = time.Now()
	return nil
}

func (r *runner) prepareTracker() error {
	points, err := probes(r.config, r.data, r.goroutines)
	if err != nil {
		return err
	}
	points.Progress = func(done, total int) { r.report(r.recorder.epoch, done, total) }
	scheduled, known, err := metrics(r.config, r.data)
	if err != nil {
		return err
	}
	r.recorder.known = known
	r.recorder.tracker, err = tracker.New(points, scheduled, r.recorder.append)
	return err
}

func (r *runner) writeConfig() error {
	return wholefile.Write(r.folder.Config(), func(w io.Writer) error {
		_, err := w.Write(config.Marshal(r.config))
		return err
	})
}

// header says where the numbers of the series come from.
func (r *runner) header() series.Header {
	flat := config.Flatten(r.config)
	if r.data != nil { // nil for a run that fails for want of them
		flat["data.points"] = strconv.Itoa(r.data.Train.Len())
		flat["data.dim"] = strconv.Itoa(r.data.Train.Dim())
		flat["data.classes"] = strconv.Itoa(r.data.Classes)
		flat["model.parameters"] = strconv.Itoa(parameters(r.config.Model, r.data.Train.Dim(), r.data.Classes))
	}
	return series.Header{
		Format: series.Format, Experiment: r.config.Name, Run: r.name, Seed: r.config.Seed, ConfigHash: config.Hash(r.config),
		Config: flat, Versions: Versions(), BLAS: linalg.BLAS().String(),
	}
}

// parameters counts the weights and biases of a model.
func parameters(m config.Model, in, classes int) int {
	total := 0
	for _, out := range append(append([]int{}, m.Hidden...), classes) {
		total += in * out
		if m.Bias {
			total += out
		}
		in = out
	}
	return total
}

// sameOrigin checks that a series was begun by this program on this BLAS: otherwise it could
// not go on as if never interrupted.
func sameOrigin(path string, want series.Header) error {
	t, err := series.ReadFile(path)
	if err != nil {
		return err
	}
	if t.Header.BLAS != want.BLAS {
		return fmt.Errorf("the run was begun with the BLAS %s, this is %s: resuming would change the series; --overwrite to begin anew", t.Header.BLAS, want.BLAS)
	}
	return nil
}

// onEpoch saves what is due and reports progress.
func (r *runner) onEpoch(_ context.Context, e *trainer.Epoch) error {
	keep := e.Index == 0 || e.Last || r.config.Checkpoint.Every > 0 && e.Index%r.config.Checkpoint.Every == 0
	if keep && !e.Diverged {
		if err := r.save(r.folder.KeptCheckpoint(e.Index)); err != nil {
			return err
		}
	}
	if interval := r.config.Checkpoint.Interval; !e.Diverged && time.Since(r.saved).Seconds() >= interval {
		if err := r.saveLast(); err != nil {
			return err
		}
	}
	r.report(e.Index, 0, 0)
	return nil
}

// report tells the observer how far the run has come, and how far a measurement in it.
func (r *runner) report(epoch, measured, toMeasure int) {
	if r.options.Observe != nil {
		r.options.Observe.Progress(Progress{
			Run: r.name, Epoch: epoch, Epochs: r.config.Stop.Epochs, Latest: r.recorder.latest,
			Measured: measured, ToMeasure: toMeasure,
		})
	}
}

// saveLast replaces the rolling checkpoint.
func (r *runner) saveLast() error {
	r.saved = time.Now()
	return r.save(r.folder.LastCheckpoint())
}

// save writes a checkpoint once the series it vouches for is on disk.
func (r *runner) save(path string) error {
	length, err := r.recorder.sync()
	if err != nil {
		return err
	}
	c := checkpoint{state: r.trainer.State(), seriesBytes: length, about: r.about()}
	return wholefile.Write(path, c.write)
}

// about describes the model in a checkpoint's metadata.
func (r *runner) about() map[string]string {
	flat := config.Flatten(r.config)
	about := map[string]string{"liptrack.config_hash": config.Hash(r.config)}
	for _, key := range []string{"model.hidden", "model.activation", "model.slope", "model.output", "data.name", "train.loss", "seed"} {
		about["liptrack."+key] = flat[key]
	}
	return about
}
