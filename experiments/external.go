package experiments

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/external"
	"github.com/liptrack/liptrack/experiments/rundir"
	"github.com/liptrack/liptrack/internal/linalg"
	"github.com/liptrack/liptrack/internal/wholefile"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// External is a training that liptrack did not run, to be tracked by its checkpoints.
type External struct {
	// Config says what is measured and on which data; what it says of training counts as far as it
	// defines the loss.
	Config *config.Config
	// Seeded says that Config has the seed of that training.
	Seeded bool
	// Checkpoints says where the training's checkpoints are.
	Checkpoints external.Options
	// Classes are the names of the network's classes, in its order; nil where the labels or the
	// checkpoints say them.
	Classes []string
	// Scale returns how the network's inputs are scaled, given the names of the features, nil if
	// they have none, and their number. It is nil where the checkpoints or Config.Data.Preparation
	// say it, or they are not scaled.
	Scale func(features []string, count int) (*dataset.Scale, error)
	// Overwrite begins anew, whatever an earlier process left.
	Overwrite bool
	// Observe is told of every checkpoint; nil for nobody. Its Epochs are 0.
	Observe func(Progress)
}

// externalKeys are the sections and keys of a configuration that mean something for a training that
// liptrack does not run.
var externalKeys = []string{
	"name", "description", "seed", "data.", "track.", "train.loss", "train.temperature", "train.batch_size",
}

// CheckExternalKey refuses keys that say how liptrack trains.
func CheckExternalKey(key string) error {
	for _, known := range externalKeys {
		if key == known || strings.HasPrefix(key, known) || key+"." == known {
			return nil
		}
	}
	return fmt.Errorf(
		"%s: says how liptrack trains, and this training is another program's; keys are those of %s",
		key,
		strings.Join(externalKeys, ", "),
	)
}

// externalRun is one such training under way.
type externalRun struct {
	External
	feed  *external.Feed
	run   config.Run
	store Local

	single   *network.Network // the first network, if it has one output and is a classifier
	data     *dataset.Dataset
	layers   []int // sizes: the inputs and the outputs of every layer
	isDense  bool
	measured measured
	folder   *rundir.Folder
	recorder *recorder
}

// TrackExternal tracks the checkpoints of a training that liptrack did not run, into an ordinary
// run folder in the store. Every checkpoint is on disk before the next one is read, so whatever
// ends the process, the same call goes on. The training may go on, and have more checkpoints by
// then. The end of ctx is no error.
func TrackExternal(ctx context.Context, x External, store Local) (out Outcome, err error) {
	r := &externalRun{External: x, store: store}
	if measures(x.Config, updatesMetric) {
		return out, fmt.Errorf(
			"track.metrics: %s follows every update of a training, which checkpoints do not show",
			updatesMetric,
		)
	}

	x.Checkpoints.Model.Build = buildLayers
	r.feed, err = external.NewFeed(x.Checkpoints)
	if err != nil {
		return out, err
	}

	first, err := r.next(ctx, -1)
	if err != nil {
		return out, err
	}

	err = r.describe(first)
	if err != nil {
		return out, err
	}

	r.folder, err = rundir.Open(store.Folder(r.run).Path)
	if err != nil {
		return out, err
	}

	defer func() { err = errors.Join(err, r.folder.Close()) }()

	out = Outcome{Run: r.run, Folder: r.folder}
	out.Status, err = r.track(ctx, first)

	return out, err
}

// asRegression is the way out for a network with one output that is no classifier.
const asRegression = "if it is a regression, say data.task=regression train.loss=mse"

// next returns the next checkpoint as the feed does. A classifier with one output is tracked as one
// of two classes, whose first output is always 0.
func (r *externalRun) next(ctx context.Context, after int) (*external.Checkpoint, error) {
	c, err := r.feed.Next(ctx, after)
	if err != nil || c.Net.Out() > 1 || r.Config.Data.Options.Regression {
		return c, err
	}

	last := c.Net.Layers[len(c.Net.Layers)-1]
	if !c.Net.IsDense() || !c.Net.EndsInLogit() {
		return nil, fmt.Errorf(
			"the network of %s has one output, which is no logit: %v follows a layer there; %s",
			c.Path,
			last.Activation,
			asRegression,
		)
	}

	if r.single == nil && r.Checkpoints.Note != nil {
		r.Checkpoints.Note("the network has one output: it is taken as the logit of the second of two classes, " +
			"beside one that is always 0; " + asRegression)
	}

	r.single, c.Net = c.Net, c.Net.AgainstZero()

	return c, nil
}

