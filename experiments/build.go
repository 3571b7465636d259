package experiments

import (
	"fmt"
	"slices"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/rng"
	"github.com/liptrack/liptrack/network/losses"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// Entries of track.metrics for values that the trainer itself provides.
const (
	trainingMetric = config.TrainingMetric
	updatesMetric  = config.UpdatesMetric
)

// gridMetric is the name of the metric that exists only for networks with two inputs.
const gridMetric = "grid"

// loadData generates or reads a run's data set and prepares it. Files may lie in the folder beside.
func loadData(c *config.Config, beside string) (*dataset.Dataset, error) {
	source := c.Data
	source.Options.Beside = beside
	data, err := source.Load()
	if err != nil {
		return nil, err
	}
	if !c.Train.Float64 {
		err = data.RoundFloat32()
	}
	return data, err
}

// trainerConfig returns the configuration of a run's trainer.
func trainerConfig(c *config.Config) trainer.Config {
	t := c.Train
	t.FollowUpdates = measures(c, updatesMetric)
	return t
}

// probes returns the points at which a run is measured.
func probes(c *config.Config, data *dataset.Dataset, goroutines int) (tracker.Probes, error) {
	p := tracker.Probes{ChunkMB: c.Track.Memory, Goroutines: goroutines}
	from := data.Train
	switch c.Track.Probes.From {
	case "test":
		from = data.Test
	case "file":
		file, err := dataset.ReadTable(c.Track.Probes.File, dataset.TableOptions{
			Label:   c.Data.Options.Label,
			Labels:  dataset.DropLabels,
			Columns: c.Data.Options.Columns,
			Keys:    c.Data.Options.Keys,

			Regression: c.Data.Options.Regression,
			Targets:    c.Data.Options.Targets,
		})

		if err != nil {
			return p, fmt.Errorf("track.probes.file: %w", err)
		}

		// The file is in the units of the training data before data.standardize.
		data.Scale.Apply(file.X)
		from = dataset.Split{X: file.X}
	}

	if from.X == nil {
		return p, fmt.Errorf(
			"track.probes.from: %s, but there are no such points",
			c.Track.Probes.From,
		)
	}

	if from.Dim() != data.Train.Dim() {
		return p, fmt.Errorf(
			"track.probes: %d features, the training points have %d",
			from.Dim(),
			data.Train.Dim(),
		)
	}

	// The probes have a random stream of their own, so that the sample does not depend on training.
	points, _ := from.X.Dims()
	n := c.Track.Probes.Sample
	if n > 0 && n < points {
		from = from.Subset(rng.Stream(c.Train.Seed, "probes").Perm(points)[:n])
	}

	p.X, p.Labels, p.Targets = from.X, from.Labels, from.Y

	return p, nil
}

// measures reports whether a run measures the metric with the given name.
func measures(c *config.Config, name string) bool {
	return slices.ContainsFunc(
		c.Track.Metrics,
		func(m config.Metric) bool { return m.Name == name },
	)
}

// trainerMetrics are the schedules of the values that the trainer provides; nil for values that are
// not recorded.
type trainerMetrics struct {
	training, updates tracker.Schedule

	targets []string // labels of a regression's targets if there are several
}

// metrics returns what a run measures and when.
func metrics(
	c *config.Config,
	data *dataset.Dataset,
) (scheduled []tracker.Scheduled, known trainerMetrics, err error) {
	opts := metricOptions(c, data)
	known.targets = data.TargetLabels()
	for _, m := range c.Track.Metrics {
		s := m.Schedule
		if s == (config.Schedule{}) {
			s = c.Track.Schedule
		}

		when, err := tracker.NewSchedule(s.First, s.Every, s.Log)
		if err != nil {
			return nil, known, fmt.Errorf("track.metrics: %s: %w", m.Name, err)
		}

		// The trainer provides two of the metrics, since it already has their values.
		switch m.Name {
		case trainingMetric:
			known.training = when
			continue
		case updatesMetric:
			known.updates = when
			continue
		}

		dim := data.Train.Dim()
		if m.Name == gridMetric && dim != 2 {
			return nil, known, fmt.Errorf(
				"track.metrics: %s is of networks of 2 inputs, data set %s has %d features",
				m.Name,
				c.Data.Name,
				dim,
			)
		}

		metric, err := tracker.NewMetric(m.Name, opts)
		if err != nil {
			return nil, known, fmt.Errorf("track.metrics: %w", err)
		}

		scheduled = append(scheduled, tracker.Scheduled{Metric: metric, When: when})
	}

	return scheduled, known, nil
}

// metricOptions returns the options of the metrics, including the data that they use.
func metricOptions(c *config.Config, data *dataset.Dataset) tracker.Options {
	objective := losses.Objective{Loss: c.Train.Loss, Temperature: c.Train.Temperature}
	o := c.Track.Options
	o.Jacobian.Loss, o.Adversarial.Loss = objective, objective
	o.Enlarged.Train, o.Enlarged.Test = data.Train.X, data.Test.X
	o.Training = tracker.TrainingSet{
		X:         data.Train.X,
		Labels:    data.Train.Labels,
		Targets:   data.Train.Y,
		BatchSize: c.Train.BatchSize,
		Loss:      objective,
	}
	return o
}
