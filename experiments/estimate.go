package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/liptrack/liptrack/experiments/config"
	"github.com/liptrack/liptrack/internal/panics"
	"github.com/liptrack/liptrack/internal/processors"
	"github.com/liptrack/liptrack/tracker"
	"github.com/liptrack/liptrack/trainer/dataset"
)

// Task is the remaining work of a run: the epochs after From.
type Task struct {
	Run  config.Run
	From int
}

// Estimate is the cost of tasks if none of them stops before its last epoch.
type Estimate struct {
	Updates int
	// Alone is the time of each task on its own.
	Alone []time.Duration
	// Time is the time for training and tracking on this machine under its present load.
	Time time.Duration
	// Tried of Shapes were tried out. Two runs have the same shape if they agree in widths, batch
	// size and data.
	Tried, Shapes int
	// Uncounted are the metrics that Time does not include because trying them takes too long.
	Uncounted []string
}

// maxTrials is the maximum number of shapes that an estimate tries out.
const maxTrials = 6

// maxTrying is the time limit for all trials together: users wait this long before any run begins.
const maxTrying = time.Minute

// errLongTrials means that the time is unknown but long.
var errLongTrials = fmt.Errorf("to try their sizes takes more than %v", maxTrying)

// NewEstimate trains and tracks a few of the tasks' shapes for a moment, one per worker at a time,
// and interpolates between their sizes. It fails if that takes more than a minute. There must be at
// least one task and one worker.
func NewEstimate(ctx context.Context, tasks []Task, workers int) (Estimate, error) {
	ctx, stop := context.WithTimeoutCause(ctx, maxTrying, errLongTrials)
	defer stop()

	defer reserveProcessor(workers)()
	// A trial alone on the machine would be faster than the runs will be, since these share caches,
	// memory bandwidth and turbo clocks. No processor is idle during the runs.
	for range workers - 1 {
		defer processors.Occupy()()
	}

	available := availableMemory()
	shapes := slices.DeleteFunc(distinctShapes(tasks), func(c *config.Config) bool {
		// The sizes of the data are unknown before they are read, so the smallest possible ones are
		// used.
		demands := append(
			demandsOfData(c),
			demandsOfRun(c, leastShape)...)
		// The run itself will report the error.
		return checkSizes(c, demands, available) != nil
	})

	if len(shapes) == 0 {
		return Estimate{}, errors.New("memory holds none of the runs")
	}

	tried := evenlySpaced(shapes, maxTrials)
	trials := make([]*trial, len(tried))
	errs := make([]error, len(tried))
	free := make(chan struct{}, workers)
	data := &datasets{limit: maxTrials, beside: tasks[0].Run.Dir}
	var wg sync.WaitGroup
	for i, c := range tried {
		wg.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			if ctx.Err() != nil {
				return
			}
			errs[i] = panics.Catch(func() (err error) {
				trials[i], err = try(ctx, c, data, goroutines(workers))
				return err
			})
		})
	}

	wg.Wait()

	// Sizes at which runs fail cost nothing; at least one other size must be left.
	trials = slices.DeleteFunc(trials, func(t *trial) bool {
		return t == nil
	})
	err := cmp.Or(context.Cause(ctx), errors.Join(errs...))
	if ctx.Err() != nil || len(trials) == 0 {
		return Estimate{}, err
	}

	e := Estimate{Tried: len(trials), Shapes: len(shapes)}
	e.addTasks(tasks, newPrices(trials), workers)

	return e, nil
}

// addTasks assigns each task to the worker that is free first, as Run does.
func (e *Estimate) addTasks(tasks []Task, p *prices, workers int) {
	busy := make([]time.Duration, workers)
	available := availableMemory()
	for _, t := range tasks {
		c := t.Run.Config

		// A run that does not fit into memory fails at once, so it takes no time.
		if checkSizes(c, demandsOfRun(c, shapeOfDataset(p.dataLike(c.Data))), available) != nil {
			e.Alone = append(e.Alone, 0)
			continue
		}

		updates, cost := p.priceOf(t)
		e.Updates += updates
		e.Alone = append(e.Alone, cost)
		// The worker with the least work so far is free first.
		busy[slices.Index(busy, slices.Min(busy))] += cost
		for _, m := range t.Run.Config.Track.Metrics {
			if tracker.Slow(m.Name) && !slices.Contains(e.Uncounted, m.Name) {
				e.Uncounted = append(e.Uncounted, m.Name)
			}
		}
	}

	e.Time = slices.Max(busy)
}

// shape is what determines the time of an update and of a measurement.
type shape struct {
	hidden        string
	batch, passes int
	data          dataset.Config
}

func shapeOf(c *config.Config) shape {
	return shape{
		fmt.Sprint(c.Train.Hidden, c.Train.LayersText()),
		c.Train.BatchSize,
		passes(c),
		sized(c.Data),
	}
}

// sized returns d without the settings that do not change its size.
func sized(d dataset.Config) dataset.Config {
	p := d.Preparation
	d.Preparation = dataset.Preparation{TrainSize: p.TrainSize, TestSize: p.TestSize}

	// The seed of the noise and the scaling of the inputs do not change the number of
	// multiplications.
	d.Options.Seed = 0
	return d
}

// passes returns the number of gradients that an update computes.
func passes(c *config.Config) int {
	if a := c.Train.Adversarial; a.Eps > 0 {
		return a.Steps + 1
	}
	return 1
}

// distinctShapes returns one configuration for each shape among the tasks, smaller ones first.
func distinctShapes(tasks []Task) []*config.Config {
	seen := map[shape]bool{}
	var distinct []*config.Config
	for _, t := range tasks {
		s := shapeOf(t.Run.Config)
		if !seen[s] {
			seen[s] = true
			distinct = append(distinct, t.Run.Config)
		}
	}

	slices.SortStableFunc(
		distinct,
		func(a, b *config.Config) int {
			return cmp.Compare(assumedEpoch(a), assumedEpoch(b))
		},
	)

	return distinct
}

// evenlySpaced returns at most n of the items: the first, the last and evenly spaced ones in
// between.
func evenlySpaced[T any](items []T, n int) []T {
	if len(items) <= n {
		return items
	}
	var some []T
	for i := range n {
		position := float64(i*(len(items)-1)) / float64(n-1)
		some = append(some, items[int(math.Round(position))])
	}
	return some
}