// noteSeveralLabels tells those whose network says of each class whether it holds that its loss is
// another one.
func (r *externalRun) noteSeveralLabels(first *external.Checkpoint) {
	last := first.Net.Layers[len(first.Net.Layers)-1]
	asksNobody := r.Checkpoints.Note == nil || r.Config.Data.Options.Regression || !first.Info.Data.IsEmpty()
	if asksNobody || last.Activation.Name() != "sigmoid" {
		return
	}

	r.Checkpoints.Note("the network ends in sigmoids, and its points are taken to have one label each; " +
		"if they have several (multilabel), say data.task=regression train.loss=mse and data.targets=…")
}

// describe loads the data for the network of a checkpoint, names the run, and says what it
// measures.
func (r *externalRun) describe(first *external.Checkpoint) error {
	r.layers, r.isDense = sizesOf(first.Net), first.Net.IsDense()
	r.noteSeveralLabels(first)
	c := *r.Config
	r.Config = &c

	err := r.loadData(first)
	if err != nil {
		return err
	}

	// The network's form is part of the configuration that is hashed and shown, although no key
	// sets it here.
	c.Train.Hidden = slices.Clone(r.layers[1 : len(r.layers)-1])
	c.Train.Bias = first.Net.Layers[0].Bias != nil
	c.Train.Activation = first.Net.Layers[0].Activation
	c.Train.Output = first.Net.Layers[len(first.Net.Layers)-1].Activation
	if len(first.Net.Layers) == 1 {
		c.Train.Activation = network.Activation{}
	}

	err = checkSizes(&c, demandsOfNetwork(&c, first.Net), availableMemory())
	if err != nil {
		return err
	}

	// The same files tracked with the same settings get the same folder.
	id, err := r.identity()
	if err != nil {
		return err
	}

	r.run = config.Run{ID: id, Name: config.Architecture(c.Train) + "-" + id, Config: &c}
	r.measured.points, err = probes(&c, r.data, 0)
	if err != nil {
		return err
	}

	r.measured.metrics, r.measured.known, err = metrics(&c, r.data)

	return err
}

// identity returns a hash of what decides the series, but for what the checkpoints hold.
func (r *externalRun) identity() (string, error) {
	var paths []string
	for _, path := range r.Checkpoints.Paths {
		whole, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		paths = append(paths, whole)
	}

	decides := []any{
		config.Hash(r.Config), paths, r.Checkpoints.Epoch, r.Checkpoints.Every, r.Checkpoints.Model,
		r.Classes, r.data.Scale,
	}
	if r.data.TargetScale != nil {
		decides = append(decides, r.data.TargetScale)
	}

	text, err := json.Marshal(decides)

	return fmt.Sprintf("%x", sha256.Sum256(text))[:12], err
}

// sizesOf lists the number of inputs and that of the outputs of every layer.
func sizesOf(net *network.Network) []int {
	sizes := []int{net.In()}
	for _, l := range net.Layers {
		sizes = append(sizes, l.Out())
	}
	return sizes
}

