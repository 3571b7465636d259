package config

import (
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/suggest"
)

// synonyms are the names that settings have in other programs, without underscores and hyphens, and
// what they are called here.
var synonyms = map[string]string{
	"epoch": "stop.epochs", "epochs": "stop.epochs", "numepochs": "stop.epochs", "nepochs": "stop.epochs",
	"maxepochs": "stop.epochs", "iterations": "stop.epochs", "steps": "stop.epochs", "maxsteps": "stop.epochs",

	"lr": "train.optimizer.lr", "learningrate": "train.optimizer.lr", "stepsize": "train.optimizer.lr",
	"eta": "train.optimizer.lr", "optimizer": "train.optimizer.name", "optimiser": "train.optimizer.name",
	"optim": "train.optimizer.name", "momentum": "train.optimizer.momentum",
	"weightdecay": "train.optimizer.weight_decay", "l2": "train.optimizer.weight_decay",
	"wd": "train.optimizer.weight_decay", "scheduler": "train.schedule.name", "lrscheduler": "train.schedule.name",

	"batch": "train.batch_size", "batchsize": "train.batch_size", "bs": "train.batch_size",
	"minibatch": "train.batch_size", "gradclip": "train.clip", "clipnorm": "train.clip", "dtype": "train.precision",
	"criterion": "train.loss", "lossfunction": "train.loss", "objective": "train.loss",

	"hidden": "model.hidden", "width": "model.hidden", "widths": "model.hidden", "hiddensize": "model.hidden",
	"hiddensizes": "model.hidden", "hiddenunits": "model.hidden", "hiddenlayers": "model.hidden",
	"units": "model.hidden", "neurons": "model.hidden", "layers": "model.layers", "depth": "model.hidden",
	"activationfunction": "model.activation", "nonlinearity": "model.activation", "dropout": "model.dropout",

	"dataset": "data.name", "labelnoise": "data.label_noise", "noise": "data.label_noise",
	"samples": "data.train_size", "trainsamples": "data.train_size", "ntrain": "data.train_size",
	"normalize": "data.standardize", "normalise": "data.standardize", "standardise": "data.standardize",

	"metrics": "track.metrics", "randomseed": "seed", "randomstate": "seed", "checkpointevery": "checkpoint.every",
	"earlystopping": "stop.train_loss", "patience": "stop.give_up.epochs",
}

// synonymOf returns the key that a word means in other programs, or "".
func synonymOf(word string) string {
	return synonyms[strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(word))]
}

// nearKey returns the key or section that an unknown one probably means, or "": by its meaning, if
// not by a slip of the keyboard.
func (r *reader) nearKey(path string, more ...string) string {
	known := slices.Concat(r.paths, more)
	// A slip is tried first: train.sed means train.seed, and not what sed means elsewhere.
	if near := suggest.Slip(path, known); near != "" {
		return near
	}

	if key := synonymOf(path); key != "" {
		return key
	}

	// "train.epochs" has the wrong section, "track.schedule.evry" the right one.
	dot := strings.LastIndex(path, ".")
	if dot >= 0 {
		near := suggest.Slip(path[dot+1:], lastParts(known, path[:dot+1]))
		if near != "" {
			return path[:dot+1] + near
		}
	}

	// "train.seed" is plain seed.
	if slices.Contains(known, path[dot+1:]) {
		return path[dot+1:]
	}

	if key := synonymOf(path[dot+1:]); key != "" {
		return key
	}

	return suggest.Nearest(path, known)
}

// lastParts returns what follows a prefix in the paths that begin with it.
func lastParts(paths []string, prefix string) []string {
	var parts []string
	for _, path := range paths {
		part, ok := strings.CutPrefix(path, prefix)
		if ok {
			parts = append(parts, part)
		}
	}
	return parts
}
