package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/internal/yamlnode"
	"github.com/liptrack/liptrack/tracker"
)

// Entries of track.metrics for values that the trainer itself provides.
const (
	TrainingMetric = "training"
	UpdatesMetric  = "updates"
)

// TrainerMetrics describes these entries, in addition to [tracker.Metrics].
var TrainerMetrics = []tracker.MetricInfo{
	{
		Name:    TrainingMetric,
		Default: true,
		About:   "losses, accuracies, gradient norm, parameter norm, distance and path length, learning rate (exact)",
		Growth:  "P for each training and test point",
	},
	{
		Name: UpdatesMetric,
		About: "length of the path of the parameters update by update, and the largest gradient of an " +
			"update (exact); " +
			"a pass over the parameters at every update",
		Growth: "P for each update",
	},
}

// metricTable returns all metrics that a config may list.
func metricTable() []tracker.MetricInfo {
	return slices.Concat(TrainerMetrics, tracker.Metrics)
}

// defaultMetrics is the entry of track.metrics that stands for the default set.
const defaultMetrics = "default"

// metricsKind returns the kind of lists of metrics. Each entry is a name or a mapping with its own
// schedule.
func metricsKind() settings.Kind[[]Metric] {
	names := []string{defaultMetrics}
	for _, m := range metricTable() {
		names = append(names, m.Name)
	}

	// The choices include "default", which stands for several metrics.
	name := settings.OneOf(names...)
	described := settings.Type{
		Name:    "list of distinct metrics or mappings {name, every, first, log}",
		Allowed: "of " + strings.Join(name.Options, ", "),
		Options: name.Options,
	}

	read := func(n *yaml.Node) ([]Metric, *settings.Refusal) {
		n = yamlnode.Resolve(n)
		if n.Kind != yaml.SequenceNode {
			return nil, settings.Refuse(n)
		}

		var metrics []Metric
		names := map[string]bool{}
		for _, entry := range n.Content {
			m, refused := readMetric(yamlnode.Resolve(entry), name)
			switch {
			case refused != nil:
				return nil, refused
			case names[m.Name]:
				return nil, &settings.Refusal{Node: n, Reason: m.Name + " is in the list twice"}
			}

			names[m.Name] = true
			metrics = append(metrics, m)
		}

		return expand(metrics), nil
	}

	return settings.Custom(
		described,
		read,
		func(m []Metric) any { return slices.Concat([]Metric{}, m) },
		slices.Equal[[]Metric],
	)
}

// readMetric reads a name or {name, every, first, log}; every defaults to 1.
func readMetric(n *yaml.Node, name settings.Kind[string]) (Metric, *settings.Refusal) {
	if n.Kind != yaml.MappingNode {
		var m Metric
		refused := name.ReadInto(&m.Name, n)
		return m, refused
	}

	// A mapping is the metric's own schedule, which track.schedule does not affect.
	every, first, log := scheduleKinds()
	m := Metric{Schedule: Schedule{Every: 1}}
	seen := map[string]bool{}
	for field, value := range yamlnode.Pairs(n) {
		refused := &settings.Refusal{Node: field, Reason: "want name, every, first or log"}
		switch {
		case seen[field.Value]:
			refused.Reason = "the mapping has it twice"
		case field.Value == "name":
			refused = name.ReadInto(&m.Name, value)
		case field.Value == "every":
			refused = every.ReadInto(&m.Every, value)
		case field.Value == "first":
			refused = first.ReadInto(&m.First, value)
		case field.Value == "log":
			refused = log.ReadInto(&m.Log, value)
		}

		if refused != nil {
			return m, refused
		}

		seen[field.Value] = true
	}

	if !seen["name"] {
		return m, &settings.Refusal{Node: n, Reason: "it has no name"}
	}

	return m, nil
}

// expand replaces the entry default by the default set, without the metrics that have their own
// entries.
func expand(ms []Metric) []Metric {
	at := slices.IndexFunc(ms, func(m Metric) bool {
		return m.Name == defaultMetrics
	})
	if at < 0 {
		return ms
	}
	var set []Metric
	for _, name := range defaultSet() {
		if !slices.ContainsFunc(ms, func(m Metric) bool {
			return m.Name == name
		}) {
			set = append(set, Metric{Name: name, Schedule: ms[at].Schedule})
		}
	}
	return slices.Replace(slices.Clone(ms), at, at+1, set...)
}

// defaultSet lists the metrics that are measured unless a config lists others.
func defaultSet() []string {
	var names []string
	for _, m := range metricTable() {
		if m.Default {
			names = append(names, m.Name)
		}
	}
	return names
}