// loadData loads the points, with labels as the network numbers them and scaled as it takes them.
func (r *externalRun) loadData(first *external.Checkpoint) error {
	about := first.Info.Data
	regresses := r.Config.Data.Options.Regression
	if regresses && r.Classes != nil {
		return errors.New("--classes: data.task is regression, which has none")
	}

	if r.Classes == nil {
		r.Classes = about.Classes
	}

	source := r.Config.Data
	source.Options.Outputs = &dataset.Outputs{Classes: first.Net.Out(), Names: r.Classes}

	var err error
	r.data, err = source.Load()
	if err != nil && r.single != nil {
		return fmt.Errorf("%w; of a network with one output, classes are two; %s", err, asRegression)
	}
	if err != nil {
		return err
	}

	if in := first.Net.In(); r.data.Train.Dim() != in {
		return fmt.Errorf(
			"the data have %d features, and the network of %s takes %d: data.columns chooses among them",
			r.data.Train.Dim(),
			first.Path,
			in,
		)
	}

	err = about.CheckFeatures(r.data.Features)
	if err == nil && regresses && about.TargetMean != nil {
		err = r.data.ScaleTargetsBy(&dataset.Scale{Mean: about.TargetMean, Std: about.TargetStd})
	}

	if err != nil {
		return err
	}

	switch {
	// One source of scaling only: the command line's, the checkpoint's own, or data.standardize.
	case r.Scale != nil && r.data.Scale != nil:
		return errors.New(
			"data.standardize: true, but there is another scale for the inputs: keep one of the two",
		)
	case r.Scale != nil:
		scale, err := r.Scale(r.data.Features, r.data.Train.Dim())
		if err != nil {
			return err
		}
		return r.data.ScaleBy(scale)
	case about.Mean != nil && r.data.Scale == nil:
		return r.data.ScaleBy(&dataset.Scale{Mean: about.Mean, Std: about.Std})
	default:
		return nil
	}
}

// track goes on after the last checkpoint that the folder has.
func (r *externalRun) track(
	ctx context.Context,
	first *external.Checkpoint,
) (status rundir.Status, err error) {
	if r.Overwrite {
		err = r.folder.Clear()
		if err != nil {
			return status, err
		}
	}

	// What is on disk decides where to go on, not what a former process meant to do.
	last, done, err := r.folder.LastTracked()
	if err != nil {
		return status, err
	}

	err = r.open(last, done)
	if err != nil {
		return status, err
	}

	begun := time.Now()
	status = rundir.Status{
		State:      rundir.Running,
		ConfigHash: r.run.ID,
		Worker:     rundir.ThisWorker(begun),
		Epochs:     last.Epoch,
		Steps:      last.Step,
	}

	err = r.folder.SetStatus(status)
	if err == nil {
		err = r.trackFrom(ctx, first, &status, done)
	}

	return r.close(status, err)
}

// close notes how it ended.
func (r *externalRun) close(status rundir.Status, err error) (rundir.Status, error) {
	// The recorder is closed whatever happened, so that the series on disk is whole.
	length, closing := r.recorder.close()
	err = errors.Join(err, closing)

	status.State = rundir.Completed
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		status.State, err = rundir.Cancelled, nil
	case err != nil:
		status.State, status.Error = rundir.Failed, err.Error()
	}

	status.TrainSeconds, status.TrackSeconds = r.recorder.clock.train.Seconds(), r.recorder.clock.track.Seconds()
	status.SeriesBytes, status.Worker = length, nil

	return status, errors.Join(err, r.folder.SetStatus(status))
}

// open opens the series where the last of the checkpoints done left it.
func (r *externalRun) open(last rundir.Tracked, done int) error {
	// What stands in the series behind the last line of the record was cut short by a kill.
	header := r.header()
	var from *checkpoint
	err := noteData(r.folder, r.data)
	if err != nil {
		return err
	}

	// A folder with checkpoints done goes on from the last; its header must be the same.
	if done > 0 {
		from = &checkpoint{seriesBytes: last.SeriesBytes, seriesSum: last.SeriesSum}
		err = sameOrigin(r.folder.Series(), last.SeriesBytes, header)
	} else {
		err = wholefile.WriteBytes(r.folder.Config(), config.MarshalOnly(r.Config, r.tells))
	}

	if err != nil {
		return err
	}

	r.recorder, err = newRecorder(r.folder, header, from, r.measured)

	return err
}

// tells says whether the configuration knows a key of this training.
func (r *externalRun) tells(key string) bool {
	ofNetwork := []string{"model.hidden", "model.activation", "model.output", "model.bias"}
	return slices.Contains(ofNetwork, key) ||
		CheckExternalKey(key) == nil && (key != "seed" || r.Seeded)
}

