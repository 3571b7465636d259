package experiments

import (
	"context"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// trialTime is how long a size is trained in a trial, or one update if that takes longer.
const trialTime = 250 * time.Millisecond

// trialProducts is about how many multiplications a trial spends on one measurement: seconds. If
// all points take more, a trial measures some of them.
const trialProducts = 1e10

// trial is a configuration with the times that its parts take, found by running them.
type trial struct {
	config *config.Config
	data   *dataset.Dataset

	updates    int
	update     time.Duration // of one update, with its share of the end of an epoch
	evaluation time.Duration // of all points
	groups     map[config.Schedule]*timedMetrics
}

// timedMetrics are the metrics of one schedule; the zero schedule stands for track.schedule. They
// share work in an epoch, so they are timed together.
type timedMetrics struct {
	some, fewer *tracker.Tracker // fewer is nil if some measures all points
	beyond      float64          // points left out by some, for each point that it has beyond fewer
	took        time.Duration    // for all points
}

// timeMetrics times the metrics. The points left out are priced by what the points of some beyond
// those of fewer add, as the cost of certified bounds does not grow with the points.
func (m *timedMetrics) timeMetrics(ctx context.Context, e *trainer.Epoch) error {
	some, err := timeTracking(ctx, m.some, e)
	m.took = some
	if err != nil || m.fewer == nil {
		return err
	}

	fewer, err := timeTracking(ctx, m.fewer, e)
	m.took += time.Duration(m.beyond * float64(max(0, some-fewer)))

	return err
}

func timeTracking(ctx context.Context, t *tracker.Tracker, e *trainer.Epoch) (time.Duration, error) {
	start := time.Now()
	_, err := t.Track(ctx, e.Index, e.Network(), false)
	return time.Since(start), err
}

// try measures a configuration before training and after one epoch, and trains it for trialTime.
func try(ctx context.Context, c *config.Config, from *datasets, goroutines int) (*trial, error) {
	data, err := from.get(c, from.beside)
	if err != nil {
		return nil, err
	}

	if err := checkSizes(c, demandsOfRun(c, shapeOfDataset(data)), availableMemory()); err != nil {
		return nil, err
	}

	points, err := probes(c, data, goroutines)
	if err != nil {
		return nil, err
	}

	t := &trial{config: c, data: data, groups: map[config.Schedule]*timedMetrics{}}
	some := t.pointsToMeasure()
	if err := t.addMetrics(points, some); err != nil {
		return nil, err
	}

	return t, t.trainBriefly(ctx, some)
}

// trainBriefly trains on the first n points at least, and fills in the times.
func (t *trial) trainBriefly(ctx context.Context, n int) error {
	endless := trainerConfig(t.config)
	// The schedule keeps the length of the real run: a trial at another learning rate might
	// diverge.
	endless.Schedule = endless.Schedule.Over(t.config.Train.Stop.Epochs)
	endless.Stop = trainer.Stop{Epochs: 1 << 30}
	data, part := t.firstPoints(n)
	training, err := trainer.New(endless, data)
	if err != nil {
		return err
	}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var start time.Time
	var measuring, evaluating time.Duration
	evaluations := 0
	training.OnEpoch("trial", func(ctx context.Context, e *trainer.Epoch) error {
		before := time.Now()
		e.Evaluation()
		evaluating, evaluations = evaluating+time.Since(before), evaluations+1

		// The first times are those of cold caches: they count only if there are no others.
		if e.Index <= 1 {
			evaluating, evaluations = time.Since(before), 1
		}
		if e.Index == 0 || e.Index == 1 && measuring < trialTime {
			if err := t.timeAllMetrics(ctx, e); err != nil {
				return err
			}
		}

		measuring += time.Since(before)
		// The clock starts after epoch 0, whose measurement may take longer than the trial.
		if e.Index == 0 {
			time.AfterFunc(trialTime, stop)
			start = time.Now().Add(-measuring)
		}

		return nil
	})

	result, err := training.Run(ctx)
	if err != nil {
		return err
	}

	t.updates = result.Steps
	t.update = (time.Since(start) - measuring) / time.Duration(max(t.updates, 1))
	t.evaluation = time.Duration(float64(evaluating) / float64(evaluations) / part)

	return nil
}

// timeAllMetrics times the metrics of all schedules.
func (t *trial) timeAllMetrics(ctx context.Context, e *trainer.Epoch) error {
	for _, g := range t.groups {
		if err := g.timeMetrics(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// pointsToMeasure returns how many points a trial measures at most.
func (t *trial) pointsToMeasure() int {
	outputs := t.data.Outputs()
	products, err := t.config.Train.Products(pointShape(t.data), outputs)
	if err != nil || products == 0 {
		// The trainer reports layers that do not fit.
		return t.data.Train.Len()
	}

	// A Jacobian takes a backward pass for each output, after the forward pass.
	return int(max(2, trialProducts/(products*float64(1+outputs))))
}

// firstPoints returns the first n points of the training and of the test data, at least a batch,
// and the part of all points that they are.
func (t *trial) firstPoints(n int) (first *dataset.Dataset, part float64) {
	n = max(n, int(batchOf(t.config, shapeOfDataset(t.data))))

	few := *t.data
	few.Train = firstOf(t.data.Train, n)
	few.Test = firstOf(t.data.Test, n)
	all := t.data.Train.Len() + t.data.Test.Len()

	return &few, float64(few.Train.Len()+few.Test.Len()) / float64(all)
}

// firstOf returns the first n points, or all if there are no more.
func firstOf(s dataset.Split, n int) dataset.Split {
	if s.X == nil || s.Len() <= n {
		return s
	}

	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}

	return s.Subset(rows)
}

// addMetrics adds the metrics of each schedule of the configuration, on at most n of the points.
func (t *trial) addMetrics(points tracker.Probes, n int) error {
	options := metricOptions(t.config, t.data)
	scheduled := map[config.Schedule][]tracker.Scheduled{}
	for _, m := range t.config.Track.Metrics {
		// The trainer's own metrics cost nothing, and slow ones are listed as not counted.
		if m.Name == trainingMetric || m.Name == updatesMetric || tracker.Slow(m.Name) {
			continue
		}

		metric, err := tracker.NewMetric(m.Name, options)
		if err != nil {
			return err
		}

		always := tracker.Scheduled{Metric: metric, When: tracker.Every(1)}
		scheduled[m.Schedule] = append(scheduled[m.Schedule], always)
	}

	all, _ := points.X.Dims()
	for s, metrics := range scheduled {
		some, err := tracker.New(firstProbes(points, n), metrics)
		if err != nil {
			return err
		}

		g := &timedMetrics{some: some}
		t.groups[s] = g
		if n >= all {
			continue
		}

		fewer := max(1, n/8)
		g.beyond = float64(all-n) / float64(n-fewer)
		g.fewer, err = tracker.New(firstProbes(points, fewer), metrics)
		if err != nil {
			return err
		}
	}

	return nil
}

// firstProbes returns the first n probes, or all if there are no more.
func firstProbes(p tracker.Probes, n int) tracker.Probes {
	part := firstOf(dataset.Split{X: p.X, Labels: p.Labels, Y: p.Targets}, n)
	p.X, p.Labels, p.Targets = part.X, part.Labels, part.Y
	return p
}
