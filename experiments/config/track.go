package config

import (
	"fmt"

	"github.com/liptrack/liptrack/internal/settings"
	"github.com/liptrack/liptrack/tracker"
)

// Track describes what is measured, at which epochs and at which points.
type Track struct {
	Schedule Schedule
	Probes   Probes
	// Options are the settings of the metrics that a config can set.
	Options tracker.Options
	// Metrics lists what to measure. In YAML, an entry is a name or a mapping {name, every, first,
	// log} with a schedule of its own. The entry default stands for the default set; other entries
	// replace members of the set with the same name.
	Metrics []Metric
	// Memory is the memory limit, in MB, for the blocks in which Jacobians are computed.
	Memory int
}

// settings binds the settings of measurements.
func (t *Track) settings(s *settings.Set) {
	every, first, log := scheduleKinds()
	settings.Var(s, &t.Schedule.Every, "track.schedule.every", every, 1,
		"measure at multiples of this epoch")
	settings.Var(s, &t.Schedule.First, "track.schedule.first", first, 0,
		"measure at each of the first epochs as well")
	settings.Var(s, &t.Schedule.Log, "track.schedule.log", settings.OrZero(log, "off"), 0,
		"measured epochs a decade, instead of every")
	t.Probes.settings(s)
	t.Options.Settings(s)
	settings.Var(s, &t.Metrics, "track.metrics", metricsKind(),
		expand([]Metric{{Name: defaultMetrics}}),
		"what to measure; {name, every, first, log} has its own schedule")
	settings.Var(s, &t.Memory, "track.memory", settings.Integer(1), 64,
		"MB of the blocks in which Jacobians are computed")

	s.Rule(func() string {
		for _, m := range t.Metrics {
			if m.Log > 0 && (m.Every > 1 || m.First > 0) {
				return fmt.Sprintf(
					"%s has log: %d, which contradicts every: %d, first: %d; keep one of the two",
					m.Name,
					m.Log,
					m.Every,
					m.First,
				)
			}
		}

		return ""
	}, "track.metrics")
}

// scheduleKinds returns the kinds of the fields of a Schedule.
func scheduleKinds() (every, first, log settings.Kind[int]) {
	return settings.Integer(1), settings.Integer(0), settings.Integer(0)
}

// Schedule chooses the epochs of a measurement; epoch 0 and the last epoch are always measured.
type Schedule struct {
	// Every ≥ 1 measures at the multiples of this number of epochs. Default 1.
	Every int
	// First ≥ 0 also measures at each of the first epochs. Default 0.
	First int
	// Log ≥ 0, if not 0, measures instead at this many logarithmically spaced epochs per decade;
	// Every and First are then at their defaults. Default 0.
	Log int
}

// Metric is one entry of Track.Metrics.
type Metric struct {
	// Name is the name of one of the tracker's metrics.
	Name string
	// Schedule is the metric's own schedule; the zero value means that of Track.
	Schedule `yaml:",inline"`
}

// MarshalYAML writes a metric without its own schedule as a name.
func (m Metric) MarshalYAML() (any, error) {
	if m.Schedule == (Schedule{}) {
		return m.Name, nil
	}
	// Use a type without methods, or the encoder would call this one again.
	type mapping Metric
	return mapping(m), nil
}

// Probes are the points at which Jacobians are measured.
type Probes struct {
	// From is train, test or file. Default train.
	From string
	// Sample ≥ 0 is the number of points to draw; 0 takes all. Default 0.
	Sample int
	// File holds the points if From is file. Default empty.
	File string
}

// settings binds the settings of the probes.
func (p *Probes) settings(s *settings.Set) {
	const from, file = "track.probes.from", "track.probes.file"
	settings.Var(s, &p.From, from, settings.OneOf("train", "test", "file"), "train",
		"points at which Jacobians are measured")
	settings.Var(s, &p.Sample, "track.probes.sample", settings.OrZero(settings.Integer(0), "all"),
		0, "number of them drawn")
	settings.Var(s, &p.File, file, settings.Text, "", "file of the points").OnlyWith(from,
		"file")

	s.Rule(func() string {
		if p.From != "file" || p.File != "" {
			return ""
		}

		return "missing, want the file of the points with track.probes.from file"
	}, file, from)
}
