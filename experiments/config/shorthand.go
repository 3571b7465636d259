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

// expandShorthands replaces the shorthands of a layer by the keys that they stand for:
//
//   - model.name, a name of the paper's code, sets the keys of model that it implies;
//   - data.name, if one of the paper's, sets data.name and data.train_size;
//   - train.schedule, if a name, sets that schedule with every other key of it at its default.
//
// If a layer uses one of two alternatives, the other one is set to its default, so that the last
// layer decides between them. If the layer also sets an implied key to another value, that is a
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

	// Layers and hidden widths are alternatives: the one that this layer sets overrides the other
	// one in earlier layers.
	if _, ok := l["model.layers"]; ok {
		r.choose(l, "model.layers", map[string]any{"model.hidden": []int{}})
	} else if _, ok := l["model.hidden"]; ok {
		r.imply(l, "model.hidden", r.defaults("model.layers"))
	}

	r.choose(l, "track.schedule.log", r.defaults("track.schedule.every", "track.schedule.first"))
	r.choose(l, "train.schedule.warmup.updates", r.defaults("train.schedule.warmup.epochs"))
}

// choose resolves a layer that sets one of two alternatives. If the layer sets key one to something
// other than its default, the keys in other are set to the given values, at which they have no
// effect. If it sets a key in other, one is set to its default.
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

// imply sets keys on behalf of the shorthand by.
func (r *reader) imply(l layer, by string, keys map[string]any) {
	for path, value := range keys {
		s, given := l[path]
		// Giving the same value twice is not a contradiction.
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

// paperTrainSize holds the numbers of training points for the paper's names of MNIST-1D and its
// subsets; 0 means all.
var paperTrainSize = map[string]int{
	"MNIST1D":      0,
	"smallMNIST1D": 1000,
	"tinyMNIST1D":  500,
	"miniMNIST1D":  100,
}

// paperModelForm matches names of multilayer perceptrons in the paper's code.
var paperModelForm = regexp.MustCompile(`^(Bias_)?(LeakyOutput_)?FF_ReLU((?:_[1-9][0-9]{0,8})+)$`)

// impliedByModel returns the keys implied by a name that matches paperModelForm. In these models an
// activation follows every layer, including the last one.
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

	// LeakyOutput only names the activation of the output; its slope is the default.
	if m[2] != "" {
		slope := r.keys.Lookup("model.slope").Default()
		keys["model.output"], keys["model.slope"] = network.LeakyReLU(slope.(float64)), slope
	}

	return keys
}

// plainSchedule sets the name of the learning-rate schedule and all its other keys to their
// defaults.
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
