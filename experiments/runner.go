package experiments

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/input"
	"github.com/liptrack/liptrack/internal/modelfile"
	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// runner executes one run.
type runner struct {
	config.Run
	pool    *pool
	place   Workspace
	folder  *rundir.Folder
	options Options
	data    *dataset.Dataset
	dataSum string // of the data
	begun   time.Time
	history []string // of its status

	trainer  *trainer.Trainer
	recorder *recorder
	saved    time.Time // when the rolling checkpoint was last written
	final    string    // the kept checkpoint of the last epoch; empty before that
}

// execute does a run in its folder from the beginning or from its last checkpoint, or skips it.
func (p *pool) execute(ctx context.Context, run config.Run, o Options) (out Outcome) {
	out.Run = run
	place, err := p.store.Open(ctx, run)
	if errors.Is(err, rundir.ErrBusy) {
		out.Busy = true
		return out
	}

	if err != nil {
		out.Err = err
		return out
	}

	defer func() {
		out.Err = errors.Join(out.Err, place.Close())

		// Another process may take over the folder at any time until it is closed.
		if errors.Is(out.Err, rundir.ErrBusy) {
			out = Outcome{Run: run, Busy: true, Taken: true}
		}
	}()

	r := &runner{
		Run:     run,
		pool:    p,
		place:   place,
		folder:  place.Folder(),
		options: o,
		begun:   time.Now(),
	}

	out.Folder = r.folder
	// Change nothing in the folder before it is clear whose it is and how far the run came.
	start := r.decideStart()
	if start.err != nil || start.skip {
		out.Skipped, out.Status, out.Err = start.skip, start.status, start.err
		return out
	}

	r.history = start.status.History
	out.Status, out.Err = r.run(ctx, start.from)
	return out
}

// decision describes where a run starts.
type decision struct {
	from   *checkpoint // nil for the beginning
	skip   bool        // the run has already ended
	status rundir.Status
	err    error
}

// decideStart inspects the folder and decides where to start.
func (r *runner) decideStart() decision {
	status, begun, err := r.folder.Status()
	switch {
	// Without a status the run has not begun, whatever files an interrupted process left here.
	case r.options.Overwrite || err == nil && !begun:
		return decision{err: r.folder.Clear()}
	case err != nil:
		return decision{status: status, err: err}
	}

	if status.ConfigHash != r.ID {
		err := fmt.Errorf(
			"run folder %s holds a run of another configuration (hash %s, this one has %s): "+
				"change name, or --overwrite to begin anew",
			r.folder.Path,
			status.ConfigHash,
			r.ID,
		)
		return decision{status: status, err: err}
	}

	// A finished run is skipped, but its series must still be complete, or reports would silently
	// miss it.
	if status.Ended() && !r.options.doesAgain(status) {
		return decision{
			skip:   true,
			status: status,
			err:    r.folder.CheckSeries(status),
		}
	}

	// A diverged run would diverge again if it continued from its last checkpoint.
	if status.State == rundir.Diverged {
		return decision{err: r.folder.Clear()}
	}

	c, err := readCheckpoint(r.folder.LastCheckpoint())
	// The run stopped before its first checkpoint.
	if errors.Is(err, fs.ErrNotExist) {
		return decision{err: r.folder.Clear()}
	}

	return decision{from: &c, status: status, err: err}
}

// run trains from the checkpoint or from the beginning, and records the outcome in the folder. A
// panic is a failure of this run.
func (r *runner) run(ctx context.Context, from *checkpoint) (status rundir.Status, err error) {
	status = rundir.Status{
		State:      rundir.Running,
		ConfigHash: r.ID,
		Worker:     rundir.ThisWorker(r.begun),
		History:    r.history,
		Changed:    r.Changed,
	}

	defer func() {
		caught := panics.From(recover())
		if caught != nil {
			r.data = nil // their state is unknown
			status, err = r.fail(status, caught)
		}
	}()

	// An interrupt while waiting for memory leaves the folder unchanged.
	release, err := r.enter(ctx)
	if err != nil && ctx.Err() != nil {
		return rundir.Status{State: rundir.Cancelled}, nil
	}

	if err != nil {
		return r.fail(status, err)
	}

	defer release()
	if err := r.prepare(from); err != nil {
		// The results so far can be resumed on another machine.
		if from != nil {
			return status, err
		}

		return r.fail(status, err)
	}

	status.Shapes = r.shapes()
	if err := r.folder.SetStatus(status); err != nil {
		return status, err
	}

	result, err := r.trainer.Run(ctx)
	status.TrainSeconds = r.recorder.clock.train.Seconds()
	status.TrackSeconds = r.recorder.clock.track.Seconds()
	status.Epochs, status.Steps = result.Epochs, result.Steps
	// A diverged network gets no checkpoint: resuming from values that are not finite would give
	// nonsense.
	if err == nil && result.Status != trainer.Diverged {
		err = r.saveEnd()
	}

	// Close the series before the status records its length.
	length, closing := r.recorder.close()
	if err == nil {
		err = closing
	}

	if err != nil {
		return r.fail(status, err)
	}

	status.State, status.SeriesBytes, status.Worker = rundir.State(result.Status), length, nil

	return status, errors.Join(r.folder.SetStatus(status), r.place.Saved(ctx))
}

