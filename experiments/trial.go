package experiments

import (
	"context"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// trialTime is how long a shape is tried, or for one update and one measurement if these take
// longer.
const trialTime = 250 * time.Millisecond

// trialProducts is how many multiplications a trial spends on measuring once, about: seconds. Where
// all points take more, some stand for them.
const trialProducts = 1e10

// trial is the time that the parts of a run take, found by doing them.
type trial struct {
	config     *config.Config
	data       *dataset.Dataset
	updates    int
	update     time.Duration // of one, with its share of what ends an epoch
	evaluation mean
	evaluated  float64 // the part of the points that was evaluated
	groups     map[config.Schedule]*timedMetrics

	// Where not all points are measured, fewer are measured too, to tell what each of them adds.
	fewer map[config.Schedule]*timedMetrics
	sizes struct{ all, some, fewer int } // the numbers of points
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

// evaluationTime is what an evaluation of all points takes.
func (t *trial) evaluationTime() time.Duration {
	return time.Duration(float64(t.evaluation.value()) / t.evaluated)
}

// groupTime is what the metrics of a schedule take over all points. Some work, as that of a
// certified bound, does not grow with them.
func (t *trial) groupTime(s config.Schedule) time.Duration {
	some := t.groups[s].value()
	if t.fewer == nil {
		return some
	}

	added := max(0, some-t.fewer[s].value())
	left := float64(t.sizes.all-t.sizes.some) / float64(t.sizes.some-t.sizes.fewer)

	return some + time.Duration(float64(added)*left)
}

func (m *mean) sum() time.Duration {
	return m.first + m.rest
}

func (m *mean) value() time.Duration {
	if m.n < 2 {
		return m.first
	}
	return m.rest / time.Duration(m.n-1)
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
	points, err := probes(c, data, goroutines)
	if err != nil {
		return nil, err
	}

	some := t.pointsToMeasure()
	if err := t.makeAllTrackers(points, some); err != nil {
		return nil, err
	}

	data = t.firstPoints(some)

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
	for _, groups := range []map[config.Schedule]*timedMetrics{t.groups, t.fewer} {
		for _, g := range groups {
			sum += g.sum()
		}
	}
	return sum
}

// pointsToMeasure returns how many points the trial measures at most.
func (t *trial) pointsToMeasure() int {
	outputs := t.data.Outputs()
	products, err := t.config.Train.Products(pointShape(t.data), outputs)
	if err != nil || products == 0 {
		// The trainer will say what does not fit.
		return t.data.Train.Len()
	}

	// A Jacobian takes a backward pass for each output, after the forward one.
	return int(max(2, trialProducts/(products*float64(1+outputs))))
}

// firstPoints returns the data of the trial, where they have more than n points only the first of
// them and a batch at least.
func (t *trial) firstPoints(n int) *dataset.Dataset {
	all := t.data.Train.Len() + t.data.Test.Len()
	n = max(n, int(batchOf(t.config, shapeOfDataset(t.data))))

	first := *t.data
	first.Train = firstOf(t.data.Train, n)
	first.Test = firstOf(t.data.Test, n)
	t.evaluated = float64(first.Train.Len()+first.Test.Len()) / float64(all)

	return &first
}

// firstOf returns the first n points, all if there are no more.
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

// makeAllTrackers makes the trackers of at most n of the points, and where that is not all of them
// those of fewer.
func (t *trial) makeAllTrackers(points tracker.Probes, n int) (err error) {
	split := dataset.Split{
		X:      points.X,
		Labels: points.Labels,
		Y:      points.Targets,
	}
	from := func(n int) tracker.Probes {
		part := firstOf(split, n)
		p := points
		p.X, p.Labels, p.Targets = part.X, part.Labels, part.Y
		return p
	}

	t.sizes.all = split.Len()
	t.sizes.some = min(n, t.sizes.all)
	if t.sizes.some < t.sizes.all {
		t.sizes.fewer = max(1, n/8)
		t.fewer, err = t.makeTrackers(from(t.sizes.fewer))
		if err != nil {
			return err
		}
	}

	t.groups, err = t.makeTrackers(from(n))

	return err
}

// makeTrackers makes a tracker of the points for each schedule of the configuration.
func (t *trial) makeTrackers(points tracker.Probes) (map[config.Schedule]*timedMetrics, error) {
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
			return nil, err
		}

		// Metrics of one schedule share work in an epoch, so they are timed together.
		scheduled[m.Schedule] = append(
			scheduled[m.Schedule],
			tracker.Scheduled{Metric: metric, When: tracker.Every(1)},
		)
	}

	groups := map[config.Schedule]*timedMetrics{}
	for s, metrics := range scheduled {
		measured, err := tracker.New(points, metrics)
		if err != nil {
			return nil, err
		}

		groups[s] = &timedMetrics{tracker: measured}
	}

	return groups, nil
}

// onEpoch evaluates and measures, the latter for at most a third of the time.
func (t *trial) onEpoch(ctx context.Context, e *trainer.Epoch, elapsed time.Duration) error {
	if e.Diverged {
		return nil
	}

	t.evaluation.time(func() error { e.Evaluation(); return nil })
	for _, groups := range []map[config.Schedule]*timedMetrics{t.fewer, t.groups} {
		for _, g := range groups {
			if int(g.sum())*3*len(groups) > int(elapsed) {
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
	}

	return nil
}
