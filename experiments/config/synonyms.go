package config

import (
	"slices"
	"strings"

	"github.com/liptrack/liptrack/internal/suggest"
)

// synonyms lists, by key, the names of settings in other programs, without underscores and hyphens.
var synonyms = map[string][]string{
	"stop.epochs": {
		"epoch", "epochs", "numepochs", "nepochs", "maxepochs", "iterations", "steps", "maxsteps",
	},
	"train.optimizer.lr":           {"lr", "learningrate", "stepsize", "eta"},
	"train.optimizer.name":         {"optimizer", "optimiser", "optim"},
	"train.optimizer.momentum":     {"momentum"},
	"train.optimizer.weight_decay": {"weightdecay", "l2", "wd"},
	"train.schedule.name":          {"scheduler", "lrscheduler"},
	"train.batch_size":             {"batch", "batchsize", "bs", "minibatch"},
	"train.clip":                   {"gradclip", "clipnorm"},
	"train.precision":              {"dtype"},
	"train.loss":                   {"criterion", "lossfunction", "objective"},
	"model.hidden": {
		"hidden", "width", "widths", "hiddensize", "hiddensizes", "hiddenunits", "hiddenlayers",
		"units", "neurons", "depth",
	},
	"model.layers":        {"layers"},
	"model.activation":    {"activationfunction", "nonlinearity"},
	"model.dropout":       {"dropout"},
	"data.name":           {"dataset"},
	"data.label_noise":    {"labelnoise", "noise"},
	"data.train_size":     {"samples", "trainsamples", "ntrain"},
	"data.standardize":    {"normalize", "normalise", "standardise"},
	"track.metrics":       {"metrics"},
	"seed":                {"randomseed", "randomstate"},
	"checkpoint.every":    {"checkpointevery"},
	"stop.train_loss":     {"earlystopping"},
	"stop.give_up.epochs": {"patience"},
}

// synonymOf returns the key that corresponds to a name in other programs, or "".
func synonymOf(word string) string {
	word = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(word))
	for key, words := range synonyms {
		if slices.Contains(words, word) {
			return key
		}
	}
	return ""
}

// nearKey returns the key or section that was probably meant by an unknown one, or "". It looks for
// typing errors and for synonyms.
func (r *reader) nearKey(path string, more ...string) string {
	known := slices.Concat(r.paths, more)
	// Look for typing errors first: train.sed means train.seed, not sed as in other programs.
	if near := suggest.Slip(path, known); near != "" {
		return near
	}

	if key := synonymOf(path); key != "" {
		return key
	}

	// "train.epochs" has the wrong section; "track.schedule.evry" has the right one.
	dot := strings.LastIndex(path, ".")
	if dot >= 0 {
		near := suggest.Slip(path[dot+1:], lastParts(known, path[:dot+1]))
		if near != "" {
			return path[:dot+1] + near
		}
	}

	// "train.seed" means plain seed.
	if slices.Contains(known, path[dot+1:]) {
		return path[dot+1:]
	}

	if key := synonymOf(path[dot+1:]); key != "" {
		return key
	}

	return suggest.Nearest(path, known)
}

// lastParts returns the rest of each path that begins with a prefix.
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