// enter loads the data once it is clear that they fit into memory, then waits until there is memory
// for the run.
func (r *runner) enter(ctx context.Context) (release func(), err error) {
	memory := r.pool.memory
	if err := checkSizes(r.Config, demandsOfData(r.Config), memory.total); err != nil {
		return nil, err
	}

	// The number of inputs is not known yet, but there is at least one.
	if err := checkSizes(r.Config, demandsOfRun(r.Config, leastShape), memory.total); err != nil {
		return nil, err
	}

	loaded := r.pool.data.loadEntry(r.Config, r.Dir)
	if loaded.err != nil {
		return nil, loaded.err
	}

	r.data, r.dataSum = loaded.data, loaded.sum()
	demands := demandsOfRun(r.Config, shapeOfDataset(r.data))
	if err := checkSizes(r.Config, demands, memory.total); err != nil {
		return nil, err
	}

	return memory.takeMemory(ctx, sumOf(demands))
}

// fail records an error in the run's status.
func (r *runner) fail(status rundir.Status, err error) (rundir.Status, error) {
	status.State, status.Error, status.Worker = rundir.Failed, err.Error(), nil
	// No series with a header describes the run yet.
	if r.recorder == nil {
		header := r.header()
		status.Header = &header
	}
	return status, errors.Join(err, r.folder.SetStatus(status))
}

// prepare builds the trainer, the tracker and the recorder, restored from the checkpoint if there
// is one.
func (r *runner) prepare(from *checkpoint) error {
	var err error
	if r.trainer, err = trainer.New(trainerConfig(r.Config), r.data); err != nil {
		return err
	}

	header := r.header()
	if err := r.position(from, header); err != nil {
		return err
	}

	m, err := newMeasured(r.Config, r.data, r.pool.goroutines)
	if err != nil {
		return err
	}

	m.points.Progress = func(done, total int) {
		r.report(r.recorder.epoch, done, total)
	}
	if r.recorder, err = newRecorder(r.folder, header, from, m); err != nil {
		return err
	}

	// Record first: a checkpoint includes the length and sum of the series at its epoch.
	r.trainer.OnEpoch("recording", r.recorder.onEpoch)
	r.trainer.OnEpoch("checkpoint", r.onEpoch)
	r.trainer.PassOver(
		func(epoch int) bool {
			return !r.recorder.isDueAt(epoch) && !r.keeps(epoch)
		},
	)
	r.saved = time.Now()

	return nil
}

// ErrOtherData is the error for a run that would be resumed with different data.
var ErrOtherData = errors.New("the data differ from those that the run began with")

// position restores the trainer from the checkpoint, or begins the run.
func (r *runner) position(from *checkpoint, header series.Header) error {
	err := noteData(r.folder, r.data)
	if err != nil {
		return err
	}

	if from == nil {
		return wholefile.WriteBytes(r.folder.Config(), config.Marshal(r.Config))
	}

	if from.dataSum != "" && from.dataSum != r.dataSum {
		return fmt.Errorf(
			"%w: their SHA-256 was %.12s…, and is %.12s…: restore them, or --overwrite begins the run anew",
			ErrOtherData, from.dataSum, r.dataSum,
		)
	}

	if err := from.checkProgress(r.trainer.UpdatesPerEpoch(), r.Config.Train.Stop.Epochs); err != nil {
		return damagedCheckpoint(r.folder.LastCheckpoint(), err)
	}

	if err := r.trainer.Restore(from.state); err != nil {
		return damagedCheckpoint(r.folder.LastCheckpoint(), err)
	}

	return sameOrigin(r.folder.Series(), from.seriesBytes, header)
}

// header describes the origin of the series.
func (r *runner) header() series.Header {
	flat := config.Flatten(r.Config)
	// The data are nil if the run fails because they are missing.
	if r.data != nil {
		describeData(flat, r.data)
		flat["model.parameters"] = countOfWeights(r.Config, r.data)
	}

	h := newHeader(r.Config, r.Name, r.ID, flat)
	h.Seed = r.Config.Train.Seed
	return h
}

// newHeader describes numbers that this process measures; flat holds the part of the configuration
// to record.
func newHeader(c *config.Config, run, hash string, flat map[string]string) series.Header {
	return series.Header{
		Format:     series.Format,
		Experiment: c.Name,
		Run:        run,
		ConfigHash: hash,
		Config:     flat,
		Versions:   Versions(),
		BLAS:       Kernels(),
	}
}

// shapes returns the shapes of the run's layers, nil if all are dense.
func (r *runner) shapes() []string {
	if r.Config.Train.LayersText() == "" {
		return nil
	}

	data := shapeOfDataset(r.data)
	shapes, err := r.Config.Train.Shapes(data.point, data.outputs)
	if err != nil {
		// The trainer has accepted these layers, so there is no error.
		return nil
	}

	return shapes
}

