package experiments

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/experiments/external"
	"github.com/liptrack/liptrack/experiments/rundir"
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
	c.Train.Output = first.Net.Last().Activation
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

	r.run = config.Run{
		ID:     id,
		Name:   config.Architecture(c.Train) + "-" + id,
		Config: &c,
	}
	r.measured, err = newMeasured(&c, r.data, 0)

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
		flat["model.parameters"] = countOfWeights(r.Config, r.data)
		if r.single != nil {
			flat["model.parameters"] = strconv.Itoa(r.single.Parameters())
		}
	} else {
		delete(flat, "model.hidden")
		delete(flat, "model.bias")
	}

	describeData(flat, r.data)
	h := newHeader(r.Config, r.run.Name, r.run.ID, flat)
	if r.Seeded {
		h.Seed = r.Config.Train.Seed
	}

	return h
}