// header says where the numbers of the series come from, as far as it is known of a training that
// liptrack did not run.
func (r *externalRun) header() series.Header {
	flat := config.Flatten(r.Config)
	maps.DeleteFunc(flat, func(key, _ string) bool { return !r.tells(key) })

	// Of other layers than dense ones, sizes and biases say too little.
	if r.isDense {
		count := parameters(r.Config.Train, shapeOfDataset(r.data))
		if r.single != nil {
			count = r.single.Parameters()
		}
		flat["model.parameters"] = strconv.Itoa(count)
	} else {
		delete(flat, "model.hidden")
		delete(flat, "model.bias")
	}

	flat["data.points"] = strconv.Itoa(r.data.Train.Len())
	flat["data.dim"] = strconv.Itoa(r.data.Train.Dim())
	describeOutputs(flat, r.data)

	h := series.Header{
		Format: series.Format, Experiment: r.Config.Name, Run: r.run.Name, ConfigHash: r.run.ID, Config: flat,
		Versions: Versions(), BLAS: linalg.BLAS().String(),
	}

	if r.Seeded {
		h.Seed = r.Config.Train.Seed
	}

	return h
}

// trackFrom tracks one checkpoint after the other, beginning with one that may be done already.
func (r *externalRun) trackFrom(
	ctx context.Context,
	c *external.Checkpoint,
	status *rundir.Status,
	done int,
) error {
	var err error
	if done > 0 && c.Epoch <= status.Epochs {
		c, err = r.next(ctx, status.Epochs)
	}

	for err == nil {
		err = r.checkShape(c)
		if err != nil {
			return err
		}

		// Whether one is the last can be known of a training that is over.
		var next *external.Checkpoint
		isLast := r.Checkpoints.Last != nil && c.Epoch == *r.Checkpoints.Last
		if !r.Checkpoints.Follow {
			next, err = r.next(ctx, c.Epoch)
			isLast = errors.Is(err, io.EOF)
		}

		if err != nil && !isLast {
			return err
		}

		err = r.record(ctx, c, isLast, status)
		if err != nil {
			return err
		}

		if next == nil {
			next, err = r.next(ctx, c.Epoch)
		}

		c = next
	}

	if errors.Is(err, io.EOF) {
		return nil
	}

	return err
}

// checkShape refuses a network that is not of the run's sizes.
func (r *externalRun) checkShape(c *external.Checkpoint) error {
	sizes := sizesOf(c.Net)
	if slices.Equal(sizes, r.layers) {
		return nil
	}
	return fmt.Errorf(
		"the network of %s has the sizes %s, those before it %s: the checkpoints of one training "+
			"have one shape; a pattern takes some of the files, as in --epoch 'mlp_{epoch}.pt'",
		c.Path, sizesText(sizes), sizesText(r.layers),
	)
}

// sizesText shows sizes, as 784-256-10.
func sizesText(sizes []int) string {
	words := make([]string, len(sizes))
	for i, n := range sizes {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, "-")
}

// record measures a checkpoint and puts it on disk.
func (r *externalRun) record(
	ctx context.Context,
	c *external.Checkpoint,
	last bool,
	status *rundir.Status,
) error {
	m := moment{
		epoch:   c.Epoch,
		step:    c.Step,
		last:    last,
		network: func() *network.Network { return c.Net },
	}
	if isDue(r.measured.known.training, c.Epoch, last) {
		m.known = r.evaluate(c.Net)
	}

	err := r.recorder.record(ctx, m)
	if err != nil {
		return err
	}

	// The training may delete its checkpoint at any time, so it is not measured again.
	length, sum, err := r.recorder.sync()
	if err != nil {
		return err
	}

	status.Epochs, status.Steps = c.Epoch, c.Step
	if r.Observe != nil {
		r.Observe(Progress{Run: r.run.Name, Epoch: c.Epoch, Latest: r.recorder.latest})
	}

	return r.folder.AddTracked(rundir.Tracked{
		Epoch: c.Epoch, Step: c.Step, File: c.Path, SeriesBytes: length, SeriesSum: sum,
	})
}