// countOfWeights formats the number of weights and biases of a model.
func countOfWeights(c *config.Config, d *dataset.Dataset) string {
	return strconv.Itoa(int(weightsOf(c.Train, shapeOfDataset(d))))
}

// sameOrigin checks that the series up to the checkpoint was begun with the same BLAS. Otherwise
// the resumed run would differ from an uninterrupted one.
func sameOrigin(path string, length int64, want series.Header) error {
	file, err := input.Open(path)
	if err != nil {
		return fmt.Errorf("the series of the run: %w; --overwrite begins it anew", err)
	}

	defer file.Close()

	t, err := series.Read(io.LimitReader(file, length))
	if err != nil {
		return fmt.Errorf("series %s is damaged: %w; --overwrite begins the run anew",
			path, err)
	}

	if t.Header.BLAS != want.BLAS {
		return fmt.Errorf(
			"the run was begun with the BLAS %s, this is %s: resuming would change the series; "+
				"--overwrite to begin anew",
			t.Header.BLAS,
			want.BLAS,
		)
	}

	return nil
}

// onEpoch saves checkpoints that are due and reports progress.
func (r *runner) onEpoch(ctx context.Context, e *trainer.Epoch) error {
	if (e.Last || r.keeps(e.Index)) && !e.Diverged {
		path := r.folder.KeptCheckpoint(e.Index)
		if err := r.save(path); err != nil {
			return err
		}

		if e.Last {
			r.final = path
		}
	}

	// Writing the checkpoint of a large network takes long, so the rolling one is due after some
	// time and not after some epochs.
	due := time.Since(r.saved).Seconds() >= r.Config.Checkpoint.Interval
	if due && !e.Diverged {
		err := errors.Join(r.saveLast(), r.place.Saved(ctx))
		if err != nil {
			return err
		}
	}

	r.report(e.Index, 0, 0)

	return nil
}

// keeps reports whether the checkpoint of an epoch is kept; that of the last epoch always is.
func (r *runner) keeps(epoch int) bool {
	every := r.Config.Checkpoint.Every
	return epoch == 0 || every > 0 && epoch%every == 0
}

// report tells the observer how far the run and the current measurement are.
func (r *runner) report(epoch, measured, toMeasure int) {
	if r.options.Observe != nil {
		r.options.Observe.Progress(Progress{
			Run:       r.Name,
			Epoch:     epoch,
			Epochs:    r.Config.Train.Stop.Epochs,
			Latest:    r.recorder.latest,
			Measured:  measured,
			ToMeasure: toMeasure,
		})
	}
}

// saveLast replaces the rolling checkpoint.
func (r *runner) saveLast() error {
	r.saved = time.Now()
	return r.save(r.folder.LastCheckpoint())
}

// saveEnd writes the rolling checkpoint of a run that stops. If the run came to its last epoch, the
// kept checkpoint already has the same bytes, and a link suffices.
func (r *runner) saveEnd() error {
	if r.final != "" {
		return wholefile.Link(r.final, r.folder.LastCheckpoint())
	}
	return r.saveLast()
}

// save writes a checkpoint after the series up to its epoch is on disk.
func (r *runner) save(path string) error {
	length, sum, err := r.recorder.sync()
	if err != nil {
		return err
	}

	c := checkpoint{
		state:       r.trainer.State(),
		seriesBytes: length,
		seriesSum:   sum,
		dataSum:     r.dataSum,
		about:       r.about(),
	}

	return wholefile.Write(path, c.writeTensors)
}

// aboutData returns the description of the data for checkpoints.
func aboutData(d *dataset.Dataset) modelfile.Data {
	about := modelfile.Data{
		Features: d.Features,
		Classes:  d.ClassNames,
		Label:    d.Label,
		Targets:  d.Targets,
	}
	if d.Scale != nil {
		about.Mean, about.Std = d.Scale.Mean, d.Scale.Std
	}
	if d.TargetScale != nil {
		about.TargetMean, about.TargetStd = d.TargetScale.Mean, d.TargetScale.Std
	}
	return about
}

// noteData writes what is known about the data to the folder of a run, if anything is known.
func noteData(folder *rundir.Folder, d *dataset.Dataset) error {
	about := aboutData(d)
	if about.IsEmpty() {
		return nil
	}
	return folder.WriteData(about.String())
}

// about returns the description of the model for a checkpoint's metadata.
func (r *runner) about() map[string]string {
	flat := config.Flatten(r.Config)
	about := map[string]string{"liptrack.config_hash": r.ID}
	keys := []string{
		"model.hidden", "model.activation", "model.slope", "model.output", "data.name", "train.loss", "seed",
	}

	for _, key := range keys {
		about["liptrack."+key] = flat[key]
	}

	layers := r.Config.Train.LayersText()
	if layers != "" {
		about[modelfile.MetaLayers] = layers
		about[modelfile.MetaBias] = flat["model.bias"]
		about[modelfile.MetaInput] = modelfile.FormatInput(pointShape(r.data))
		about[modelfile.MetaOutputs] = strconv.Itoa(r.data.Outputs())
	}

	data := aboutData(r.data)
	if !data.IsEmpty() {
		about[modelfile.MetaData] = data.String()
	}

	return about
}
