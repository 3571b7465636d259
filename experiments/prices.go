package experiments

import (
	"cmp"
	"slices"
	"time"

	"gonum.org/v1/gonum/interp"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// prices holds the time that each part of a run takes, as a function of its number of
// multiplications.
type prices struct {
	trials             []*trial
	update, evaluation price
	groups             map[config.Schedule]price
	counts             map[span]int
}

func newPrices(trials []*trial) *prices {
	p := &prices{
		trials: trials,
		groups: map[config.Schedule]price{},
		counts: map[span]int{},
	}
	var updates, evaluations []sample
	groups := map[config.Schedule][]sample{}
	for _, t := range trials {
		w := workOf(t.config, t.data)
		updates = append(updates, sample{w.updateProducts(), t.update})
		evaluations = append(evaluations, sample{w.epochProducts(), t.evaluation})
		for s, g := range t.groups {
			groups[s] = append(groups[s], sample{w.epochProducts(), g.took})
		}
	}

	// Each part grows with its own number of multiplications, so each has its own curve.
	p.update, p.evaluation = newPrice(updates), newPrice(evaluations)
	for s, samples := range groups {
		p.groups[s] = newPrice(samples)
	}

	return p
}

// priceOf returns the number of updates of a task and the time it takes.
func (p *prices) priceOf(t Task) (updates int, cost time.Duration) {
	c := t.Run.Config
	w := workOf(c, p.dataLike(c.Data))
	updates = w.updates * max(c.Train.Stop.Epochs-t.From, 0)
	cost = times(updates, p.update.timeOf(w.updateProducts())) + times(
		p.evaluations(t),
		p.evaluation.timeOf(w.epochProducts()),
	)

	for s, price := range p.groups {
		isUsed := func(m config.Metric) bool { return m.Schedule == s }
		if slices.ContainsFunc(c.Track.Metrics, isUsed) {
			cost += times(p.countDue(t, s, c.Train.Stop.Epochs), price.timeOf(w.epochProducts()))
		}
	}
	return updates, cost
}

func times(n int, d time.Duration) time.Duration {
	return time.Duration(n) * d
}

// dataLike returns the data set of the most similar trial: one of the same size, else one with the
// same name.
func (p *prices) dataLike(d dataset.Config) *dataset.Dataset {
	for _, same := range []func(a, b dataset.Config) bool{
		func(a, b dataset.Config) bool { return sized(a) == sized(b) },
		func(a, b dataset.Config) bool { return a.Name == b.Name },
	} {
		// The first match decides, since a size is more reliable than a name.
		for _, t := range p.trials {
			if same(t.config.Data, d) {
				return t.data
			}
		}
	}
	return p.trials[0].data
}

// evaluations returns the number of epochs of a task that are evaluated, for a stop criterion or to
// be recorded.
func (p *prices) evaluations(t Task) int {
	c := t.Run.Config
	stop := c.Train.Stop
	// With a target, every epoch from MinEpochs on is evaluated, if the trainer cannot tell from
	// less that it is far from the target.
	every := stop.Epochs
	if stop.GradNorm > 0 || stop.TrainLoss > 0 || stop.TrainAccuracy > 0 {
		every = min(max(stop.MinEpochs, 1), stop.Epochs)
	}

	for _, m := range c.Track.Metrics {
		if m.Name == trainingMetric {
			return p.countDue(t, m.Schedule, every)
		}
	}

	if every == stop.Epochs {
		return 0
	}
	return stop.Epochs - max(every-1, t.From)
}

// span is a range of epochs with a schedule.
type span struct {
	schedule         config.Schedule
	from, every, end int
}

// countDue returns the number of remaining epochs of a task at which a schedule is due. It counts
// epoch 0 and all epochs from epoch every on, at least the last one. The zero schedule stands for
// track.schedule.
func (p *prices) countDue(t Task, s config.Schedule, every int) int {
	if s == (config.Schedule{}) {
		s = t.Run.Config.Track.Schedule
	}

	// Sweeps have many runs with the same span, which is counted once.
	key := span{s, t.From, every, t.Run.Config.Train.Stop.Epochs}
	if n, known := p.counts[key]; known {
		return n
	}

	// The run reports an invalid schedule; here it is never due.
	when, err := tracker.NewSchedule(s.First, s.Every, s.Log)
	n := 0
	if t.From == 0 {
		n = 1
	}
	for epoch := t.From + 1; epoch <= key.end; epoch++ {
		if epoch >= every || err == nil && when(epoch) {
			n++
		}
	}

	p.counts[key] = n

	return n
}

// work is the size of a run's tasks.
type work struct {
	parameters, points, batch, passes int
	updates                           int // in an epoch
}

func workOf(c *config.Config, d *dataset.Dataset) work {
	w := work{
		parameters: int(weightsOf(c.Train, shapeOfDataset(d))),
		points:     d.Train.Len(),
		passes:     passes(c),
	}

	// The data set may come from a trial of another size.
	if n := c.Data.Preparation.TrainSize; n > 0 {
		w.points = n
	}
	// A batch size of 0 stands for all points.
	w.batch = min(c.Train.BatchSize, w.points)
	if w.batch == 0 {
		w.batch = w.points
	}
	w.updates = (w.points + w.batch - 1) / w.batch
	return w
}

// updateProducts returns the number of multiplications of an update; epoch returns that of a pass
// over all points.
func (w work) updateProducts() float64 {
	return float64(w.parameters) * float64(w.batch) * float64(w.passes)
}

func (w work) epochProducts() float64 {
	return float64(w.parameters) * float64(w.points)
}

// sample is the time measured for a number of multiplications.
type sample struct {
	products float64
	time     time.Duration
}

// price is a time as a function of the number of multiplications, linear between samples.
type price struct{ predictor interp.Predictor }

func newPrice(samples []sample) price {
	slices.SortFunc(samples, func(a, b sample) int {
		return cmp.Compare(a.products, b.products)
	})
	var xs, ys []float64
	for len(samples) > 0 {
		x, sum, n := samples[0].products, 0.0, 0
		for n < len(samples) && samples[n].products == x {
			sum += float64(samples[n].time)
			n++
		}

		meanTime := sum / float64(n)

		// Trials of equal size count as one point, with their mean time.
		xs = append(xs, x)
		ys = append(ys, meanTime)
		samples = samples[n:]
	}

	// A single size says nothing about growth, so every size costs the same.
	if len(xs) == 1 {
		return price{interp.Constant(ys[0])}
	}

	var line interp.PiecewiseLinear
	err := line.Fit(xs, ys)
	// Fit needs two or more increasing xs, which it gets.
	if err != nil {
		panic(err)
	}

	return price{line}
}

func (p price) timeOf(products float64) time.Duration {
	return time.Duration(p.predictor.Predict(products))
}
