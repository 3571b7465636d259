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

// External is a training by another program that is tracked through its checkpoints.
type External struct {
	// Config describes what is measured and on which data; of its training settings, only those
	// that define the loss count.
	Config *config.Config
	// Seeded means that Config has the seed of that training.
	Seeded bool
	// Checkpoints describes where the checkpoints are.
	Checkpoints external.Options
	// Classes are the names of the network's classes in output order; nil if the labels or the
	// checkpoints give them.
	Classes []string
	// Scale returns the scale of the network's inputs, given the names of the features (nil if they
	// have none) and their number. It is nil if the checkpoints or Config.Data.Preparation give the
	// scale, or if the inputs are not scaled.
	Scale func(features []string, count int) (*dataset.Scale, error)
	// Overwrite begins anew, regardless of earlier results.
	Overwrite bool
	// Observe is called after every checkpoint, with Epochs 0; nil for nobody.
	Observe func(Progress)
}

// externalKeys are the sections and keys of a configuration that have a meaning for a training by
// another program.
var externalKeys = []string{
	"name", "description", "seed", "data.", "track.", "train.loss", "train.temperature", "train.batch_size",
}

// CheckExternalKey returns an error for keys that describe how liptrack trains.
func CheckExternalKey(key string) error {
	for _, known := range externalKeys {
		if key == known || strings.HasPrefix(key, known) || key+"." == known {
			return nil
		}
	}
	return fmt.Errorf(
		"%s: describes how liptrack trains, but another program runs this training; the keys are %s",
		key,
		strings.Join(externalKeys, ", "),
	)
}

// externalRun is such a training while it is tracked.
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

// TrackExternal tracks the checkpoints of a training by another program into an ordinary run folder
// in the store. It writes the results of every checkpoint to disk before it reads the next one, so
// that the same call continues after any interruption, with any checkpoints that were saved since.
// The end of ctx is no error.
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

// describe loads the data for the network of a checkpoint, names the run, and determines what is
// measured.
func (r *externalRun) describe(first *external.Checkpoint) error {
	r.layers, r.isDense = sizesOf(first.Net), first.Net.IsDense()
	r.noteSeveralLabels(first)
	c := *r.Config
	r.Config = &c

	err := r.loadData(first)
	if err != nil {
		return err
	}

	// The network's form is part of the configuration that is hashed and displayed, although no key
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

// identity returns a hash of everything that determines the series, except the contents of the
// checkpoints.
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

// sizesOf returns the number of inputs and the number of outputs of every layer.
func sizesOf(net *network.Network) []int {
	sizes := []int{net.In()}
	for _, l := range net.Layers {
		sizes = append(sizes, l.Out())
	}
	return sizes
}

// tells reports whether a key of the configuration is known for this training.
func (r *externalRun) tells(key string) bool {
	ofNetwork := []string{"model.hidden", "model.activation", "model.output", "model.bias"}
	return slices.Contains(ofNetwork, key) ||
		CheckExternalKey(key) == nil && (key != "seed" || r.Seeded)
}

// header describes the origin of the series, as far as it is known for a training by another
// program.
func (r *externalRun) header() series.Header {
	flat := config.Flatten(r.Config)
	maps.DeleteFunc(flat, func(key, _ string) bool { return !r.tells(key) })

	// For layers other than dense ones, sizes and biases do not describe the network.
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
