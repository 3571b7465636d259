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

// runner does one run.
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

// execute does a run in its folder from the beginning, from its last checkpoint, or not at all.
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

		// The folder can have become another's at any time until it is closed.
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
	// Nothing of the folder is changed before it is known whose it is and how far it came.
	start := r.decide()
	if start.err != nil || start.skip {
		out.Skipped, out.Status, out.Err = start.skip, start.status, start.err
		return out
	}

	r.history = start.status.History
	out.Status, out.Err = r.run(ctx, start.from)
	return out
}

// decision says where a run starts.
type decision struct {
	from   *checkpoint // nil for the beginning
	skip   bool        // it has ended, as the status says
	status rundir.Status
	err    error
}

// decide looks at what the folder holds and decides where to start.
func (r *runner) decide() decision {
	status, begun, err := r.folder.Status()
	switch {
	// Without a status the run has not begun, whatever a kill between two writes left here.
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

	// A run that ended is skipped, but its series must still be there whole, or reports would miss
	// it in silence.
	if status.Ended() && !r.options.doesAgain(status) {
		return decision{
			skip:   true,
			status: status,
			err:    r.folder.CheckSeries(status),
		}
	}

	// Going on from the last checkpoint, a run that diverged would diverge again.
	if status.State == rundir.Diverged {
		return decision{err: r.folder.Clear()}
	}

	c, err := readCheckpoint(r.folder.LastCheckpoint())
	// It stopped before there was one.
	if errors.Is(err, fs.ErrNotExist) {
		return decision{err: r.folder.Clear()}
	}

	return decision{from: &c, status: status, err: err}
}

// run trains from the checkpoint, or from the beginning, and leaves the outcome in the folder. A
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
			r.data = nil // nobody knows what state they are in
			status, err = r.fail(status, caught)
		}
	}()

	// An interrupt while waiting for memory leaves the folder as it was.
	release, err := r.enter(ctx)
	if err != nil && ctx.Err() != nil {
		return rundir.Status{State: rundir.Cancelled}, nil
	}

	if err != nil {
		return r.fail(status, err)
	}

	defer release()
	if err := r.prepare(from); err != nil {
		// What was computed can go on elsewhere.
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
	// Numbers that are not finite would resume into nonsense, so that of a network that diverged no
	// checkpoint is kept.
	if err == nil && result.Status != trainer.Diverged {
		err = r.saveEnd()
	}

	// The series is closed before the status says how long it is.
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

// enter loads the data once it is known that memory holds them, and waits until it holds the run.
func (r *runner) enter(ctx context.Context) (release func(), err error) {
	memory := r.pool.memory
	if err := checkSizes(r.Config, demandsOfData(r.Config), memory.total); err != nil {
		return nil, err
	}

	// However many inputs the data turn out to have, there is one.
	if err := checkSizes(r.Config, demandsOfRun(r.Config, leastShape), memory.total); err != nil {
		return nil, err
	}

	loaded := r.pool.data.load(r.Config, r.Dir)
	if loaded.err != nil {
		return nil, loaded.err
	}

	r.data, r.dataSum = loaded.data, loaded.sum()
	demands := demandsOfRun(r.Config, shapeOfDataset(r.data))
	if err := checkSizes(r.Config, demands, memory.total); err != nil {
		return nil, err
	}

	return memory.take(ctx, sumOf(demands))
}

// fail notes an error as the run's status.
func (r *runner) fail(status rundir.Status, err error) (rundir.Status, error) {
	status.State, status.Error, status.Worker = rundir.Failed, err.Error(), nil
	// There is no series yet whose header could say what the run was.
	if r.recorder == nil {
		header := r.header()
		status.Header = &header
	}
	return status, errors.Join(err, r.folder.SetStatus(status))
}

// prepare builds the trainer, the tracker and the recorder, at the checkpoint if there is one.
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

	// Recording comes first: a checkpoint vouches for the series of its epoch.
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

// ErrOtherData is the error of a run that would go on with other data than it began with.
var ErrOtherData = errors.New("the data here are not those that the run began with")

// position puts the trainer where the checkpoint is, or begins the run.
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
			"%w: their SHA-256 was %.12s…, and is %.12s…: bring them back, or --overwrite begins the run anew",
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

// header says where the numbers of the series come from.
func (r *runner) header() series.Header {
	flat := config.Flatten(r.Config)
	// Nil for a run that fails for want of them.
	if r.data != nil {
		describeData(flat, r.data)
		flat["model.parameters"] = countOfWeights(r.Config, r.data)
	}

	h := newHeader(r.Config, r.Name, r.ID, flat)
	h.Seed = r.Config.Train.Seed
	return h
}

// newHeader says where numbers come from that are measured by this process; flat is what is told of
// the configuration.
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

// shapes returns those of the run's layers, nil where all are dense.
func (r *runner) shapes() []string {
	if r.Config.Train.LayersText() == "" {
		return nil
	}

	data := shapeOfDataset(r.data)
	shapes, err := r.Config.Train.Shapes(data.point, data.outputs)
	if err != nil {
		// The trainer has taken these layers, so there is no error.
		return nil
	}

	return shapes
}

// countOfWeights writes how many weights and biases a model has on data.
func countOfWeights(c *config.Config, d *dataset.Dataset) string {
	return strconv.Itoa(int(weightsOf(c.Train, shapeOfDataset(d))))
}

// sameOrigin checks that a series, as far as the checkpoint goes with it, was begun by this program
// on this BLAS: otherwise it could not go on as if never interrupted.
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

// onEpoch saves what is due and reports progress.
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

	// A checkpoint of a large network takes long to write, so the rolling one goes by the clock and
	// not by epochs.
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

// keeps says whether an epoch's checkpoint is kept; the last one's is, too.
func (r *runner) keeps(epoch int) bool {
	every := r.Config.Checkpoint.Every
	return epoch == 0 || every > 0 && epoch%every == 0
}

// report tells the observer how far the run has come, and how far a measurement in it.
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

// saveEnd leaves the rolling checkpoint of a run that stops here. One that came to its last epoch
// has the same bytes under another name already.
func (r *runner) saveEnd() error {
	if r.final != "" {
		return wholefile.Link(r.final, r.folder.LastCheckpoint())
	}
	return r.saveLast()
}

// save writes a checkpoint once the series it vouches for is on disk.
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

	return wholefile.Write(path, c.write)
}

// aboutData returns what a checkpoint says of the data.
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

// noteData writes what is known of the data into the folder of a run, if anything is.
func noteData(folder *rundir.Folder, d *dataset.Dataset) error {
	about := aboutData(d)
	if about.IsEmpty() {
		return nil
	}
	return folder.WriteData(about.String())
}

// about describes the model in a checkpoint's metadata.
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
