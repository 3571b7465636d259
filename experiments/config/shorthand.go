package config

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/trainer"
)

// expandShorthands adds to a layer what its shorthands stand for, and takes them out:
//
//   - model.name, a name of the paper's code, sets the keys of model that it implies;
//   - data.name, if one of the paper's, sets data.name and data.train_size;
//   - train.schedule, if a name, sets that schedule with every other key of it at its default.
//
// Of two alternatives it sets the one that the layer does not use to its default, so that the
// later layer decides between them. A key that the layer itself sets otherwise is a
// contradiction.
func (r *reader) expandShorthands(l layer) {
	replace := func(key string, implied func(name string) map[string]any) {
		if s, ok := l[key]; ok {
			r.imply(l, key, implied(s.value.(string)))
			delete(l, key)
		}
	}

	replace("model.name", r.impliedByModel)
	replace("train.schedule", r.plainSchedule)
	if s, ok := l["data.name"]; ok {
		size, ok := paperTrainSize[s.value.(string)]
		if ok {
			r.imply(l, "data.name", map[string]any{"data.train_size": size})
			s.value = "mnist1d"
			l["data.name"] = s
		}
	}

	// Layers and hidden widths describe the same thing: whichever this layer sets wins over what
	// earlier layers set of the other.
	if _, ok := l["model.layers"]; ok {
		r.choose(l, "model.layers", map[string]any{"model.hidden": []int{}})
	} else if _, ok := l["model.hidden"]; ok {
		r.imply(l, "model.hidden", r.defaults("model.layers"))
	}

	r.choose(l, "track.schedule.log", r.defaults("track.schedule.every", "track.schedule.first"))
	r.choose(l, "train.schedule.warmup.updates", r.defaults("train.schedule.warmup.epochs"))
}

// choose settles a layer that sets one of two alternatives: the key one, used unless it is at
// its default, or the keys of the other, which do nothing at the given values.
func (r *reader) choose(l layer, one string, other map[string]any) {
	if s, ok := l[one]; ok && !r.keys.Lookup(one).IsDefault(s.value) {
		r.imply(l, one, other)
		return
	}
	for path := range other {
		if _, ok := l[path]; ok {
			r.imply(l, path, r.defaults(one))
		}
	}
}

func (r *reader) defaults(paths ...string) map[string]any {
	defaults := map[string]any{}
	for _, path := range paths {
		defaults[path] = r.keys.Lookup(path).Default()
	}
	return defaults
}

// imply sets keys as the shorthand by does.
func (r *reader) imply(l layer, by string, keys map[string]any) {
	for path, value := range keys {
		s, given := l[path]
		// The same value twice is no contradiction.
		if given && !r.keys.Lookup(path).Equal(s.value, value) {
			r.report(
				path,
				s.from,
				"%s contradicts %s: %s; keep one of the two",
				s.text,
				by,
				l[by].text,
			)
			continue
		}

		l[path] = setting{
			value: value,
			text:  l[by].text,
			from:  l[by].from,
		}
	}
}

// addShorthands adds the keys that stand for others.
func addShorthands(s *settings.Set) {
	s.Lookup("data.name").AlsoReads(slices.Sorted(maps.Keys(paperTrainSize))...)

	paperModel := settings.Matching(
		"name of the form [Bias_][LeakyOutput_]FF_ReLU_width1_width2…",
		paperModelForm,
	)
	settings.Shorthand(
		s,
		"model.name",
		paperModel,
		"model.",
		"the paper's name; stands for the keys that it implies",
	)
	settings.Shorthand(
		s,
		"train.schedule",
		settings.OneOf(trainer.ScheduleNames()...),
		"train.schedule.",
		"learning-rate schedule by name alone",
	)
}

// paperTrainSize are the numbers of training points that the paper's names of MNIST-1D and its
// subsets stand for; 0 is all.
var paperTrainSize = map[string]int{
	"MNIST1D":      0,
	"smallMNIST1D": 1000,
	"tinyMNIST1D":  500,
	"miniMNIST1D":  100,
}

// paperModelForm is how the paper's code names a multilayer perceptron.
var paperModelForm = regexp.MustCompile(`^(Bias_)?(LeakyOutput_)?FF_ReLU((?:_[1-9][0-9]{0,8})+)$`)

// impliedByModel returns the keys that a name of paperModelForm sets. Every layer of these models
// is followed by an activation, the last one too.
func (r *reader) impliedByModel(name string) map[string]any {
	m := paperModelForm.FindStringSubmatch(name)
	hidden := []int{}
	for _, width := range strings.Split(m[3], "_")[1:] {
		w, _ := strconv.Atoi(width) // the form leaves at most nine digits
		hidden = append(hidden, w)
	}

	keys := map[string]any{
		"model.hidden": hidden, "model.bias": m[1] != "",
		"model.activation": network.ReLU, "model.output": network.ReLU,
	}

	// LeakyOutput names only the output's activation; its slope is the key's default.
	if m[2] != "" {
		slope := r.keys.Lookup("model.slope").Default()
		keys["model.output"], keys["model.slope"] = network.LeakyReLU(slope.(float64)), slope
	}

	return keys
}

// plainSchedule sets every key of the learning-rate schedule but its name to the default.
func (r *reader) plainSchedule(name string) map[string]any {
	keys := map[string]any{}
	for _, row := range r.keys.All() {
		if strings.HasPrefix(row.Key, "train.schedule.") {
			keys[row.Key] = row.Default()
		}
	}
	index := slices.Index(trainer.ScheduleNames(), name) // one of the names offered
	keys["train.schedule.name"] = trainer.ScheduleKind(index)
	return keys
}
