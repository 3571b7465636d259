package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// checker finds what is wrong with the layers taken together. Keys that already have a problem
// are left out, as what they would have been is unknown.
type checker struct {
	*reader
	set  layer  // the settings that count, of all layers
	path string // of the file, to blame for what is missing
}

func (c checker) report(key, format string, args ...any) {
	from := origin{layer: fileLayer, source: c.path}
	if s, ok := c.set[key]; ok {
		from = s.from
	}
	c.reader.report(key, from, format, args...)
}

func (c checker) checkRequired(keys []key) {
	for _, k := range keys {
		if _, ok := c.set[k.path]; ok || k.def != nil || c.faulty[k.path] {
			continue
		}
		if k.path == "model.hidden" && c.faulty["model.name"] {
			continue
		}
		c.report(k.path, "missing, want %s", k.typ.want())
	}
}

// checkIdle finds keys that are not at their default yet have no effect.
func (c checker) checkIdle(keys []key, values map[string]any) {
	for _, k := range keys {
		if !k.idle(values) || reflect.DeepEqual(values[k.path], k.def) || c.faulty[k.path] || c.faulty[k.decider] {
			continue
		}
		c.report(k.path, "%s has no effect with %s %s, only with %s",
			clip(show(encode(values[k.path]))), k.decider, values[k.decider], strings.Join(k.values, ", "))
	}
}

// rule is a condition between keys.
type rule struct {
	keys    []string // the first is the one to blame
	broken  bool
	message string
}

func (c checker) checkRules(cfg *Config) {
	for _, r := range rules(cfg) {
		if r.broken && !slices.ContainsFunc(r.keys, func(key string) bool { return c.faulty[key] }) {
			c.report(r.keys[0], "%s", r.message)
		}
	}
}

// rules are the conditions between keys that the schema does not express.
func rules(c *Config) []rule {
	o, s, m := c.Train.Optimizer, c.Train.Schedule, c.Model
	all := []rule{
		{[]string{"data.train", "data.name"},
			(c.Data.Name == "csv" || c.Data.Name == "npz") && c.Data.Train == "",
			"missing, want the file of the training points in data.path"},
		{[]string{"model.slope", "model.activation", "model.output"},
			m.Slope != defaultSlope && m.Activation != "leaky_relu" && m.Output != "leaky_relu",
			fmt.Sprintf("%g has no effect, as neither model.activation nor model.output is leaky_relu", m.Slope)},
		{[]string{"train.optimizer.nesterov", "train.optimizer.momentum"},
			o.Nesterov && o.Momentum == 0,
			"true needs train.optimizer.momentum > 0"},
		{[]string{"train.schedule.step_epochs", "train.schedule.name"},
			s.Name == "step" && s.StepEpochs == 0,
			"missing, want integer ≥ 1 with train.schedule.name step"},
		{[]string{"train.schedule.milestones", "train.schedule.name"},
			s.Name == "multistep" && len(s.Milestones) == 0,
			"missing, want one or more epochs with train.schedule.name multistep"},
		{[]string{"stop.min_epochs", "stop.epochs"},
			c.Stop.MinEpochs > c.Stop.Epochs,
			fmt.Sprintf("%d is more than stop.epochs: %d", c.Stop.MinEpochs, c.Stop.Epochs)},
		{[]string{"train.jacobian_penalty", "model.activation"},
			c.Train.JacobianPenalty > 0 && !slices.Contains([]string{"relu", "leaky_relu", "identity"}, m.Activation),
			fmt.Sprintf("needs piecewise linear activations (relu, leaky_relu, identity), but model.activation is %s", m.Activation)},
		{[]string{"stop.give_up.train_loss", "stop.give_up.epochs"},
			(c.Stop.GiveUp.TrainLoss > 0) != (c.Stop.GiveUp.Epochs > 0),
			"must be above 0 if stop.give_up.epochs is, and only then"},
		{[]string{"stop.give_up.epochs", "stop.epochs"},
			c.Stop.GiveUp.Epochs > 0 && c.Stop.GiveUp.Epochs >= c.Stop.Epochs,
			fmt.Sprintf("%d is not before stop.epochs: %d", c.Stop.GiveUp.Epochs, c.Stop.Epochs)},
		{[]string{"track.probes.file", "track.probes.from"},
			c.Track.Probes.From == "file" && c.Track.Probes.File == "",
			"missing, want the file of the points with track.probes.from file"},
	}
	for _, metric := range c.Track.Metrics {
		all = append(all, rule{[]string{"track.metrics"},
			metric.Log > 0 && (metric.Every > 1 || metric.First > 0),
			fmt.Sprintf("%s has log: %d, which contradicts every: %d, first: %d; keep one of the two", metric.Name, metric.Log, metric.Every, metric.First)})
	}
	return all
}
