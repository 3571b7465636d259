package experiments

import (
	"context"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// trialTime is how long a shape is tried, or for one update and one measurement if these take
// longer.
const trialTime = 250 * time.Millisecond

// trial is the time that the parts of a run take, found by doing them.
type trial struct {
	config     *config.Config
	data       *dataset.Dataset
	updates    int
	update     time.Duration // of one, with its share of what ends an epoch
	evaluation mean
	groups     map[config.Schedule]*timedMetrics
}

// timedMetrics are the metrics of one schedule, the zero value standing for that of all.
type timedMetrics struct {
	tracker *tracker.Tracker
	mean
}

// mean is the mean of times, of which the first is in cold caches and counts if it is the only one.
type mean struct {
	n           int
	first, rest time.Duration
}

func (m *mean) time(do func() error) error {
	start := time.Now()
	err := do()
	if m.n++; m.n == 1 {
		m.first = time.Since(start)
	} else {
		m.rest += time.Since(start)
	}
	return err
}

func (m *mean) sum() time.Duration { return m.first + m.rest }

func (m *mean) value() time.Duration {
	if m.n < 2 {
		return m.first
	}
	return m.rest / time.Duration(m.n-1)
}

// trySafely makes an error of a panic.
func trySafely(
	ctx context.Context,
	c *config.Config,
	from *datasets,
	goroutines int,
) (t *trial, err error) {
	defer func() {
		if p := panics.From(recover()); p != nil {
			t, err = nil, p
		}
	}()
	return try(ctx, c, from, goroutines)
}

// try trains a configuration for a moment, evaluating at every epoch and measuring at some.
func try(ctx context.Context, c *config.Config, from *datasets, goroutines int) (*trial, error) {
	data, err := from.get(c, from.beside)
	if err != nil {
		return nil, err
	}

	if err := checkSizes(c, demandsOfRun(c, shapeOfDataset(data)), availableMemory()); err != nil {
		return nil, err
	}

	t := &trial{config: c, data: data}
	if err := t.makeTrackers(goroutines); err != nil {
		return nil, err
	}

	endless := trainerConfig(c)

	// The learning rate is that of the run's own length, or the trial might diverge where the run
	// does not.
	endless.Schedule = endless.Schedule.Over(c.Train.Stop.Epochs)
	endless.Stop = trainer.Stop{Epochs: 1 << 30}
	training, err := trainer.New(endless, data)
	if err != nil {
		return nil, err
	}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var start time.Time
	var before time.Duration // of measuring, at epoch 0: however long that takes, training has its time
	training.OnEpoch("trial", func(ctx context.Context, e *trainer.Epoch) error {
		if e.Index > 0 {
			return t.onEpoch(ctx, e, time.Since(start))
		}

		err := t.onEpoch(ctx, e, 0)
		before, start = t.measuring(), time.Now()
		// The clock starts after epoch 0, whose measurement may take longer than the trial.
		time.AfterFunc(trialTime, stop)
		return err
	})

	result, err := training.Run(ctx)
	if err != nil {
		return nil, err
	}

	spent := time.Since(start) - (t.measuring() - before)
	t.updates = result.Steps
	t.update = spent / time.Duration(max(t.updates, 1))

	return t, nil
}

// measuring returns the time spent on evaluations and measurements.
func (t *trial) measuring() time.Duration {
	sum := t.evaluation.sum()
	for _, g := range t.groups {
		sum += g.sum()
	}
	return sum
}

func (t *trial) makeTrackers(goroutines int) error {
	points, err := probes(t.config, t.data, goroutines)
	if err != nil {
		return err
	}

	options := metricOptions(t.config, t.data)
	scheduled := map[config.Schedule][]tracker.Scheduled{}
	for _, m := range t.config.Track.Metrics {
		// The trainer gives its own metrics away for nothing, and slow ones are named as not
		// counted.
		if m.Name == trainingMetric || m.Name == updatesMetric || tracker.Slow(m.Name) {
			continue
		}

		metric, err := tracker.NewMetric(m.Name, options)
		if err != nil {
			return err
		}

		// Metrics of one schedule share work in an epoch, so they are timed together.
		scheduled[m.Schedule] = append(
			scheduled[m.Schedule],
			tracker.Scheduled{Metric: metric, When: tracker.Every(1)},
		)
	}

	t.groups = map[config.Schedule]*timedMetrics{}
	for s, metrics := range scheduled {
		measured, err := tracker.New(points, metrics)
		if err != nil {
			return err
		}

		t.groups[s] = &timedMetrics{tracker: measured}
	}

	return nil
}

// onEpoch evaluates and measures, the latter for at most a third of the time.
func (t *trial) onEpoch(ctx context.Context, e *trainer.Epoch, elapsed time.Duration) error {
	if e.Diverged {
		return nil
	}

	t.evaluation.time(func() error { e.Evaluation(); return nil })
	for _, g := range t.groups {
		if int(g.sum())*3*len(t.groups) > int(elapsed) {
			continue
		}

		err := g.time(func() error {
			_, err := g.tracker.Track(ctx, e.Index, e.Network(), false)
			return err
		})
		if err != nil {
			return err
		}
	}

	return nil
}
