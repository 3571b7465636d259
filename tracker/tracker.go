// Package tracker measures a network at the end of every epoch: spectral norms of its layers, norms
// of its Jacobian over probe points, lower and upper bounds on its Lipschitz constant. It sees
// plain [network.Network] values and never the training that made them, so the same tracker serves
// a live run, a checkpoint and a model from elsewhere.
package tracker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/liptrack/liptrack/internal/memory"
	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/network"
	"github.com/liptrack/liptrack/tracker/series"
)

// Metric measures one quantity or one family of them.
type Metric interface {
	// Name is the metric's name in the table of metrics and in configurations.
	Name() string
	// Measure returns the samples of a snapshot, in a fixed order.
	Measure(*Snapshot) ([]series.Sample, error)
}

// Scheduled is a metric and when to measure it.
type Scheduled struct {
	Metric Metric
	When   Schedule
}

// Tracker measures networks over the same probe points, with the same metrics.
type Tracker struct {
	probes  Probes
	metrics []Scheduled
	costs   []Cost // by metric, in the last call of Track; 0 where it was not due
}

// Cost is the cost of a measurement: its time and the total number of bytes that the program
// allocated meanwhile, which were not all in use at once. Both include whatever ran concurrently.
type Cost struct {
	Time      time.Duration
	Allocated uint64
}

// New returns a tracker of the metrics over the probe points. It measures them in the order of the
// table of metrics. Metrics that are not in the table come last.
func New(probes Probes, metrics []Scheduled) (*Tracker, error) {
	if err := probes.validate(); err != nil {
		return nil, fmt.Errorf("probe points: %w", err)
	}

	probes.X = contiguous(probes.X)
	probes.passes = &passes{idle: map[int][]*network.Pass[float64]{}}

	metrics = slices.Clone(metrics)
	slices.SortStableFunc(metrics, func(a, b Scheduled) int {
		return rankOf(a.Metric) - rankOf(b.Metric)
	})

	return &Tracker{
		probes:  probes,
		metrics: metrics,
		costs:   make([]Cost, len(metrics)),
	}, nil
}

// Due reports whether any metric is measured at the epoch.
func (t *Tracker) Due(epoch int, last bool) bool {
	return slices.ContainsFunc(t.metrics, func(m Scheduled) bool {
		return due(m.When, epoch, last)
	})
}

func due(s Schedule, epoch int, last bool) bool {
	return epoch == 0 || last || s(epoch)
}

// Track measures the network after epoch epochs with every metric that is due and returns the
// samples, in the order of the metrics. Last means that no epoch follows. The network must not
// change while it is measured. Track fails if the network is not valid, if its number of inputs
// differs from the number of features of the probe points, or if ctx ends.
func (t *Tracker) Track(
	ctx context.Context,
	epoch int,
	net *network.Network,
	last bool,
) ([]series.Sample, error) {
	if err := net.Validate(); err != nil {
		return nil, fmt.Errorf("measuring: %w", err)
	}

	if net.In() != t.probes.Dim() {
		return nil, fmt.Errorf(
			"measuring: the network takes %d inputs, the probe points have %d",
			net.In(),
			t.probes.Dim(),
		)
	}

	return t.measureDue(ctx, &Snapshot{
		Net:    net,
		Probes: t.probes,
		Epoch:  epoch,
		Last:   last,
	})
}

// Costs returns what each metric that was due took in the last call of Track. Work that several
// metrics share, such as the sweep over the probe points, counts for the first one that needs it.
// Metrics of the network alone may have run concurrently with the others.
func (t *Tracker) Costs() map[string]Cost {
	costs := map[string]Cost{}
	for i, c := range t.costs {
		if c.Time > 0 {
			name := t.metrics[i].Metric.Name()
			costs[name] = Cost{costs[name].Time + c.Time, costs[name].Allocated + c.Allocated}
		}
	}
	return costs
}

// ofNetwork marks metrics that sweep no probe points. Every metric that uses the certified bounds
// must be one: the bounds are not safe for concurrent use, and Best depends on what has been
// computed before.
type ofNetwork interface{ ofNetwork() }

// measureDue returns the samples of every metric that is due, in the order of the metrics. If
// several goroutines are allowed, metrics of the network alone are measured while others sweep the
// probe points.
func (t *Tracker) measureDue(ctx context.Context, s *Snapshot) ([]series.Sample, error) {
	samples, errs := make([][]series.Sample, len(t.metrics)), make([]error, len(t.metrics))
	clear(t.costs)
	// The two groups have no metric in common, so they write to different elements.
	measure := func(alone bool) {
		for i, m := range t.metrics {
			row, _ := m.Metric.(named)
			_, is := row.measurer.(ofNetwork)
			if is != alone || !due(m.When, s.Epoch, s.Last) {
				continue
			}

			errs[i] = ctx.Err()
			if errs[i] != nil {
				return
			}

			start, before := time.Now(), memory.Allocated()
			samples[i], errs[i] = m.Metric.Measure(s)
			t.costs[i] = Cost{
				Time:      max(time.Since(start), 1), // 0 means not due
				Allocated: memory.Allocated() - before,
			}
			if errs[i] != nil {
				errs[i] = fmt.Errorf("measuring %s: %w", m.Metric.Name(), errs[i])
				return
			}
		}
	}

	var alone panics.Group
	alone.Go(func() { measure(true) })
	if s.Probes.goroutines() == 1 {
		alone.Wait()
	}

	measure(false)
	alone.Wait()

	return slices.Concat(samples...), cmp.Or(errs...)
}
