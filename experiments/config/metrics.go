package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/liptrack/liptrack/internal/yamlnode"
)

// defaultMetrics is the entry of track.metrics that stands for the default set.
const defaultMetrics = "default"

// metrics is a list of metrics, each a name or a mapping with its own schedule.
func metrics(a Allowed) valueType {
	name, allowed := text, ""
	if len(a.Metrics) > 0 {
		name = oneOf(append([]string{defaultMetrics}, a.Metrics...)...)
		allowed = "of " + strings.Join(name.options, ", ")
	}
	entry := valueType{options: name.options, read: func(n *yaml.Node) (any, *yaml.Node) {
		return readMetric(yamlnode.Resolve(n), name)
	}}
	entries := list("", entry, func(ms []Metric) bool {
		names := make([]string, len(ms))
		for i, m := range ms {
			names[i] = m.Name
		}
		return distinct(names)
	})
	return valueType{
		name:    "list of distinct metrics or mappings {name, every, first, log}",
		allowed: allowed, options: name.options,
		read: func(n *yaml.Node) (any, *yaml.Node) {
			var ms []Metric
			blame := readInto(&ms, entries, n)
			return a.expand(ms), blame
		},
	}
}

// readMetric reads a name, or {name, every, first, log}, of which every is 1 unless given.
func readMetric(n *yaml.Node, name valueType) (any, *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		var m Metric
		blame := readInto(&m.Name, name, n)
		return m, blame
	}
	m := Metric{Schedule: Schedule{Every: 1}}
	seen := map[string]bool{}
	for field, value := range yamlnode.Pairs(n) {
		blame := field
		switch {
		case seen[field.Value]:
		case field.Value == "name":
			blame = readInto(&m.Name, name, value)
		case field.Value == "every":
			blame = readInto(&m.Every, integer(1), value)
		case field.Value == "first":
			blame = readInto(&m.First, integer(0), value)
		case field.Value == "log":
			blame = readInto(&m.Log, integer(0), value)
		}
		if blame != nil {
			return nil, blame
		}
		seen[field.Value] = true
	}
	if !seen["name"] {
		return nil, n
	}
	return m, nil
}

// readInto stores a value that is of the type, which must be that of dst; it returns the node
// to blame for one that is not.
func readInto[T any](dst *T, t valueType, n *yaml.Node) *yaml.Node {
	v, blame := t.read(n)
	if blame == nil {
		*dst = v.(T)
	}
	return blame
}

// expand puts the default set in place of the entry default, without the metrics that have an
// entry of their own.
func (a Allowed) expand(ms []Metric) []Metric {
	at := slices.IndexFunc(ms, func(m Metric) bool { return m.Name == defaultMetrics })
	if at < 0 || len(a.DefaultMetrics) == 0 {
		return ms
	}
	var set []Metric
	for _, name := range a.DefaultMetrics {
		if !slices.ContainsFunc(ms, func(m Metric) bool { return m.Name == name }) {
			set = append(set, Metric{Name: name, Schedule: ms[at].Schedule})
		}
	}
	return slices.Replace(slices.Clone(ms), at, at+1, set...)
}
